"""What the flood did to each area, level by level: water, drain-down, people by class, risk."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.datum import WGS84, transform
from data.rules_file import Rules
from data.schema import AREA_LEVELS, AREAS_RESULT, LEVELS, City
from data.units import s_to_hours
from hazards import (
    DrainDown,
    FlowMaxima,
    deepest_water,
    drain_down,
    exposed_people,
    hazard_score,
    person_risk,
    sum_by_area,
)
from sim.area_map import OUTSIDE, AreaMap, map_areas, present_levels, warned_areas, warning_level
from sim.area_risk import allowed_time_s, excess_of_cells, gap_of_areas, risk_columns
from sim.coping import in_danger
from sim.exposure import Exposure
from sim.flooding import FloodedCity
from sim.result import Warning
from sim.rulebook import drain_down_limit_s, risk_weights
from sim.sea import Sea, judge_sea, sea_limits

_M2_PER_HA = 1e4


def area_results(
    city: City,
    flooded: FloodedCity,
    risk: np.ndarray,
    plan: pd.DataFrame,
    warnings: tuple[Warning, ...],
    rain_end_s: float,
    end_s: float,
    rules: Rules,
    coping: np.ndarray | None = None,
) -> pd.DataFrame:
    """One row per area of every level, columns of schema AREAS_RESULT.

    `risk` is `risk_of_cells`, `coping` the coping gap of each block (`sim.coping`); None counts no shelter, so that all
    people in danger lack a place. A run without a plan or warnings gives an empty `plan` and no `warnings`.
    """
    if coping is None:
        coping = in_danger(flooded, int(rules.number("evacuation.evacuate_from_class")))
    street, exposure, maxima = flooded.dry_street, flooded.exposure, flooded.run.maxima
    last_depth, deep_s = flooded.run.depth[-1], flooded.watch.deep_s
    limit_s = drain_down_limit_s(rules)
    ponding = rules.number("hazard.ponding_depth_m")
    excess = excess_of_cells(exposure, maxima, street, allowed_time_s(city, rules), rules)
    level = warning_level(city)  # with the ground that no area holds, if people are there
    maps = [warned_areas(city) if name == level else map_areas(city, name) for name in present_levels(city)]
    tables = []
    for area_map in maps:
        count = len(area_map.areas)
        if count == 0:
            continue
        on_street = np.where(street, area_map.index, -1)
        limits = area_map.areas["drainage_class"].map(limit_s).to_numpy(float)
        drained = drain_down(
            maxima.last_ponded_s,
            last_depth > ponding,
            on_street,
            limits,
            rain_end_s=rain_end_s,
            end_s=end_s,
            allowed_share=rules.number("drainage.drained_share"),
        )
        sea = judge_sea(
            deep_s, maxima.max_depth, on_street, count, sea_limits(rules), rain_end_s=rain_end_s, end_s=end_s
        )
        parts = (
            sum_by_area(risk, area_map.index, count),
            sum_by_area(excess, area_map.index, count),
            gap_of_areas(city, area_map, coping),
        )
        table = _level_table(city, area_map, exposure, maxima, drained, sea, on_street)
        tables.append(table.assign(**risk_columns(*parts, area_map.level, rules)))
    table = pd.concat(tables, ignore_index=True)
    highest = _highest_level(warnings)
    table["warning_level"] = [highest.get(code, LEVELS[0]) for code in table["code"]]
    asked, left = _people_of_plan(city, plan, table)
    table["evacuees"], table["unserved"] = asked, left
    return table[list(AREAS_RESULT.names)]


def _level_table(
    city: City,
    area_map: AreaMap,
    exposure: Exposure,
    maxima: FlowMaxima,
    drained: DrainDown,
    sea: Sea,
    on_street: np.ndarray,
) -> pd.DataFrame:
    areas, cell_m2 = area_map.areas, city.grid.cell_area_m2
    count = len(areas)
    by_class = whole_people(exposed_people(exposure.persons_per_cell, maxima.max_hazard, area_map.index, count))
    inside = area_map.index[area_map.index >= 0]
    ponded_s = sum_by_area(maxima.ponded_s, on_street, count)
    worst_lon, worst_lat = _degrees_of(city, sea.worst_cell)
    table = pd.DataFrame(
        {
            "code": areas["code"].astype(str),
            "name": areas["name"],
            "name_en": areas["name_en"],
            "level": area_map.level,
            "drainage_class": areas["drainage_class"],
            "area_m2": np.bincount(inside, minlength=count) * cell_m2,
            "max_depth_m": np.round(deepest_water(maxima.max_depth, on_street, count), 3),
            "ponded_m2": drained.ponded_cells * cell_m2,
            "ponded_ha_h": np.round(s_to_hours(ponded_s) * cell_m2 / _M2_PER_HA, 3),
            "drain_down_h": np.where(
                np.isfinite(drained.drain_down_s), np.round(s_to_hours(drained.drain_down_s), 3), np.nan
            ),
            "drain_down_limit_h": s_to_hours(drained.limit_s),
            "drain_down_ok": drained.ok,
            "drain_down_known": drained.known,
            "sea_share": np.round(sea.share, 4),
            "sea_ok": sea.ok,
            "sea_known": sea.known,
            "worst_depth_m": np.round(sea.worst_depth_m, 3),
            "worst_lon": worst_lon,
            "worst_lat": worst_lat,
            "people": by_class.sum(axis=1),
        }
    )
    for number in range(1, 7):
        table[f"people_h{number}"] = by_class[:, number]
    return table


def _degrees_of(city: City, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude of cells (flat) to six decimals, a tenth of a metre; NaN for cell -1."""
    rows, cols = np.divmod(cell, city.grid.cols)
    lon, lat = transform(city.grid.x_centres[cols], city.grid.y_centres[rows], city.grid.crs, WGS84)
    return tuple(np.where(cell >= 0, np.round(values, 6), np.nan) for values in (lon, lat))  # type: ignore[return-value]


