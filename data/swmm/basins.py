"""How wide the storage nodes of a SWMM input are at their rims."""

from __future__ import annotations

import math

import numpy as np

from data.swmm.inp import Row
from data.swmm.profiles import curves_of_kind


def rim_areas(rows: dict[str, list[Row]], metre: float) -> dict[str, float]:
    """Water surface (m2) of each storage node filled to its rim; NaN where its shape cannot be told.

    `metre`: m per length unit of the file. Formulas of the shapes: EPA SWMM 5.2 user's manual, storage units.
    """
    curves = curves_of_kind(rows.get("CURVES", []), "STORAGE")
    return {row.tokens[0]: _area(row, curves) * metre**2 for row in rows.get("STORAGE", ()) if row.tokens}


def _area(row: Row, curves: dict[str, list[tuple[float, float]]]) -> float:
    """Area at the rim in the units of the file."""
    depth, length, width, third = (_number(row, at) for at in (2, 5, 6, 7))
    shape = row.token(4).upper()
    if shape.startswith("TABULAR"):
        curve = np.array(curves.get(row.token(5), [])).reshape(-1, 2)
        return float(np.interp(depth, curve[:, 0], curve[:, 1])) if len(curve) else math.nan
    if shape.startswith("CYLIND"):
        return math.pi / 4.0 * length * width
    with np.errstate(all="ignore"):
        if shape.startswith("FUNCTIONAL"):  # coefficient, exponent, constant
            return float(length * np.power(depth, width) + third)
        if shape.startswith("CONIC"):  # third: run per rise of the sides
            wider = 1.0 + 2.0 * third * depth / np.float64(length)
            return float(math.pi / 4.0 * length * width * wider**2)
        if shape.startswith("PARABOL"):  # third: the height at which it has this length and width
            return float(math.pi / 4.0 * length * width * depth / np.float64(third))
        if shape.startswith("PYRAMID"):
            return (length + 2.0 * third * depth) * (width + 2.0 * third * depth)
    return math.nan


def _number(row: Row, position: int) -> float:
    try:
        return float(row.token(position))
    except ValueError:
        return math.nan
