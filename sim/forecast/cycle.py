"""One forecast cycle: what has rained and what may, the water of every member, and what it means for every area."""

from __future__ import annotations

import tempfile
import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType

import numpy as np

from data.errors import InputError, RunStopped
from data.rules_file import Rules, load_rules
from data.schema import City
from hazards import RainForcing
from sim.forecast.analysis import Analysed, Analysis
from sim.forecast.areas import LevelMembers, area_outlooks, deepest_by_area
from sim.forecast.colouring import level_members, member_to_plan
from sim.forecast.depth_field import DepthField, save_depth
from sim.forecast.ground import ForecastGround, ground_of
from sim.forecast.join_rain import join_rain
from sim.forecast.levels import SignalAreas, levels_of
from sim.forecast.member import Lent, MemberFlood, MemberTask, MemberWater, unpack
from sim.forecast.member_runs import MemberRuns
from sim.forecast.members import member_terms, rain_members
from sim.forecast.outlook import NO_GAUGES, AreaOutlook, Gauges, Outlook
from sim.forecast.planning import CyclePlan, nobody_goes, plan_cycle
from sim.forecast.rain_ahead import RainAhead
from sim.forecast.terms import ForecastTerms, cycle_name, time_of_day
from sim.forecast.water import moved

NOTE = "forecast.note."
Tell = Callable[[str, float], None]  # (stage in words, fraction of it done)


@dataclass(frozen=True, eq=False)
class CycleDetail:
    """What a cycle knows beside its outlook, for run folders and pages; times in s since the cycle."""

    rain: RainForcing  # of the control: observed until 0, expected from then on
    member_rain: tuple[RainForcing, ...]  # likewise, of every member, the control first
    levels: tuple[LevelMembers, ...]
    plan: CyclePlan
    planned: int  # number of the member that the plan was made for; -1 without a flood
    depth: DepthField | None  # None where no water was run
    floods: tuple[MemberFlood, ...]  # of the members that have one
    laps: dict[str, float]  # stage -> wall seconds


