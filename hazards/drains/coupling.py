"""Street and sewer over one window: what is planned, taken, handed down, let out and put back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from data.errors import RunStopped
from data.units import m_s_to_mm_h
from hazards.drains.accounts import DrainsBook, DrainsResult, ExchangeBook
from hazards.drains.exchange import coefficients_of, commit, new_desk, places_of, plan, settle
from hazards.drains.parameters import ExchangeParameters
from hazards.drains.points import NO_OUTFALLS, BlockedInlets, ExchangePoints, OutfallCells
from hazards.drains.protocol import SewerEngine
from hazards.surface.flow import SurfaceFlow


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
    """The sewer's side of a window: plan, take from the street, let the engine run, settle."""

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
        self.outfall_escrow = np.zeros(len(outfalls.cell))
        self.cells = np.concatenate([points.cell, outfalls.cell])
        self.points = points.count
        self.planned_s = coupling.parameters.step_s
        self.volumes = np.zeros(3)
        self.exchanged = ExchangeBook()
        self.rate = np.zeros(len(self.cells))

    def set_rain(self, rate_m_s: np.ndarray | float) -> None:
        if self.gage_share is not None:
            rate = np.broadcast_to(np.asarray(rate_m_s, float), self.gage_share.shape[1:])
            self.engine.rain_mm_h[:] = m_s_to_mm_h(self.gage_share @ rate)

    def lift(self, node: int, volume_m3: float) -> None:
        """Take over what a pump has lifted for a node, to be handed down in the window to come."""
        self.desk.lifted[node] += volume_m3

    def exchange(self, now_s: float) -> float:
        """One window from `now_s`: the engine's new time, up to which the surface then goes."""
        engine, desk, outfalls, dt = self.engine, self.desk, self.outfalls, self.planned_s
        depth = self.flow.depth.reshape(-1)
        self._block_inlets(now_s)
        plan(depth, engine.head, engine.uptake_m3_s, dt, self.places, self.coefficients, desk)
        engine.stage[:] = self.outfall_bed + depth[outfalls]
        taken = self.flow.take(self.cells, np.concatenate([desk.wanted, np.maximum(-self.outfall_escrow, 0.0)]))
        commit(taken, dt, self.places, desk, engine.lateral)
        end = engine.advance(self.parameters.step_s, np.inf)
        window = end - now_s
        settle(window, dt, engine.received_m3, self.places, desk, self.volumes)
        self.outfall_escrow += taken[self.points :] + engine.discharge_m3
        put = np.maximum(self.outfall_escrow, 0.0)
        self.outfall_escrow -= put
        self.rate[: self.points] = desk.rate
        self.rate[self.points :] = put / window
        self.flow.put_rate(self.cells, self.rate)
        self._book(taken, window)
        self.planned_s = window
        return end

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

    def _book(self, taken: np.ndarray, window_s: float) -> None:
        book, discharge = self.exchanged, self.engine.discharge_m3
        book.taken_m3 += float(taken.sum())
        book.returned_m3 += float(self.rate.sum()) * window_s
        book.down_m3 += float(self.volumes[0])
        book.up_m3 += float(self.volumes[1])
        book.lifted_m3 += float(self.volumes[2])
        book.outfall_out_m3 += float(np.maximum(discharge, 0.0).sum())
        book.outfall_in_m3 += float(np.maximum(-discharge, 0.0).sum())
        book.windows += 1

    def book(self, now_s: float, window_end_s: float) -> DrainsBook:
        """The exchange until now; what is on its way to the street for the rest of the window counts as held."""
        on_its_way = float(self.rate.sum()) * max(window_end_s - now_s, 0.0)
        escrow = float(self.desk.escrow.sum() + self.outfall_escrow.sum())
        return DrainsBook(
            exchange=replace(self.exchanged, returned_m3=self.exchanged.returned_m3 - on_its_way),
            escrow_m3=escrow + on_its_way,
            lifted_m3=float(self.desk.lifted.sum()),
        )

    def result(self, now_s: float, window_end_s: float, coupling_wall_s: float) -> DrainsResult:
        """End the engine's run; where it has stopped itself its own tables and figures are missing."""
        book = self.book(now_s, window_end_s)
        try:
            done = self.engine.finish()
        except RunStopped:
            return DrainsResult(book, None, None, None, self.engine.wall_s, coupling_wall_s=coupling_wall_s)
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
        return DrainsResult(book, done.nodes, done.links, done.outfalls, done.wall_s, done.warnings, coupling_wall_s)

    def save(self) -> dict[str, np.ndarray]:
        """What a window leaves to the next one; the engine's journal is put on the disk."""
        kept = {name: getattr(self.desk, name).copy() for name in ("flow", "escrow", "lifted")}
        return kept | {
            "outfall_escrow": self.outfall_escrow.copy(),
            "rate": self.rate.copy(),
            "planned_s": np.array(self.planned_s),
            "exchanged": self.exchanged.save(),
            "windows": np.array(0 if self.engine.journal is None else self.engine.journal.flush()),
        }

    def load(self, kept: dict[str, np.ndarray]) -> None:
        """Go on from what `save` gave; the engine must stand where it stood."""
        for name in ("flow", "escrow", "lifted"):
            getattr(self.desk, name)[:] = kept[name]
        self.outfall_escrow[:], self.rate[:] = kept["outfall_escrow"], kept["rate"]
        self.planned_s = float(kept["planned_s"])
        self.exchanged = ExchangeBook.of(kept["exchanged"])
