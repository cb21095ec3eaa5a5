"""Street and sewer over one window: what is planned, taken, handed down, let out and put back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from data.errors import RunStopped
from data.units import m_s_to_mm_h
from hazards.drains.accounts import DrainsBook, DrainsResult, ExchangeBook
from hazards.drains.exchange import (
    coefficients_of,
    commit,
    new_desk,
    places_of,
    plan,
    plan_outfalls,
    settle,
    settle_outfalls,
)
from hazards.drains.parameters import ExchangeParameters
from hazards.drains.points import NO_OUTFALLS, BlockedInlets, ExchangePoints, OutfallCells
from hazards.drains.protocol import SewerEngine
from hazards.surface.flow import SurfaceFlow

_KEPT = ("flow", "due", "escrow", "lifted")  # of the desk


@dataclass(frozen=True)
class Coupling:
    """A sewer under a surface: the engine, where it meets the street, and the share of each rain zone in its gages.

    `gage_share` (gages, zones) sums to one per gage; None leaves the gages' rain alone. `shaft_m2` is the plan area of
    each coupled node's shaft as the engine has it (None: the least area of `parameters` everywhere).
    """

    engine: SewerEngine
    points: ExchangePoints
    outfalls: OutfallCells = NO_OUTFALLS
    parameters: ExchangeParameters = field(default_factory=ExchangeParameters)
    gage_share: np.ndarray | None = None
    blocked: tuple[BlockedInlets, ...] = ()
    shaft_m2: np.ndarray | None = None


class Undercurrent:
    """The sewer's side of a window: plan, take from the street, let the engine run beside the surface, settle."""

    def __init__(self, flow: SurfaceFlow, coupling: Coupling) -> None:
        points, outfalls = coupling.points, coupling.outfalls
        self.flow = flow
        self._points = points
        self.engine = coupling.engine
        self.parameters = coupling.parameters
        self.gage_share = coupling.gage_share
        shaft_m2 = coupling.parameters.shaft_area_m2 if coupling.shaft_m2 is None else coupling.shaft_m2
        self.places = places_of(points, shaft_m2)
        self.coefficients = coefficients_of(coupling.parameters, flow.cell_m**2)
        self.blocked = coupling.blocked
        self._blocked_now: tuple[int, ...] = ()
        self.desk = new_desk(self.places)
        self.outfalls = outfalls.cell
        self.outfall_bed = flow.bed.reshape(-1)[outfalls.cell]
        self.outfall_due, self.outfall_last = np.zeros((2, len(outfalls.cell)))
        self.points = points.count
        self.cells = np.concatenate([points.cell, outfalls.cell])
        self.wanted, self.taken, self.rate = np.zeros((3, len(self.cells)))
        self.volumes = np.zeros(6)  # returned, down, up, lifted, let out and taken in by outfalls
        self.taken_m3 = 0.0
        self.windows = 0
        self.uptake, self.last_uptake = np.zeros((2, len(points.nodes)))
        self.window_s = coupling.parameters.step_s
        self.start_s = self.engine_s = flow.time_s  # where the engine's clock began, and where it stands
        self.running = False
        self.rises = False  # whether anything is put on the street in this window

    def set_rain(self, rate_m_s: np.ndarray | float) -> None:
        if self.gage_share is not None:
            rate = np.broadcast_to(np.asarray(rate_m_s, float), self.gage_share.shape[1:])
            self.engine.rain_mm_h[:] = m_s_to_mm_h(self.gage_share @ rate)

    def lift(self, node: int, volume_m3: float) -> None:
        """Take over what a pump has lifted for a node, to be handed down in the window to come."""
        self.desk.lifted[node] += volume_m3

    def begin(self, now_s: float) -> None:
        """Open a window at `now_s`: plan it, take what goes down, set what comes up, and set the engine going.

        The engine goes to the end of the street's window and past it by less than one of its steps, which are no longer
        than a window; in the next one it has that much less to go.
        """
        engine, desk, dt, first = self.engine, self.desk, self.window_s, self.points
        depth = self.flow.depth.reshape(-1)
        self._block_inlets(now_s)
        self.uptake[:] = 0.5 * (engine.uptake_m3_s + self.last_uptake)
        self.last_uptake[:] = engine.uptake_m3_s
        plan(depth, engine.head, self.uptake, dt, self.places, self.coefficients, desk)
        self.wanted[:first], self.rate[:first] = desk.wanted, desk.rate
        outfalls = self.outfalls, self.outfall_bed, self.outfall_last, self.outfall_due
        area = self.coefficients.cell_area
        plan_outfalls(depth, dt, area, *outfalls, engine.stage, self.wanted[first:], self.rate[first:])
        self.taken[:] = self.flow.take(self.cells, self.wanted)
        self.taken_m3 += float(self.taken.sum())
        commit(self.taken[:first], dt, self.places, desk, engine.lateral)
        rises = bool(self.rate.any())
        if rises or self.rises:
            self.flow.put_rate(self.cells, self.rate)
        self.rises = rises
        engine.begin_advance(now_s + dt - self.engine_s)
        self.running = True

    def end(self) -> None:
        """Wait for the engine where it is running, and settle the window."""
        if not self.running:
            return
        self.running = False
        engine, dt = self.engine, self.window_s
        begin, self.engine_s = self.engine_s, self.start_s + engine.end_advance()
        window = self.engine_s - begin
        settle(window, dt, engine.received_m3, self.places, self.desk, self.volumes)
        taken, rate = self.taken[self.points :], self.rate[self.points :]
        settle_outfalls(window, dt, engine.discharge_m3, taken, self.outfall_last, self.outfall_due, rate, self.volumes)
        self.windows += 1

    def _block_inlets(self, now_s: float) -> None:
        """Give every point what it keeps of its length and area at this time."""
        blocked = tuple(k for k, inlets in enumerate(self.blocked) if inlets.from_s <= now_s < inlets.until_s)
        if blocked == self._blocked_now:
            return
        share = np.ones(self.points)
        for k in blocked:
            share *= self.blocked[k].open_share
        self.places.weir_length[:] = self._points.weir_length_m * share
        self.places.area[:] = self._points.area_m2 * share
        self._blocked_now = blocked

    def book(self, now_s: float, window_end_s: float) -> DrainsBook:
        """The exchange until now; what is on its way to the street for the rest of the window counts as held."""
        on_its_way = float(self.rate.sum()) * max(window_end_s - now_s, 0.0)
        returned, down, up, lifted, out, back = self.volumes.tolist()
        held = self.desk.escrow.sum() + self.desk.due.sum() + self.outfall_due.sum()
        return DrainsBook(
            ExchangeBook(self.taken_m3, returned - on_its_way, down, up, lifted, out, back, self.windows),
            escrow_m3=float(held) + on_its_way,
            lifted_m3=float(self.desk.lifted.sum()),
        )

    def result(self, now_s: float, window_end_s: float, coupling_cpu_s: float) -> DrainsResult:
        """End the engine's run; where it has stopped itself its own tables and figures are missing."""
        book = self.book(now_s, window_end_s)
        try:
            done = self.engine.finish()
        except RunStopped:
            return DrainsResult(book, None, None, None, self.engine.wall_s, coupling_cpu_s=coupling_cpu_s)
        own = done.totals
        book = replace(
            book,
            initial_m3=own["initial"],
            inflow_m3=own["inflow"],
            outflow_m3=own["outflow"],
            flooded_m3=own["flooding"],
            lost_m3=own["evaporated"] + own["seeped"],
            stored_m3=own["stored"],
        )
        return DrainsResult(book, done.nodes, done.links, done.outfalls, done.wall_s, done.warnings, coupling_cpu_s)

    def save(self) -> dict[str, np.ndarray]:
        """What a window leaves to the next one; the engine's journal is put on the disk."""
        kept = {name: getattr(self.desk, name).copy() for name in _KEPT}
        return kept | {
            "outfall_due": self.outfall_due.copy(),
            "outfall_last": self.outfall_last.copy(),
            "last_uptake": self.last_uptake.copy(),
            "put": self.rate.copy(),
            "volumes": self.volumes.copy(),
            "numbers": np.array([self.start_s, self.engine_s, self.taken_m3, self.windows]),
            "windows": np.array(0 if self.engine.journal is None else self.engine.journal.flush()),
        }

    def load(self, kept: dict[str, np.ndarray]) -> None:
        """Go on from what `save` gave; the engine must stand where it stood."""
        for name in _KEPT:
            getattr(self.desk, name)[:] = kept[name]
        self.outfall_due[:], self.outfall_last[:] = kept["outfall_due"], kept["outfall_last"]
        self.rate[:], self.volumes[:] = kept["put"], kept["volumes"]
        self.last_uptake[:] = kept["last_uptake"]
        self.start_s, self.engine_s, self.taken_m3, windows = kept["numbers"].tolist()
        self.windows = int(windows)
        self.rises = bool(self.rate.any())
