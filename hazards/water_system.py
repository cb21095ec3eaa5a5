"""WaterSystem: street, sewer and structures stepped together, with the interface of the surface flow alone."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from data.errors import RunStopped
from hazards.drains.accounts import DrainsBook, DrainsResult
from hazards.drains.coupling import Coupling, Undercurrent
from hazards.drains.parameters import ExchangeParameters
from hazards.structures.protocol import Structure
from hazards.surface.book import FlowMaxima, WaterBook
from hazards.surface.flow import SurfaceFlow
from hazards.surface.parameters import FlowParameters
from hazards.surface.saved import part, under

__all__ = ["Coupling", "WaterSystem"]


class WaterSystem:
    """A surface flow, what lies under it and what stands on it, through time.

    Windows are `step_s` long. In each, flows between street and shaft are planned from their levels at its start; the
    engine takes its own native steps to the window's end, and past it by less than one of them; the surface goes there
    beside it. What goes down leaves the street at once into an account per node, so no water is ever counted on from a
    cell that another has taken it from; what rises comes onto the street at an even rate. Without an engine and
    structures there are no windows.
    """

    def __init__(
        self, flow: SurfaceFlow, coupling: Coupling | None = None, structures: Sequence[Structure] = ()
    ) -> None:
        self.flow = flow
        self.structures = tuple(structures)
        self._under = None if coupling is None else Undercurrent(flow, coupling)
        self._step_s = ExchangeParameters().step_s if coupling is None else coupling.parameters.step_s
        self._window_end = flow.time_s
        self._changes = sorted({instant for structure in self.structures for instant in structure.change_times_s})
        self.surface_wall_s = 0.0
        self._coupling_cpu_s = 0.0

    # -- forcing and time ------------------------------------------------------------------------------------------

    def set_rain(self, zone: np.ndarray | None, rate_m_s: np.ndarray | float) -> None:
        """Rain from now on, as SurfaceFlow takes it; gages of the sewer hear of it where they are coupled."""
        self.flow.set_rain(zone, rate_m_s)
        if self._under is not None and self._under.gage_share is not None:
            self._settle()
            self._under.set_rain(rate_m_s)

    def advance(self, until_s: float) -> None:
        """Step everything to `until_s`; the surface lands on it, the engine may be ahead by the rest of a window.

        Raises RunStopped where the surface or the engine stops itself.
        """
        if self._under is None and not self.structures:
            self._advance_surface(until_s, until_s)
        while self.time_s < until_s:
            if self.time_s >= self._window_end:
                clock = time.thread_time()
                self._open_window()
                self._coupling_cpu_s += time.thread_time() - clock
            self._advance_surface(min(until_s, self._window_end), until_s)

    def _open_window(self) -> None:
        now, window = self.time_s, self._step_s
        self._settle()
        if self._under is None:
            window = min([window, *(instant - now for instant in self._changes if instant > now)])
        for structure in self.structures:
            structure.act(self.flow, now, window)
            if self._under is not None and structure.node is not None:
                self._under.lift(structure.node, structure.delivered_m3_s * window)
        if self._under is not None:
            self._under.begin(now)
        self._window_end = now + window

    def _settle(self) -> None:
        """Where the engine is running, wait for it: the window then has its volumes."""
        if self._under is not None:
            self._under.end()

    def _advance_surface(self, stop_s: float, until_s: float) -> None:
        """The surface to `stop_s`; rain and losses hold until `until_s`."""
        clock = time.perf_counter()
        try:
            self.flow.advance(stop_s, until_s)
        finally:
            self.surface_wall_s += time.perf_counter() - clock

    # -- results ---------------------------------------------------------------------------------------------------

    @property
    def drains(self) -> DrainsBook | None:
        """What has passed between street and sewer until now; None without a sewer."""
        self._settle()
        return None if self._under is None else self._under.book(self.time_s, self._window_end)

    def finish(self) -> DrainsResult | None:
        """End the sewer's run and give what it leaves; None without a sewer. To be asked once."""
        if self._under is None:
            return None
        try:
            self._settle()
        except RunStopped:
            self._window_end = self.time_s  # nothing is on its way any more
        return self._under.result(self.time_s, self._window_end, self._coupling_cpu_s)

    @property
    def time_s(self) -> float:
        return self.flow.time_s

    @property
    def steps(self) -> int:
        return self.flow.steps

    @property
    def cell_m(self) -> float:
        return self.flow.cell_m

    @property
    def parameters(self) -> FlowParameters:
        return self.flow.parameters

    @property
    def bed(self) -> np.ndarray:
        return self.flow.bed

    @property
    def inside(self) -> np.ndarray:
        return self.flow.inside

    @property
    def depth(self) -> np.ndarray:
        return self.flow.depth

    @property
    def speed_x(self) -> np.ndarray:
        return self.flow.speed_x

    @property
    def speed_y(self) -> np.ndarray:
        return self.flow.speed_y

    @property
    def book(self) -> WaterBook:
        return self.flow.book

    @property
    def maxima(self) -> FlowMaxima:
        return self.flow.maxima

    # -- restart ---------------------------------------------------------------------------------------------------

    def save(self) -> dict[str, np.ndarray]:
        """State of surface, coupling and structures; that of the engine is its journal (hazards.drains.journal)."""
        self._settle()
        kept = under("flow", self.flow.save()) | {"window_end": np.array(self._window_end)}
        if self._under is not None:
            kept |= under("under", self._under.save())
        for number, structure in enumerate(self.structures):
            kept |= under(f"structure{number}", structure.save())
        return kept

    def load(self, kept: dict[str, np.ndarray]) -> None:
        """Go on from what `save` gave; the engine must already have been brought to the same window."""
        self.flow.load(part(kept, "flow"))
        self._window_end = float(kept["window_end"])
        if self._under is not None:
            self._under.load(part(kept, "under"))
        for number, structure in enumerate(self.structures):
            structure.load(part(kept, f"structure{number}"))
