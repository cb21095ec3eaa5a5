"""Warnings of a drill: rain signals for the city, rain and impact together for its streets, as chains of messages."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from data.records import records
from data.rules_file import Rules
from data.schema import City
from data.units import hours_to_s, mm_to_m
from hazards import (
    Hysteresis,
    ImpactRules,
    PeopleRule,
    RainForcing,
    RainSignal,
    RuleSeries,
    Transition,
    UnderpassRule,
    apply_hysteresis,
    impact_series,
    rain_signal_series,
    signals_by_area,
)
from sim.area_map import AreaMap, area_of_points, map_areas
from sim.flood_watch import FloodWatch
from sim.result import Evidence, ShelterUse, Warning

_LEVELS = (1, 2, 3, 4)
_SHELTERS_NAMED = 5  # a message names the shelters that take most of an area's people
_OUTLINE_M = 20.0  # outlines in messages are simplified by this much


@dataclass(frozen=True)
class Chain:
    """What one area's messages are made from."""

    area_map: AreaMap
    series: RuleSeries  # what the rules say, with what the forecast sees
    observed: np.ndarray  # uint8 (times, areas): level without looking ahead
    raw: np.ndarray  # uint8 (times, areas): level that hysteresis is applied to


def issue_warnings(
    city: City, rain: RainForcing, watch: FloodWatch, plan: pd.DataFrame, rules: Rules
) -> tuple[Warning, ...]:
    """All messages of the run in the order they are sent.

    The city has a chain for the rain signal. Each area of the warning level has its own while the impact rules hold
    there; its colour is then the higher of rain and impact, so one area never shows two.
    """
    times = np.array(watch.time_s)
    lead_s = rules.number("warning.forecast_lead_s")
    signals = _rain_signals(rules)
    zones = rain_signal_series(rain, times, signals, lead_s)
    zones_now = rain_signal_series(rain, times, signals, 0.0)
    whole = map_areas(city, "city")
    streets = watch.points.area_map
    impact = impact_series(
        times, watch.stacked("people_by_class"), watch.stacked("underpass_depth"),
        _underpass_area(city, streets), _impact_rules(rules),
    )  # fmt: skip
    seen = impact.ahead(lead_s)
    over_streets = signals_by_area(zones, rain.zone, streets.index, len(streets.areas))
    both = over_streets.joined(seen)
    streets_now = signals_by_area(zones_now, rain.zone, streets.index, len(streets.areas)).level
    over_city = signals_by_area(zones, rain.zone, whole.index, len(whole.areas))
    city_now = signals_by_area(zones_now, rain.zone, whole.index, len(whole.areas)).level
    chains = [Chain(whole, over_city, city_now, over_city.level)] if len(whole.areas) else []
    now = np.maximum(streets_now, impact.level)
    if streets.level == "city":
        chains = [Chain(streets, both, now, both.level)]
    else:
        chains.append(Chain(streets, both, now, np.where(seen.level > 0, both.level, 0)))
    messages = [message for chain in chains for message in _messages(chain, watch, city, plan, rules)]
    return tuple(sorted(messages, key=lambda message: (message.sent_s, message.area)))


def _messages(chain: Chain, watch: FloodWatch, city: City, plan: pd.DataFrame, rules: Rules) -> list[Warning]:
    hold = Hysteresis(rules.number("warning.downgrade_hold_s"), rules.number("warning.min_reissue_s"))
    at_level = chain.area_map is watch.points.area_map
    danger = watch.stacked("people_by_class")[:, :, 3:].sum(axis=2) if at_level else None
    outlines = _outlines(chain.area_map.areas)
    uses = _shelters_used(plan, city) if at_level else {}
    messages = []
    for number in range(len(chain.area_map.areas)):
        changes = apply_hysteresis(chain.series.time_s, chain.raw[:, number], hold)
        people = (
            danger[:, number] if danger is not None else watch.stacked("people_by_class")[:, :, 3:].sum(axis=(1, 2))
        )
        code = str(chain.area_map.areas["code"].iloc[number])
        messages += _chain_of(chain, number, changes, people, outlines[number], uses.get(code, ()), rules)
    return messages


