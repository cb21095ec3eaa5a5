"""Who must leave and when they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.records import records
from data.schema import City
from sim.area_map import area_of_points
from sim.flood_watch import FloodWatch
from sim.flooding import FloodedCity
from sim.result import AreaOrder

if TYPE_CHECKING:
    from sim.plan import ShelterPlan


def people_to_move(who: str, flooded: FloodedCity, from_class: int) -> np.ndarray:
    """People of each block who must leave: "all" of them, or those "at_risk" (int64).

    At risk are the people on cells that reach hazard class `from_class` at any time, rounded up to whole people.
    """
    exposure = flooded.exposure
    if who == "all":
        return exposure.persons.copy()
    people = exposure.of_blocks(_dangerous(flooded, from_class))
    return np.minimum(np.ceil(people - 1e-9).astype(np.int64), exposure.persons)


@dataclass(frozen=True)
class Timing:
    """When the people of each block are told to leave and when their danger begins; s, shape (blocks,)."""

    told_s: np.ndarray
    danger_s: np.ndarray


def order_times(flooded: FloodedCity, from_class: int, lead_s: float, rain_start_s: float) -> Timing:
    """Each block is told `lead_s` before the first danger in its area, not before the run starts.

    An area is told as a whole, by the first watch step that finds people in danger there. Where the watch steps
    missed a short danger in a block, the first ponding of its dangerous cells stands for it; a block without
    any danger (a plan for everybody) is told with the first area, or with the rain.
    """
    watch, exposure = flooded.watch, flooded.exposure
    time_s = np.array(watch.time_s)
    in_danger = watch.blocks_in(from_class) > 0.0
    seen = np.where(in_danger.any(axis=0), time_s[np.argmax(in_danger, axis=0)], np.inf)
    danger = _dangerous(flooded, from_class)
    ponds = np.full(len(exposure.persons), np.inf)
    arrival = np.nan_to_num(exposure.seen(flooded.run.maxima.arrival_s)[danger], nan=np.inf)
    np.minimum.at(ponds, exposure.block[danger], arrival)
    begins = _first_of_area(np.where(np.isfinite(seen), seen, ponds), _area_number(watch))
    earliest = float(begins.min(initial=np.inf))
    instead = earliest if np.isfinite(earliest) else rain_start_s + lead_s
    danger_s = np.where(np.isfinite(begins), begins, instead)
    return Timing(np.maximum(danger_s - lead_s, 0.0), danger_s)


@dataclass(frozen=True)
class AreaOrders:
    """The orders of the areas that warnings are issued for, arrays of shape (areas,); times in s, inf where none."""

    persons: np.ndarray  # told to leave
    told_s: np.ndarray
    danger_s: np.ndarray
    over_s: np.ndarray  # last moment at which people are in danger


def orders_by_area(watch: FloodWatch, demand: np.ndarray, timing: Timing, from_class: int) -> AreaOrders:
    """What each area is told; an order lasts until nobody of the area is in danger any more.

    Blocks that nobody tells to leave (told_s infinite) are in no order.
    """
    count = len(watch.points.area_map.areas)
    area = _area_number(watch)
    asked = (demand > 0) & (area >= 0) & np.isfinite(timing.told_s)
    told, danger, over = np.full(count, np.inf), np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(told, area[asked], timing.told_s[asked])
    np.minimum.at(danger, area[asked], timing.danger_s[asked])
    time_s = np.array(watch.time_s)
    in_danger = watch.blocks_in(from_class) > 0.0
    last = np.where(in_danger.any(axis=0), time_s[len(time_s) - 1 - np.argmax(in_danger[::-1], axis=0)], -np.inf)
    np.maximum.at(over, area[asked], np.maximum(last, timing.danger_s)[asked])
    persons = np.bincount(area[asked], demand[asked], minlength=count).astype(np.int64)
    return AreaOrders(persons, told, danger, over)


def _first_of_area(moment: np.ndarray, area: np.ndarray) -> np.ndarray:
    """Earliest moment among the blocks of each block's area; its own where it lies in none (area -1)."""
    first = np.full(int(area.max(initial=-1)) + 2, np.inf)
    np.minimum.at(first, area, moment)
    return np.where(area >= 0, first[area], moment)


def area_codes(city: City, watch: FloodWatch) -> np.ndarray:
    """Code of the warning area of each block (text); empty where none."""
    if city.people is None:
        return np.empty(0, object)
    codes = np.append(watch.points.area_map.areas["code"].astype(str).to_numpy(object), "")
    return codes[_area_number(watch)]


def orders_of(plan: ShelterPlan, areas: pd.DataFrame, block_area: np.ndarray) -> tuple[AreaOrder, ...]:
    """The orders area by area, in time."""
    told = pd.DataFrame({"area": block_area, "time_s": plan.order_s, "persons": plan.demand})
    told = told[(told["persons"] > 0) & np.isfinite(told["time_s"])]
    grouped = told.groupby(["area", "time_s"], as_index=False).agg(persons=("persons", "sum"))
    names = {str(row["code"]): (str(row["name"]), str(row["name_en"])) for row in records(pd.DataFrame(areas))}
    orders = [
        AreaOrder(row["area"], *names.get(row["area"], ("", "")), float(row["time_s"]), int(row["persons"]))
        for row in records(grouped)
    ]
    return tuple(sorted(orders, key=lambda order: (order.time_s, order.area)))


def _dangerous(flooded: FloodedCity, from_class: int) -> np.ndarray:
    """Places of people that reach the class at any time, bool (places,)."""
    return flooded.exposure.seen(flooded.run.maxima.max_hazard) >= from_class


def _area_number(watch: FloodWatch) -> np.ndarray:
    """Row of the warning area of each block; -1 where none."""
    people = watch.city.people
    if people is None:
        return np.empty(0, np.int64)
    x, y = people["x_m"].to_numpy(float), people["y_m"].to_numpy(float)
    return area_of_points(watch.points.area_map, watch.city, x, y)