def risk_of_cells(city: City, exposure: Exposure, maxima: FlowMaxima, rules: Rules) -> np.ndarray:
    """Person-risk of every cell (persons)."""
    score = hazard_score(risk_weights(rules), maxima.max_hazard, maxima.ponded_s, allowed_time_s(city, rules))
    return person_risk(exposure.vulnerable_per_cell, score, np.ones(()))


def whole_people(people: np.ndarray) -> np.ndarray:
    """Round each row to whole people so that it keeps its rounded total (largest remainders first), int64."""
    floor = np.floor(people + 1e-9)
    missing = (np.rint(people.sum(axis=1)) - floor.sum(axis=1)).astype(np.int64)
    order = np.argsort(-(people - floor), axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(people.shape[1]), people.shape), axis=1)
    return (floor + (rank < missing[:, None])).astype(np.int64)


def _highest_level(warnings: tuple[Warning, ...]) -> dict[str, str]:
    highest: dict[str, int] = {}
    for warning in warnings:
        highest[warning.area] = max(warning.level, highest.get(warning.area, 0))
    return {code: LEVELS[level] for code, level in highest.items()}


def _people_of_plan(city: City, plan: pd.DataFrame, table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Evacuees and unserved people of each area: a plan row counts for its area, those above, and the finer ones.

    The plan names areas by the cell a block stands on, as warnings do; finer ones hold it by their outline. A block
    in no area of the warning level counts for `OUTSIDE` as well; a city without areas is one.
    """
    if city.people is None or plan.empty:
        return np.zeros(len(table), np.int64), np.zeros(len(table), np.int64)
    lowest = plan["block"].map(dict(zip(city.people["id"], city.people["area"], strict=True)))
    parents = {} if city.areas is None else dict(zip(city.areas["code"], city.areas["parent"], strict=True))
    asked: dict[str, int] = {}
    left: dict[str, int] = {}
    rank = dict(zip(table["code"], table["level"].map(AREA_LEVELS.index), strict=True))
    issued = AREA_LEVELS.index(warning_level(city))
    for code, warned, persons, shelter in zip(lowest, plan["area"], plan["persons"], plan["shelter"], strict=True):
        below = [name for name in _upward(code, parents) if rank.get(name, 0) > issued]
        above = [name for name in _upward(code, parents) if rank.get(name, 0) < issued]
        holding = below + ([warned, *above] if warned == OUTSIDE or not warned else _upward(warned, parents))
        for name in holding:
            asked[name] = asked.get(name, 0) + int(persons)
            left[name] = left.get(name, 0) + (int(persons) if shelter == "" else 0)
    return tuple(table["code"].map(of).fillna(0).to_numpy(np.int64) for of in (asked, left))  # type: ignore[return-value]


def _upward(code: str, parents: dict[str, str]) -> list[str]:
    """An area and every area above it."""
    found = []
    while code:
        found.append(code)
        code = parents.get(code, "")
    return found
