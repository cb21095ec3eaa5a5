"""The outlook of every area: colours of the members put together, evidence, people, shelters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from data.records import records
from data.rules_file import Rules
from hazards import RuleSeries
from sim.area_map import AreaMap
from sim.forecast.levels import Level
from sim.forecast.outlook import AreaOutlook
from sim.forecast.planning import CyclePlan
from sim.forecast.probability import Outcome, outcome, people_range
from sim.result import Evidence, highest_reached
from sim.warning_chain import Destinations

EXPECTED = "_expected"  # after the name of a rain rule: part of the sum has not fallen yet


@dataclass(frozen=True, eq=False)
class LevelMembers:
    """What the members say of the areas of one level, in the order of the members."""

    level: Level
    series: tuple[RuleSeries, ...]  # rules of each member through time, the first is the control
    people: np.ndarray  # (members, areas) in H3 or worse at the worst moment

    @property
    def colours(self) -> np.ndarray:
        """uint8 (members, times, areas)."""
        return np.stack([series.level for series in self.series])

    def told(self, rules: Rules) -> np.ndarray:
        """Areas whose people must leave by enough of the members to be told so, bool (areas,)."""
        order = self.level.told
        if order is None or order not in self.series[0].rules:
            return np.zeros(self.level.count, bool)
        place = self.series[0].rules.index(order)
        share = np.mean([series.met[:, :, place].any(axis=0) for series in self.series], axis=0)
        return np.asarray(share >= rules.numbers("forecast.warn_probability")[order.level - 1] - 1e-12)


def area_outlooks(
    found: LevelMembers, time: datetime, plan: CyclePlan, rules: Rules, deepest_m: np.ndarray | None = None
) -> list[AreaOutlook]:
    """One outlook per area of the level; times of the series are in s since the cycle.

    `deepest_m` (areas,): deepest water on the streets of each area within the horizon, of the control; it sets no
    colour and is told as evidence where it passes the ponding depth.
    """
    ponding_m = rules.number("hazard.ponding_depth_m")
    colours = found.colours
    result = outcome(colours, found.people, colours[0, 0], rules.numbers("forecast.warn_probability"))
    low, high = rules.numbers("forecast.people_percentiles")
    people, spread = people_range(found.people, (low, high))
    told = found.told(rules)
    rows = records(found.level.area_map.areas.drop(columns="geometry"))
    outlooks = []
    for number, row in enumerate(rows):
        code = str(row["code"])
        evidence = _evidence(found.series, result, number)
        going = plan.going.get(code) if told[number] else None
        colour = int(result.colour[number])
        onset = _moment(time, found.series[0].time_s, int(result.onset[number]))
        outlooks.append(
            AreaOutlook(
                area=code,
                area_level=found.level.name,
                parent=str(row.get("parent") or ""),
                name=str(row["name"]),
                name_en=str(row["name_en"]),
                colour_now=int(result.now[number]),
                colour=colour,
                event=_event(evidence),
                probability=tuple(float(share) for share in result.probability[number]),  # type: ignore[arg-type]
                onset=onset,
                people=int(people[number]),
                people_range=(int(spread[number, 0]), int(spread[number, 1])),
                evidence=(*highest_reached(evidence), *_street_water(deepest_m, number, colour, ponding_m)),
                shelters=() if going is None else going.shelters,
                leave_by=_leave_by(time, going, plan.danger_s.get(code), onset),
                polygon=found.level.outlines[number],
            )
        )
    return outlooks


def _evidence(series: Sequence[RuleSeries], result: Outcome, area: int) -> list[Evidence]:
    """The rules that hold in the member that shows the colour, each at its greatest value, worst colour first.

    A sum of rain greater than the one that has fallen holds rain that is only expected, and is named so; the sum that
    has fallen is told beside it where that meets the threshold by itself.
    """
    if not result.colour[area]:
        return []
    own = series[int(result.example[area])]
    held = own.met[:, area]
    found: list[tuple[int, Evidence]] = []
    for place, rule in enumerate(own.rules):
        if held[:, place].any():
            values = own.value[:, area, place]
            worst, fallen = float(values[held[:, place]].max()), float(values[0])
            if not rule.name.startswith("rain") or worst <= fallen:
                found.append((rule.level, Evidence(rule.name, worst, rule.threshold, rule.unit)))
                continue
            found.append((rule.level, Evidence(rule.name + EXPECTED, worst, rule.threshold, rule.unit)))
            if held[0, place]:
                found.append((rule.level, Evidence(rule.name, fallen, rule.threshold, rule.unit)))
    return [one for _, one in sorted(found, key=lambda one: -one[0])]


def deepest_by_area(area_map: AreaMap, depth: np.ndarray, street: np.ndarray) -> np.ndarray:
    """Deepest water (m) on the cells where `street` is true, by area; 0 where an area has none. Shape (areas,)."""
    on = street & (area_map.index >= 0) & np.isfinite(depth)
    deepest = np.zeros(len(area_map.areas))
    np.maximum.at(deepest, area_map.index[on], depth[on].astype(np.float64))
    return deepest


def _street_water(deepest_m: np.ndarray | None, area: int, colour: int, ponding_m: float) -> tuple[Evidence, ...]:
    if deepest_m is None or not colour or deepest_m[area] <= ponding_m:
        return ()
    return (Evidence("street_depth", round(float(deepest_m[area]), 2), ponding_m, "m"),)  # a forecast knows no mm


def _event(evidence: list[Evidence]) -> str:
    """As in a drill: water where any rule that holds speaks of water, else the rain."""
    if not evidence:
        return ""
    return "rainstorm" if all(one.rule.startswith("rain") for one in evidence) else "waterlogging"


def _moment(time: datetime, time_s: np.ndarray, step: int) -> datetime | None:
    return None if step < 0 else time + timedelta(seconds=float(time_s[step]))


def _leave_by(
    time: datetime, going: Destinations | None, danger_s: float | None, onset: datetime | None
) -> datetime | None:
    """Last moment to leave: before the danger begins, and while the shelter is reached; never before the cycle.

    The plan is made for one member, the onset is that of all of them: danger begins with the earlier of the two.
    """
    if going is None:
        return None
    onset_s = np.inf if onset is None else (onset - time).total_seconds()
    latest = min(going.leave_by_s, np.inf if danger_s is None else danger_s, onset_s)
    return None if not np.isfinite(latest) else time + timedelta(seconds=max(0.0, float(np.floor(latest))))
