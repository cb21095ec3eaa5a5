"""Warnings of a drill: rain signals for the city, rain, impact and orders for its streets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from data.rules_file import Rules
from data.schema import City
from data.units import hours_to_s, mm_to_m
from hazards import (
    ImpactRules,
    PeopleRule,
    RainForcing,
    RainSignal,
    Rule,
    RuleSeries,
    UnderpassRule,
    impact_series,
    rain_signal_series,
    signals_by_area,
)
from sim.area_map import AreaMap, area_of_points, map_areas, present_levels
from sim.demand import AreaOrders
from sim.flood_watch import FloodWatch
from sim.result import Warning
from sim.warning_chain import Chain, chain_messages, shelters_used
from sim.way_words import StreetNames

_LEVELS = (1, 2, 3, 4)


def issue_warnings(
    city: City, rain: RainForcing, watch: FloodWatch, plan: pd.DataFrame, orders: AreaOrders | None, rules: Rules,
    ways: Mapping[tuple[str, str], StreetNames] | None = None,
) -> tuple[Warning, ...]:  # fmt: skip
    """All messages of the run in the order they are sent.

    The areas of the highest level (the city) have a chain for the rain signal. Each area of the warning level has its
    own while the impact rules hold there or its people are told to leave; its colour is then the highest of rain,
    impact and order, so one area never shows two. Where both levels are one, the two chains are one. `ways` are the
    streets to its shelters (sim.way_words).
    """
    times = np.array(watch.time_s)
    lead_s = rules.number("warning.forecast_lead_s")
    signals = rain_signals(rules)
    zones = rain_signal_series(rain, times, signals, lead_s)
    zones_now = rain_signal_series(rain, times, signals, 0.0)
    streets = watch.points.area_map
    top = present_levels(city)[0]
    impact = impact_series(
        times, watch.stacked("people_by_class"), watch.stacked("underpass_depth"),
        underpass_areas(city, streets), impact_rules(rules),
    )  # fmt: skip
    told, leaving = _order_series(times, orders, len(streets.areas), int(rules.number("warning.order_level")))
    seen = impact.ahead(lead_s).joined(told)
    over_streets = signals_by_area(zones, rain.zone, streets.index, len(streets.areas))
    both = over_streets.joined(seen)
    streets_now = signals_by_area(zones_now, rain.zone, streets.index, len(streets.areas)).level
    danger = watch.stacked("people_by_class")[:, :, 3:].sum(axis=2)
    now = np.maximum(np.maximum(streets_now, impact.level), np.where(leaving, told.level, 0))
    alone = top == streets.level
    raw = both.level if alone else np.where(seen.level > 0, both.level, 0)
    chains = [Chain(streets, both, now, raw, danger, (danger > 0.0) | leaving, shelters_used(plan, city, ways))]
    if not alone:
        whole = map_areas(city, top)
        over_city = signals_by_area(zones, rain.zone, whole.index, len(whole.areas))
        city_now = signals_by_area(zones_now, rain.zone, whole.index, len(whole.areas)).level
        people = _people_of(watch, whole, city)
        chains.insert(0, Chain(whole, over_city, city_now, over_city.level, people, np.zeros(people.shape, bool), {}))
    messages = [message for chain in chains for message in chain_messages(chain, rules)]
    return tuple(sorted(messages, key=lambda message: (message.sent_s, message.area)))


def _order_series(
    time_s: np.ndarray, orders: AreaOrders | None, areas: int, level: int
) -> tuple[RuleSeries, np.ndarray]:
    """The orders as a rule: it holds from the last step before the order until the danger is over.

    Also where the danger that they are for is there, bool (times, areas).
    """
    rule = Rule("people_told", level, 1.0, "persons")
    value = np.zeros((len(time_s), areas, 1))
    begun = np.zeros((len(time_s), areas), bool)
    if orders is not None:
        for number in np.flatnonzero(orders.persons):
            first = max(0, int(np.searchsorted(time_s, orders.told_s[number], side="right")) - 1)
            last = max(first + 1, int(np.searchsorted(time_s, orders.over_s[number], side="right")))
            value[first:last, number] = orders.persons[number]
            begun[first:last, number] = time_s[first:last] >= orders.danger_s[number]
    return RuleSeries(time_s, (rule,), value, rule.holds(value)), begun


def _people_of(watch: FloodWatch, area_map: AreaMap, city: City) -> np.ndarray:
    """People in H3 or worse by the area of their block, (times, areas)."""
    if city.people is None:
        return np.zeros((len(watch.time_s), len(area_map.areas)))
    x_m, y_m = city.people["x_m"].to_numpy(float), city.people["y_m"].to_numpy(float)
    area = area_of_points(area_map, city, x_m, y_m)
    danger = watch.blocks_in(3)
    return np.stack([danger[:, area == number].sum(axis=1) for number in range(len(area_map.areas))], axis=1)


def underpass_areas(city: City, area_map: AreaMap) -> np.ndarray:
    """Row of the area of each underpass, int64 (underpasses,); -1 where none."""
    if city.underpasses is None or city.underpasses.empty:
        return np.empty(0, np.int64)
    centre = city.underpasses.geometry.representative_point()
    return area_of_points(area_map, city, centre.x.to_numpy(), centre.y.to_numpy())


def rain_signals(rules: Rules) -> tuple[RainSignal, ...]:
    """The rain signals as the rules set them."""
    windows, sums = rules.numbers("rain.signal_window_h"), rules.numbers("rain.signal_sum_mm")
    return tuple(
        RainSignal(f"rain_{window:g}h", level, hours_to_s(window), mm_to_m(total))
        for level, window, total in zip(_LEVELS, windows, sums, strict=True)
    )


def impact_rules(rules: Rules) -> ImpactRules:
    """The impact rules of the level that warnings are issued at, as the rules set them."""
    classes, people = rules.numbers("warning.impact_class"), rules.numbers("warning.impact_people")
    return ImpactRules(
        people=tuple(PeopleRule(k, int(c), p) for k, c, p in zip(_LEVELS, classes, people, strict=True)),
        underpasses=(
            UnderpassRule(2, rules.number("warning.underpass_yellow_m")),
            UnderpassRule(3, rules.number("warning.underpass_orange_m")),
        ),
    )