class ForecastCycle:
    """A city prepared once; `run` makes the outlook of one moment, again and again.

    `folder` keeps the states of the analysis and the depth field from cycle to cycle, and from run to run of the
    service; None keeps them as long as this object. `workers` processes run members (None: one for each core; one
    member alone uses all cores as threads). `scheduler` is the address of a Dask scheduler that runs them instead. The
    outlook is the same wherever members run.
    """

    def __init__(
        self,
        city: City,
        rules: Rules | None = None,
        terms: ForecastTerms | None = None,
        *,
        folder: Path | None = None,
        workers: int | None = None,
        scheduler: str | None = None,
        threads: int | None = None,
    ) -> None:
        self.city = city
        self.rules = rules or load_rules()
        self.terms = terms or ForecastTerms()
        self.detail: CycleDetail | None = None  # of the last cycle
        self.stopped = ""  # why the last cycle had no water, in words
        self._own = tempfile.TemporaryDirectory(prefix="rongan-forecast-") if folder is None else None
        self.folder = Path(self._own.name) if self._own else Path(folder or "")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.prepared: ForecastGround | None = None
        if self.terms.flood:
            self.prepared = ground_of(city, self.rules, self.terms)
            self.levels = self.prepared.levels
            lent = Lent(self.prepared, threads)
            self.analysis = Analysis(lent, self.folder / "states")
            self.members = MemberRuns(lent, workers, scheduler)
        else:
            self.levels = levels_of(city, self.rules)
        self._signals = SignalAreas(self.levels, self.rules)

    def run(
        self,
        time: datetime,
        observed: RainForcing,
        epoch: datetime,
        ahead: RainAhead,
        *,
        members: int = 1,
        wetness: float = 0.0,
        seed: int = 1,
        sensors_used: int = 0,
        sensors_silent: Sequence[str] = (),
        gauges: Gauges = NO_GAUGES,
        notes: Sequence[str] = (),
        tell: Tell = lambda stage, fraction: None,
    ) -> Outlook:
        """The outlook at `time` (with its offset).

        `observed` is the rain until then in seconds since `epoch`, gridded; it should reach back a day, as rain signals
        look back so far, and cover at least what has rained since the cycle before. `ahead` is the rain from then on
        with one member, around which an ensemble of `members` is drawn by `seed` (the control is the first), or with
        several of its own, which all count. `wetness` of the ground (0 to 1) matters where the analysis begins anew.
        `sensors_used`, `sensors_silent`, `gauges` and `notes` (keys of the message catalogue) are passed on.

        What fails costs detail and is said in the notes of the outlook: without water there are rain signals.
        """
        if time.tzinfo is None or epoch.tzinfo is None:
            raise InputError("a time without its offset", place="time", value=time.isoformat(), expected="+08:00 or Z")
        if not 0.0 <= wetness <= 1.0:
            raise ValueError(f"wetness(={wetness}) must be 0 to 1")
        began = clock.perf_counter()
        laps: dict[str, float] = {}
        self.stopped = ""
        said = [*notes, *([NOTE + "sensors_silent"] if sensors_silent else [])]
        now_s = (time - epoch).total_seconds()
        horizon_s = self.terms.horizon(self.rules)
        rains, kind = self._rains(time, now_s, observed, epoch, ahead, members, seed)
        if min(float(rain.edges_s[-1]) for rain in rains) < now_s + horizon_s - 1.0:
            said.append(NOTE + "rain_short")
        floods, analysed = self._floods(time, observed, epoch, rains, horizon_s, wetness, said, tell, laps)
        there = [rains[flood.number] for flood in floods] if floods else rains
        tell("Colours of areas", 0.0)
        lap = clock.perf_counter()
        shifted = tuple(moved(rain, -now_s) for rain in there)
        found = level_members(self.levels, self._signals, shifted, floods, horizon_s, self.rules)
        laps["colours"] = clock.perf_counter() - lap
        tell("Planning shelters", 0.0)
        lap = clock.perf_counter()
        plan, planned, control = self._plan(time, found, floods, shifted, horizon_s, said)
        depth = None if control is None else self._keep_depth(time, horizon_s, control)
        laps["plan"] = clock.perf_counter() - lap
        areas = [
            area
            for level in found
            for area in area_outlooks(level, time, plan, self.rules, self._deepest(level, depth))
        ]
        if len(there) == 1:
            said.append(NOTE + "one_member")
        self.detail = CycleDetail(shifted[0], shifted, found, plan, planned, depth, tuple(floods), laps)
        return Outlook(
            cycle=cycle_name(time),
            time=time,
            horizon_s=horizon_s,
            areas=tuple(_by_level(areas)),
            rain=kind,
            members=len(there),
            sensors_used=sensors_used,
            sensors_silent=tuple(sensors_silent),
            rules_hash=self.rules.hash,
            unverified_rules=tuple(self.rules.unverified()),
            synthetic=self.city.synthetic,
            notes=tuple(dict.fromkeys([*said, *(analysed.notes if analysed else ())])),
            plan=plan.table,
            wall_s=clock.perf_counter() - began,
            seed=seed,
            gauges=gauges,
        )

    def close(self) -> None:
        """End the processes of members; the cycle must not be run again."""
        if self.prepared is not None:
            self.members.close()
        if self._own is not None:
            self._own.cleanup()

    def __enter__(self) -> ForecastCycle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- parts -----------------------------------------------------------------------------------------------------

    def _rains(
        self, time: datetime, now_s: float, observed: RainForcing, epoch: datetime, ahead: RainAhead, members: int,
        seed: int,
    ) -> tuple[list[RainForcing], str]:  # fmt: skip
        """Observed rain and what follows, for every member, in seconds since `epoch`; and what to call it."""
        if members < 1:
            raise ValueError(f"members(={members}) must be >= 1")
        expected = [moved(rain, (ahead.epoch - epoch).total_seconds()) for rain in ahead.members]
        kind = ahead.kind if len(expected) == 1 else "ensemble"
        if len(expected) == 1 and members > 1:
            terms = member_terms(self.rules)
            drawn = rain_members(expected[0], self.city.grid, now_s, terms, seed, cycle_name(time), members - 1)
            expected, kind = [*expected, *drawn], "ensemble"
        return [join_rain(observed, rain, now_s) for rain in expected], kind

    def _floods(
        self, time: datetime, observed: RainForcing, epoch: datetime, rains: list[RainForcing], horizon_s: float,
        wetness: float, said: list[str], tell: Tell, laps: dict[str, float],
    ) -> tuple[list[MemberFlood], Analysed | None]:  # fmt: skip
        """The floods of the members that have one, none where there is no water to run or it stopped itself."""
        if self.prepared is None:
            said.append(NOTE + "rain_only")
            return [], None
        try:
            tell("Water of now", 0.0)
            lap = clock.perf_counter()
            analysed = self.analysis.at(time, observed, epoch, wetness)
            laps["analysis"] = clock.perf_counter() - lap
            lap = clock.perf_counter()
            day = time_of_day(time, self.rules)
            tasks = [MemberTask(k, rain, epoch, horizon_s, day, analysed.path) for k, rain in enumerate(rains)]
            tell("Water ahead", 0.0)
            floods = self.members.run(tasks, analysed, said, lambda fraction: tell("Water ahead", fraction))
            laps["members"] = clock.perf_counter() - lap
        except RunStopped as stop:
            self.stopped = str(stop)
            said.append(NOTE + "water_stopped")
            return [], None
        whole = [flood for flood in floods if not flood.stopped]
        if len(whole) < len(floods):
            said.append(NOTE + ("members_stopped" if whole else "water_stopped"))
        return whole, analysed

    def _plan(
        self, time: datetime, found: tuple[LevelMembers, ...], floods: list[MemberFlood],
        rains: Sequence[RainForcing], horizon_s: float, said: list[str],
    ) -> tuple[CyclePlan, int, MemberWater | None]:  # fmt: skip
        """The plan, the member it was made for, and the water of the control."""
        if not floods or self.prepared is None:
            return nobody_goes(), -1, None
        day = time_of_day(time, self.rules)
        control = unpack(self.prepared, floods[0], day)
        if self.city.people is None or self.city.people.empty:
            said.append(NOTE + "no_people")
            return nobody_goes(), -1, control
        chosen = member_to_plan(found, self.rules)
        member = control if chosen == 0 else unpack(self.prepared, floods[chosen], day)
        plan = plan_cycle(self.prepared, member, time, rains[chosen], horizon_s)
        if self.city.roads is None or self.city.shelters is None or self.city.shelters.empty:
            said.append(NOTE + "no_shelters")
        return plan, floods[chosen].number, control

    def _deepest(self, level: LevelMembers, depth: DepthField | None) -> np.ndarray | None:
        """Deepest water ahead on the streets of each area of a level."""
        if depth is None or self.prepared is None:
            return None
        return deepest_by_area(level.level.area_map, depth.worst, self.prepared.points.street)

    def _keep_depth(self, time: datetime, horizon_s: float, control: MemberWater) -> DepthField:
        inside = np.isfinite(control.run.bed)
        now, worst = (
            np.where(inside, depth, np.float32(np.nan)) for depth in (control.first_depth, control.run.maxima.max_depth)
        )
        field = DepthField(time, horizon_s, self.city.grid, now, worst)
        save_depth(self.folder, field)
        return field


def _by_level(areas: list[AreaOutlook]) -> list[AreaOutlook]:
    """An area named at two levels would be two chains of warnings: the higher one stands."""
    return list({area.area: area for area in reversed(areas)}.values())[::-1]