def _chain_of(
    chain: Chain,
    number: int,
    changes: list[Transition],
    people: np.ndarray,
    outline: BaseGeometry,
    shelters: tuple[ShelterUse, ...],
    rules: Rules,
) -> list[Warning]:
    area = chain.area_map.areas.iloc[number]
    time_s = chain.series.time_s
    validity = rules.number("warning.expires_after_s")
    messages: list[Warning] = []
    for serial, change in enumerate(changes, start=1):
        causes = chain.series.causes(change.evidence_s, number) if change.after else ()
        by_water = any(not cause.rule.startswith("rain") for cause in causes)
        event = "waterlogging" if by_water else "rainstorm"
        if change.after == 0 and messages:
            event = messages[-1].event
        ahead = (time_s >= change.time_s) & (time_s <= change.time_s + validity)
        begins = time_s[ahead & (chain.observed[:, number] >= change.after)]
        onset = float(begins[0]) if begins.size and change.after else change.time_s
        in_danger = time_s[ahead & (people >= 0.5)]
        leave_by = _leave_by(float(in_danger[0]), shelters, change.time_s) if in_danger.size and shelters else None
        kind = "Alert" if change.before == 0 else "Update" if change.after else "Cancel"
        messages.append(
            Warning(
                id=f"{area['code']}-{serial:02d}",
                area=str(area["code"]),
                area_name=str(area["name"]),
                area_name_en=str(area["name_en"]),
                event=event,
                level=change.after,
                message_type=kind,
                references=messages[-1].id if change.before else "",
                sent_s=change.time_s,
                onset_s=onset,
                expires_s=change.time_s + validity,
                lead_time_min=(onset - change.time_s) / 60.0,
                people_at_risk=round(float(people[ahead].max(initial=0.0))) if change.after else 0,
                evidence=tuple(Evidence(c.rule, c.value, c.threshold, c.unit) for c in causes),
                shelters=shelters if change.after else (),
                leave_by_s=leave_by if change.after else None,
                polygon=outline,
            )
        )
    return messages


def _leave_by(danger_s: float, shelters: tuple[ShelterUse, ...], sent_s: float) -> float:
    """Last moment to set out so that the longest walk of the plan is over when the danger begins."""
    longest = max(use.walk_min for use in shelters) * 60.0
    return max(sent_s, danger_s - longest)


def _shelters_used(plan: pd.DataFrame, city: City) -> dict[str, tuple[ShelterUse, ...]]:
    """Area code -> the shelters its people go to, most people first."""
    placed = plan[plan["shelter"] != ""]
    if placed.empty or city.shelters is None:
        return {}
    names = {row["id"]: (str(row["name"]), str(row["name_en"])) for row in records(city.shelters)}
    grouped = placed.groupby(["area", "shelter"]).agg(persons=("persons", "sum"), walk=("walk_min", "max"))
    uses: dict[str, tuple[ShelterUse, ...]] = {}
    for area, rows in grouped.sort_values(["persons", "walk"], ascending=[False, True]).groupby(level=0):
        uses[str(area)] = tuple(
            ShelterUse(row["shelter"], *names[row["shelter"]], int(row["persons"]), float(row["walk"]))
            for row in records(rows.head(_SHELTERS_NAMED).reset_index())
        )
    return uses


def _outlines(areas: gpd.GeoDataFrame) -> list[BaseGeometry]:
    simple = gpd.GeoSeries(areas.geometry.simplify(_OUTLINE_M), crs=areas.crs)
    return list(simple.to_crs("EPSG:4326"))


def _underpass_area(city: City, area_map: AreaMap) -> np.ndarray:
    if city.underpasses is None or city.underpasses.empty:
        return np.empty(0, np.int64)
    centre = city.underpasses.geometry.representative_point()
    return area_of_points(area_map, city, centre.x.to_numpy(), centre.y.to_numpy())


def _rain_signals(rules: Rules) -> tuple[RainSignal, ...]:
    windows, sums = rules.numbers("rain.signal_window_h"), rules.numbers("rain.signal_sum_mm")
    return tuple(
        RainSignal(f"rain_{window:g}h", level, hours_to_s(window), mm_to_m(total))
        for level, window, total in zip(_LEVELS, windows, sums, strict=True)
    )


def _impact_rules(rules: Rules) -> ImpactRules:
    classes, people = rules.numbers("warning.impact_class"), rules.numbers("warning.impact_people")
    return ImpactRules(
        people=tuple(PeopleRule(k, int(c), p) for k, c, p in zip(_LEVELS, classes, people, strict=True)),
        underpasses=(
            UnderpassRule(2, rules.number("warning.underpass_yellow_m")),
            UnderpassRule(3, rules.number("warning.underpass_orange_m")),
        ),
    )
