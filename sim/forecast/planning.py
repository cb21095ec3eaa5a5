"""Where people in danger go, by the flood of one member: shelters, ways and latest safe departure, area by area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from data.schema import PLAN
from hazards import RainForcing
from sim.area_map import area_of_points
from sim.demand import area_codes
from sim.flooding import FloodedCity
from sim.forecast.ground import ForecastGround
from sim.forecast.levels import Level
from sim.forecast.member import MemberWater
from sim.moving import Moving
from sim.plan import plan_table
from sim.warning_chain import Destinations, shelters_used
from sim.way_words import named_ways


@dataclass(frozen=True, eq=False)
class CyclePlan:
    """The plan of a cycle; times in s since the cycle."""

    table: pd.DataFrame  # schema PLAN, areas of the level of warnings
    going: Mapping[str, Destinations]  # area code, of the level of warnings or below it -> where its people go
    danger_s: Mapping[str, float]  # area code -> first moment at which people are in danger there
    moving: Moving | None  # demand, streets and trips behind it; None where nobody lives


def nobody_goes() -> CyclePlan:
    """The plan of a cycle that knows nothing of people or water."""
    return CyclePlan(pd.DataFrame(columns=list(PLAN.names)), {}, {}, None)


def plan_cycle(
    prepared: ForecastGround, member: MemberWater, time: datetime, rain: RainForcing, horizon_s: float
) -> CyclePlan:
    """Plan for the people in danger in a member's flood; `rain` in seconds since the cycle."""
    city, rules = prepared.city, prepared.rules
    flooded = FloodedCity(member.run, member.watch, prepared.ground, member.watch.points.exposure, prepared.sewers)
    moving = Moving(prepared.terms.scenario(time, rules), city, flooded, rain, horizon_s, rules)
    if moving.plan is None:
        return nobody_goes()
    table = plan_table(city, moving.plan, area_codes(city, member.watch))
    going: dict[str, Destinations] = {}
    danger: dict[str, float] = {}
    in_danger = member.watch.blocks_in(moving.from_class) > 0.0
    time_s = np.array(member.watch.time_s)
    told = [level for level in prepared.levels if level.told is not None]
    places = [_area_of_blocks(prepared, level) for level in told]
    named = [np.append(level.area_map.areas["code"].astype(str).to_numpy(object), "")[of_block]
             for level, of_block in zip(told, places, strict=True)]  # fmt: skip
    ways = named_ways(city, moving.plan, *named)
    for level, of_block, codes in zip(told, places, named, strict=True):
        going |= shelters_used(plan_table(city, moving.plan, codes), city, ways)
        for number, code in enumerate(level.area_map.areas["code"].astype(str)):
            rows = in_danger[:, of_block == number].any(axis=1)
            if rows.any():
                danger[code] = float(time_s[np.argmax(rows)])
    going.pop("", None)
    return CyclePlan(table, going, danger, moving)


def _area_of_blocks(prepared: ForecastGround, level: Level) -> np.ndarray:
    people = prepared.city.people
    assert people is not None
    x_m, y_m = people["x_m"].to_numpy(float), people["y_m"].to_numpy(float)
    return area_of_points(level.area_map, prepared.city, x_m, y_m)
