"""The risk score of areas and its three parts: person-risk, waterlogging beyond the limit, people without a place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from data.records import records
from data.rules_file import Rules
from data.schema import City
from hazards import FlowMaxima, risk_index, risk_score, sum_by_area, waterlogging_excess
from sim.area_map import AreaMap, area_of_points, map_areas, present_levels
from sim.exposure import Exposure
from sim.result import RiskParts, Warning
from sim.rulebook import drain_down_limit_s, score_weights


def allowed_time_s(city: City, rules: Rules) -> np.ndarray:
    """Time (s) that water may stand on each cell: the limit of its lowest area, so that sums of areas agree."""
    limit_s = drain_down_limit_s(rules)
    allowed = np.full(city.grid.shape, max(limit_s.values()))
    for level in present_levels(city):
        area_map = map_areas(city, level)
        if len(area_map.areas):
            own = area_map.areas["drainage_class"].map(limit_s).to_numpy(float)
            allowed = np.where(area_map.index >= 0, own[np.maximum(area_map.index, 0)], allowed)
    return allowed


def excess_of_cells(
    exposure: Exposure, maxima: FlowMaxima, street: np.ndarray, allowed_s: np.ndarray, rules: Rules
) -> np.ndarray:
    """Waterlogging excess of every cell (persons), 0 off the streets; float64 (rows, cols)."""
    ponded_s = np.where(street, maxima.ponded_s, 0.0)
    cap = score_weights(rules).excess_cap
    return np.where(street, waterlogging_excess(exposure.persons_per_cell, ponded_s, allowed_s, cap), 0.0)


def gap_of_areas(city: City, area_map: AreaMap, gap: np.ndarray) -> np.ndarray:
    """Coping gap of each area (persons): the sum of the blocks whose place it holds."""
    if city.people is None or gap.size == 0:
        return np.zeros(len(area_map.areas))
    x, y = city.people["x_m"].to_numpy(float), city.people["y_m"].to_numpy(float)
    return sum_by_area(gap, area_of_points(area_map, city, x, y), len(area_map.areas))


def risk_columns(
    person_risk: np.ndarray, excess: np.ndarray, gap: np.ndarray, level: str, rules: Rules
) -> dict[str, np.ndarray | float]:
    """The columns of risk of areas of one level, by name as in schema AREAS_RESULT; parts in persons, (areas,)."""
    score = risk_score(person_risk, excess, gap, score_weights(rules))
    reference = rules.number(f"risk.reference_persons_{level}")
    return {
        "person_risk": np.round(person_risk, 3),
        "waterlogging_excess": np.round(excess, 3),
        "coping_gap": np.round(gap, 3),
        "risk_score": np.round(score, 3),
        "risk_index": np.round(risk_index(score, reference, rules.number("risk.index_scale")), 2),
        "risk_reference_persons": reference,
    }


def warnings_with_risk(warnings: Iterable[Warning], areas: pd.DataFrame) -> tuple[Warning, ...]:
    """The warnings, each with the risk of its area over the whole run (`areas`: schema AREAS_RESULT)."""
    risk = {
        row["code"]: RiskParts(
            *(
                float(row[name])
                for name in ("person_risk", "waterlogging_excess", "coping_gap", "risk_score", "risk_index")
            )
        )
        for row in records(areas)
    }
    return tuple(replace(warning, risk=risk.get(warning.area)) for warning in warnings)
