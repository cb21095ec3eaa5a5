"""What the ground takes: rows of the land-cover table to models of the soil, and the measures built over it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.schema import City
from data.units import hours_to_s, mm_h_to_m_s, mm_to_m
from hazards import Infiltration
from hazards.infiltration import (
    ConstantLoss,
    GreenAmpt,
    GroundModel,
    Horton,
    LandCoverInfiltration,
    NoLoss,
    Retention,
)


def ground_infiltration(city: City, sealed: np.ndarray, wetness: float = 0.0) -> Infiltration | None:
    """Infiltration by land cover but where `sealed` is true, and over it what the sponges of the city keep."""
    soil = land_infiltration(city.land_cover, city.land_cover_table, sealed, wetness)
    return soil if city.sponge is None else Retention(city.sponge.storage_m, city.sponge.rate_m_s, soil)


def land_infiltration(
    cover: np.ndarray | None, table: pd.DataFrame | None, sealed: np.ndarray, wetness: float = 0.0
) -> LandCoverInfiltration | None:
    """Infiltration by land cover; nothing goes in where `sealed` is true. None without a land-cover raster.

    `cover` (rows, cols) holds codes of `table`, columns of schema LAND_COVER, which describe the ground as a storm
    usually finds it. `wetness` (0 to 1) is the share of that room which rain of the days before has already filled.
    """
    if cover is None or table is None:
        return None
    models = {int(row["code"]): _model(row, wetness) for row in table.to_dict("records")}
    return LandCoverInfiltration(cover, models, inside=~sealed)


def _model(row: dict, wetness: float) -> GroundModel:
    kind = row["infiltration"]
    if kind == "constant":
        return ConstantLoss(mm_h_to_m_s(row["constant_mm_h"]))
    if kind == "horton":
        decay = row["horton_k_1_h"] / hours_to_s(1.0)
        first, last = mm_h_to_m_s(row["horton_f0_mm_h"]), mm_h_to_m_s(row["horton_fc_mm_h"])
        return Horton(last + (first - last) * (1.0 - wetness), last, decay)
    if kind == "green_ampt":
        deficit = float(row["moisture_deficit"]) * (1.0 - wetness)
        return GreenAmpt(mm_h_to_m_s(row["conductivity_mm_h"]), mm_to_m(row["suction_mm"]), deficit)
    return NoLoss()
