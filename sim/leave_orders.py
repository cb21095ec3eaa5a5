"""Orders to leave: those that the rules give before the danger, those of a script, and the blocks they are for."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from data.schema import City
from data.units import minutes_to_s, s_to_minutes
from sim.area_map import AreaMap, area_of_points, map_areas, present_levels
from sim.command.script import Order
from sim.demand import Timing


def blocks_of_areas(city: City, warned: AreaMap) -> dict[str, np.ndarray]:
    """Rows of City.people in each area of every level, by area code; `warned` are the areas of the warnings."""
    assert city.people is not None
    return rows_of_areas(city, warned, city.people)


def rows_of_areas(city: City, warned: AreaMap, points: pd.DataFrame) -> dict[str, np.ndarray]:
    """The same of any table with columns x_m and y_m."""
    x_m, y_m = points["x_m"].to_numpy(float), points["y_m"].to_numpy(float)
    found: dict[str, np.ndarray] = {}
    for area_map in (*(map_areas(city, level) for level in present_levels(city)), warned):
        area = area_of_points(area_map, city, x_m, y_m)
        for number, code in enumerate(area_map.areas["code"].astype(str)):
            found[code] = np.flatnonzero(area == number)
    return found


def orders_of_rules(timing: Timing, demand: np.ndarray, blocks: dict[str, np.ndarray], warned: AreaMap) -> list[Order]:
    """One order per area of the warnings with people who must leave, at the moment at which the rules tell them."""
    orders = []
    for code in warned.areas["code"].astype(str):
        rows = blocks[code]
        rows = rows[demand[rows] > 0]
        if len(rows):
            told = float(timing.told_s[rows].min())
            orders.append(Order(f"leave {code}", "leave", float(s_to_minutes(told)), (code,)))
    return sorted(orders, key=lambda order: (order.at_min, order.id))


def told_by(orders: Iterable[Order], timing: Timing, blocks: dict[str, np.ndarray]) -> Timing:
    """The timing with the moment at which the orders first tell each block to leave; inf where none does."""
    told = np.full(len(timing.told_s), np.inf)
    for order in orders:
        if order.kind == "leave":
            for code in order.targets:
                rows = blocks[code]
                told[rows] = np.minimum(told[rows], minutes_to_s(order.at_min))
    return Timing(told, timing.danger_s)
