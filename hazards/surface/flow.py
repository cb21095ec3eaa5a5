"""SurfaceFlow: water on a raster, stepped through time with its books, boundaries and maxima."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from data.errors import RunStopped
from hazards.surface import layout, saved, state
from hazards.surface.book import FlowMaxima, WaterBook, hazard_of_maxima
from hazards.surface.boundaries import EdgeConditions, Inflow, StageBoundary
from hazards.surface.losses import Infiltration
from hazards.surface.parameters import FlowParameters, Tracking
from hazards.surface.points import TAKEN_PLACE, PointSources, flat_pair, place_of, take_water
from hazards.surface.rain_zones import RainZones
from hazards.surface.team import Team


class SurfaceFlow:
    """Shallow water on a raster by the local inertial scheme (Bates et al. 2010) with float32 state and float64 books.

    `bed` (rows, cols) is the absolute level in m, row 0 in the north; NaN lies outside and is walled off. `manning_n`
    is a number or a map (s m^(-1/3)). `initial_depth` in m. `crest_x` (rows, cols + 1) and `crest_y` (rows + 1, cols)
    are crest levels of walls on faces (m, absolute; -inf none, inf never overtopped). `threads` None takes one for
    small rasters and all cores for large ones; results do not depend on it.
    """

    def __init__(
        self,
        bed: np.ndarray,
        cell_m: float,
        manning_n: float | np.ndarray,
        *,
        parameters: FlowParameters | None = None,
        initial_depth: float | np.ndarray = 0.0,
        edges: EdgeConditions | None = None,
        crest_x: np.ndarray | None = None,
        crest_y: np.ndarray | None = None,
        inflows: Sequence[Inflow] = (),
        stages: Sequence[StageBoundary] = (),
        tracking: Tracking | None = None,
        threads: int | None = None,
    ) -> None:
        bed = np.asarray(bed, np.float64)
        edges = edges or EdgeConditions()
        layout.check_inputs(bed, cell_m, manning_n, initial_depth)
        self.parameters = parameters or FlowParameters()
        self.tracking = tracking or Tracking()
        self.cell_m = float(cell_m)
        self.bed = bed
        self.inside = np.isfinite(bed)
        self._edges = edges
        self._crest_x, self._crest_y = crest_x, crest_y
        self._fields, self._crests = layout.lay_out(
            bed, manning_n, initial_depth, crest_x, crest_y, edges, self.parameters, self.tracking
        )
        self._inflows = layout.pack_inflows(inflows, self.inside)
        self._stages = layout.pack_stages([*stages, *edges.stage_boundaries(bed)], self.inside, bed)
        self._points = PointSources(self.inside, self.cell_m**2)
        self._numbers = layout.numbers_of(self.cell_m, self.parameters, self.tracking)
        self._team = Team(self.inside.shape, threads)
        self._desk = layout.new_desk(self._fields, self.parameters, edges, self._team.threads)
        self._infiltration: Infiltration | None = None
        self._rain = RainZones(self.inside, self._fields.zone)
        self._hydrology_until = 0.0
        self._checked_at = 0.0
        self._initial = self._stored()

    # -- forcing ---------------------------------------------------------------------------------------------------

    def set_rain(self, zone: np.ndarray | None, rate_m_s: np.ndarray | float) -> None:
        """Rain from now on: a rate (m/s) per zone, and the zone (uint16) of each cell; None is one zone everywhere.

        Giving the same `zone` array again costs nothing, so rates may change often.
        """
        self._rain.set(zone, rate_m_s)

    def set_loss(
        self, infiltration: Infiltration | None = None, drainage_m_s: np.ndarray | float | None = None
    ) -> None:
        """Infiltration model (None: none) and equivalent drainage capacity (m/s, number or map; None: as it was)."""
        self._infiltration = infiltration
        if drainage_m_s is not None:
            if not np.all(np.asarray(drainage_m_s) >= 0.0):
                raise ValueError("drainage_m_s must be >= 0")
            self._fields.capacity[...] = drainage_m_s

    def set_crests(self, crest_x: np.ndarray | None, crest_y: np.ndarray | None) -> None:
        """Walls from now on, given as at the start: a gate has moved, a levee has given way."""
        (zx, zy), self._crests = layout.lay_faces(self.bed, self._fields.z, crest_x, crest_y, self._edges)
        self._fields.zx[...], self._fields.zy[...] = zx, zy
        self._crest_x, self._crest_y = crest_x, crest_y

    # -- exchange --------------------------------------------------------------------------------------------------

    def take(self, cell: np.ndarray, volume_m3: np.ndarray, account: str = "sewers") -> np.ndarray:
        """Take volumes (m3) from flat cells now, in order and never more than lies there; returns what was taken.

        A cell may be named more than once. `account` is "sewers" or "pumps".
        """
        place = place_of(TAKEN_PLACE, account)
        cells, volumes = flat_pair(cell, volume_m3, "volume_m3")
        taken = np.empty(cells.size)
        f = self._fields
        total = take_water(f.h, f.lead, f.rest, self.inside, cells, volumes, self.cell_m**2, taken)
        if total < 0.0:
            bad = round(-1.0 - total)
            raise ValueError(
                f"volume_m3(={volumes[bad]:g}) must be >= 0 and cell(={cells[bad]}) where the bed is known"
            )
        self._desk.book[place] += total
        return taken

    def put_rate(self, cell: np.ndarray, rate_m3_s: np.ndarray, account: str = "sewers", owner: str = "") -> None:
        """Put water on flat cells at a rate (m3/s, >= 0) from now until set again; one set per account and owner."""
        self._points.set(account, owner, cell, rate_m3_s)

    # -- time ------------------------------------------------------------------------------------------------------

    def advance(self, until_s: float, forcing_until_s: float | None = None) -> None:
        """Step to `until_s` and land on it.

        Rain and losses are laid a few seconds ahead, up to `forcing_until_s` (default `until_s`): who stops often while
        the rain holds names the end of that, so that neither they nor the checks come as often as the stops.

        Raises RunStopped where a value is not a number, the step falls below its least length, or the water balance
        is off by more than its limit.
        """
        if until_s < self.time_s:
            raise ValueError(f"until_s(={until_s}) must be >= time_s(={self.time_s})")
        forcing_until = until_s if forcing_until_s is None else max(until_s, forcing_until_s)
        self._desk.clock[state.LAND] = until_s
        if self._desk.rain.size != self._rain.zones + 1:
            self._desk = self._desk._replace(rain=np.zeros(self._rain.zones + 1, np.float32))
        work = self._desk, self._fields, self._crests, self._inflows, self._stages, self._points.packed(), self._numbers
        with self._team.at_work(*work) as run_steps:
            while self.time_s < until_s:
                self._advance_interval(until_s, forcing_until, run_steps)

    @property
    def time_s(self) -> float:
        return float(self._desk.clock[state.TIME])

    @property
    def steps(self) -> int:
        """Steps so far; where tiles have steps of their own, the short ones."""
        return int(self._desk.flags[state.STEPS])

    @property
    def parts(self) -> int:
        """Short steps, of deep and fast tiles, in the last long one; 1 where all cells took the same."""
        return int(self._desk.flags[state.PARTS])

    @property
    def repaired_cells(self) -> int:
        """How often a cell's outflow had to be limited to the water it held."""
        return int(self._desk.flags[state.REPAIRED])

    @property
    def threads(self) -> int:
        return self._team.threads

    # -- restart ---------------------------------------------------------------------------------------------------

    def save(self) -> dict[str, np.ndarray]:
        """Everything that time has changed, the ground's infiltration and moved walls included, as named copies."""
        kept = saved.save_arrays(self._fields, self._desk)
        kept["own"] = np.array([self._initial, self._hydrology_until, self._checked_at])
        kept |= saved.under("rain", self._rain.save()) | saved.under("points", self._points.save())
        for name, crest in (("crest_x", self._crest_x), ("crest_y", self._crest_y)):
            if crest is not None:
                kept |= saved.under(name, saved.save_crest(crest))
        if self._infiltration is not None:
            kept |= saved.under("infiltration", self._infiltration.save())
        return kept

    def load(self, kept: dict[str, np.ndarray]) -> None:
        """Go on from what `save` gave: the same bytes from there on, for any number of threads.

        The flow must have been made as the saved one was, and given the same losses; rain set before is replaced.
        """
        saved.load_arrays(self._fields, self._desk, kept)
        self._initial, self._hydrology_until, self._checked_at = (float(value) for value in kept["own"])
        self._rain.load(saved.part(kept, "rain"))
        self._points.load(saved.part(kept, "points"))
        rows, cols = self.bed.shape
        crests = [
            saved.load_crest(parts, shape) if (parts := saved.part(kept, name)) else None
            for name, shape in (("crest_x", (rows, cols + 1)), ("crest_y", (rows + 1, cols)))
        ]
        self.set_crests(*crests)
        if self._infiltration is not None:
            self._infiltration.load(saved.part(kept, "infiltration"))

    # -- results ---------------------------------------------------------------------------------------------------

    @property
    def depth(self) -> np.ndarray:
        """Depth (rows, cols), float32, m; the live array: copy it to keep it."""
        return self._fields.h

    @property
    def speed_x(self) -> np.ndarray:
        """Speed eastward (rows, cols), float32, m/s; 0 in films thinner than `speed_depth_m`."""
        return self._speeds()[0]

    @property
    def speed_y(self) -> np.ndarray:
        """Speed northward, likewise."""
        return self._speeds()[1]

    @property
    def crests(self) -> tuple[np.ndarray, np.ndarray]:
        """Crest levels of the walls that stand now, (rows, cols + 1) and (rows + 1, cols), m, -inf where none."""
        rows, cols = self.bed.shape
        given = (self._crest_x, (rows, cols + 1)), (self._crest_y, (rows + 1, cols))
        crest_x, crest_y = (np.full(shape, -np.inf) if crest is None else crest.copy() for crest, shape in given)
        return crest_x, crest_y

    @property
    def flow_x(self) -> np.ndarray:
        """Flow per width over the west-east faces (rows, cols + 1), m2/s, eastward; the live array."""
        return self._fields.qx

    @property
    def flow_y(self) -> np.ndarray:
        """Flow per width over the north-south faces (rows + 1, cols), m2/s, southward; the live array."""
        return self._fields.qy

    @property
    def book(self) -> WaterBook:
        book = self._desk.book
        return WaterBook(
            initial_m3=self._initial,
            rain_m3=float(book[state.RAIN]),
            inflow_m3=float(book[state.INFLOW]),
            outflow_m3=float(book[state.OUTFLOW]),
            infiltrated_m3=float(book[state.INFILTRATED]),
            drained_m3=float(book[state.DRAINED]),
            stored_m3=self._stored(),
            to_sewers_m3=float(book[state.TO_SEWERS]),
            from_sewers_m3=float(book[state.FROM_SEWERS]),
            pumped_out_m3=float(book[state.PUMPED_OUT]),
            pumped_in_m3=float(book[state.PUMPED_IN]),
        )

    @property
    def maxima(self) -> FlowMaxima:
        f = self._fields
        return FlowMaxima(
            max_depth=f.deepest.copy(),
            max_speed=f.fastest.copy(),
            max_depth_speed=f.strongest.copy(),
            max_hazard=hazard_of_maxima(f.deepest, f.fastest, f.strongest, self.tracking, self.tracking.wet_depth_m),
            arrival_s=np.where(np.isfinite(f.arrival), f.arrival, np.float32(np.nan)),
            last_ponded_s=np.where(np.isfinite(f.last), f.last, np.float32(np.nan)),
            ponded_s=f.ponded.copy(),
        )

    # -- inside ----------------------------------------------------------------------------------------------------

    def _advance_interval(self, until_s: float, forcing_until_s: float, run_steps: Callable[[], None]) -> None:
        """One hydrology step, and the flow steps that fit under it."""
        clock, flags = self._desk.clock, self._desk.flags
        begin = self._hydrology_until
        # Rain and losses lie ahead of the flow, far enough for one step at least.
        next_step = self.time_s + float(clock[state.NEXT_DT])
        end = min(max(begin + self.parameters.hydrology_step_s, next_step), forcing_until_s)
        flags[state.HYDROLOGY] = 0
        if end > begin and min(next_step, until_s) > begin:
            self._prepare_hydrology(begin, end)
        clock[state.STOP] = self._hydrology_until
        flags[state.DONE] = 0
        run_steps()
        if flags[state.HYDROLOGY] and self._infiltration is not None:
            self._infiltration.infiltrated(self._fields.soil)
        self._stop_if_broken()
        if self.time_s >= min(forcing_until_s, self._checked_at + self.parameters.check_step_s):
            self._check_balance()

    def _prepare_hydrology(self, begin: float, end: float) -> None:
        """Set the rain and losses of the hydrology step from `begin` to `end`; the step loop applies them."""
        self._desk.book[state.RAIN] += self._rain.amount(end - begin, self._desk.rain) * self.cell_m**2
        if self._infiltration is not None:
            self._infiltration.potential_rate(begin, end - begin, self._fields.soil)
        else:
            self._fields.soil[...] = 0.0
        self._desk.clock[state.HYDROLOGY_DT] = end - begin
        self._desk.flags[state.HYDROLOGY] = 1
        self._hydrology_until = end

    def _stored(self) -> float:
        """Water on the raster now, m3."""
        depth = self._fields.h.sum(dtype=np.float64) + self._fields.rest.sum(dtype=np.float64)
        return float(depth) * self.cell_m**2

    def _speeds(self) -> tuple[np.ndarray, np.ndarray]:
        """(eastward, northward) by the mean flow of opposite faces, at most `largest_froude` sqrt(g depth) together."""
        f = self._fields
        least, half = np.float32(self.parameters.speed_depth_m), np.float32(0.5)
        deep = np.maximum(f.h, least)
        east, north = half * (f.qx[:, :-1] + f.qx[:, 1:]) / deep, -half * (f.qy[:-1] + f.qy[1:]) / deep
        most = np.float32(self._numbers.speed_scale) * np.sqrt(deep)
        share = np.where(f.h > least, most / np.maximum(np.hypot(east, north), most), np.float32(0.0))
        return east * share, north * share

    def _check_balance(self) -> None:
        self._checked_at = self.time_s
        error = self.book.continuity_error
        if not error <= self.parameters.continuity_limit:
            limit = self.parameters.continuity_limit
            raise RunStopped(f"water balance off by {error:.3g}, more than the limit {limit:.3g}", time_s=self.time_s)

    def _stop_if_broken(self) -> None:
        status = self._desk.flags[state.STATUS]
        if status == state.FINE:
            return
        f = self._fields
        if status == state.STEP_TOO_SHORT:
            row, col = np.unravel_index(np.argmax(f.h), f.h.shape)
            least = self.parameters.shortest_step_s
            message = f"the stable step fell below {least:g} s"
        else:
            row, col = np.unravel_index(np.argmin(np.isfinite(f.h)), f.h.shape)
            message = "depth or speed is not a number"
        raise RunStopped(message, time_s=self.time_s, place=f"row {row}, column {col}")
