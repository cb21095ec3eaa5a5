"""Units of a SWMM file: its flow units decide between feet and metres."""

from __future__ import annotations

from collections.abc import Mapping

FOOT_M = 0.3048
METRE_OF = {"CFS": FOOT_M, "GPM": FOOT_M, "MGD": FOOT_M, "CMS": 1.0, "LPS": 1.0, "MLD": 1.0}  # unit of length, m
# one flow unit in m3/s; gallons are US liquid gallons of 231 cubic inches
M3_S_OF = {
    "CFS": FOOT_M**3,
    "GPM": 231 * 0.0254**3 / 60.0,
    "MGD": 231e6 * 0.0254**3 / 86400.0,
    "CMS": 1.0,
    "LPS": 1e-3,
    "MLD": 1e3 / 86400.0,
}
DEFAULT_UNITS = "CFS"  # of a file that names none


def flow_units(options: Mapping[str, str]) -> str:
    """FLOW_UNITS of the options; CFS where they name none or an unknown one (which the checks tell)."""
    name = options.get("FLOW_UNITS", DEFAULT_UNITS).upper()
    return next((known for known in METRE_OF if name.startswith(known)), DEFAULT_UNITS)
