"""The infiltration of each land-cover class: rows of the table to models of the ground."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.units import hours_to_s, mm_h_to_m_s, mm_to_m
from hazards.infiltration import ConstantLoss, GreenAmpt, GroundModel, Horton, LandCoverInfiltration, NoLoss


def land_infiltration(
    cover: np.ndarray | None, table: pd.DataFrame | None, sealed: np.ndarray
) -> LandCoverInfiltration | None:
    """Infiltration by land cover; nothing goes in where `sealed` is true. None without a land-cover raster.

    `cover` (rows, cols) holds codes of `table`, columns of schema LAND_COVER.
    """
    if cover is None or table is None:
        return None
    models = {int(row["code"]): _model(row) for row in table.to_dict("records")}
    return LandCoverInfiltration(cover, models, inside=~sealed)


def _model(row: dict) -> GroundModel:
    kind = row["infiltration"]
    if kind == "constant":
        return ConstantLoss(mm_h_to_m_s(row["constant_mm_h"]))
    if kind == "horton":
        decay = row["horton_k_1_h"] / hours_to_s(1.0)
        return Horton(mm_h_to_m_s(row["horton_f0_mm_h"]), mm_h_to_m_s(row["horton_fc_mm_h"]), decay)
    if kind == "green_ampt":
        return GreenAmpt(
            mm_h_to_m_s(row["conductivity_mm_h"]), mm_to_m(row["suction_mm"]), float(row["moisture_deficit"])
        )
    return NoLoss()
