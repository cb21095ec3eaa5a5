"""Unit conversions, used only at the edges: inside the house everything is SI (m, s, m3/s, persons).

Each function takes and returns a float or an array of floats.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

Number = TypeVar("Number", float, np.ndarray)


def mm_h_to_m_s(rate_mm_h: Number) -> Number:
    """Millimetres per hour to metres per second."""
    return rate_mm_h / 3.6e6


def m_s_to_mm_h(rate_m_s: Number) -> Number:
    """Metres per second to millimetres per hour."""
    return rate_m_s * 3.6e6


def mm_to_m(depth_mm: Number) -> Number:
    """Millimetres to metres."""
    return depth_mm / 1000.0


def m_to_mm(depth_m: Number) -> Number:
    """Metres to millimetres."""
    return depth_m * 1000.0


def minutes_to_s(minutes: Number) -> Number:
    """Minutes to seconds."""
    return minutes * 60.0


def s_to_minutes(seconds: Number) -> Number:
    """Seconds to minutes."""
    return seconds / 60.0


def hours_to_s(hours: Number) -> Number:
    """Hours to seconds."""
    return hours * 3600.0


def s_to_hours(seconds: Number) -> Number:
    """Seconds to hours."""
    return seconds / 3600.0


def km_h_to_m_s(speed_km_h: Number) -> Number:
    """Kilometres per hour to metres per second."""
    return speed_km_h / 3.6
