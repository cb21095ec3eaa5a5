"""Which rows of shelters, candidates and people can be trusted. The others take no part and are listed, with why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from data.rules_file import Rules, load_rules
from data.schema import LeftOut

MESSAGES = {
    "zero_coordinates": "zero coordinates: left out",
    "outside": "outside the terrain: left out",
    "no_area": "area 0: left out",
    "area_unit": "area in the wrong unit: left out",
    "overfull": "more people inside than there is room: left out",
    "existing": "candidate is a shelter already: left out",
    "duplicate": "the same site twice: left out",
}
COLUMNS = {
    "zero_coordinates": "lon, lat",
    "outside": "lon, lat",
    "no_area": "area_m2",
    "area_unit": "area_m2",
    "overfull": "occupants",
    "existing": "id, lon, lat",
    "duplicate": "lon, lat",
}
_UNITS = (("ha", 1e4), ("km2", 1e6))


@dataclass(frozen=True)
class Limits:
    """Bounds from the rules of what is believed of a site."""

    least_m2: float
    most_m2: float
    apart_m: float  # two sites within are one
    m2_per_person: float  # the least space a person inside takes


def trust_limits(rules: Rules | None = None) -> Limits:
    """The limits of the rules, by default those of the project."""
    told = rules or load_rules()
    return Limits(
        told.number("shelters.doubt_area_least_m2"),
        told.number("shelters.doubt_area_most_m2"),
        told.number("shelters.duplicate_distance_m"),
        told.number("shelters.m2_per_person_emergency"),
    )


def sift(
    frame: pd.DataFrame,
    places: list[str],
    astray: np.ndarray,
    layer: str,
    limits: Limits,
    existing: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    """The rows that can be trusted, numbered anew, and the others in the order of their rows.

    `frame` has the columns of its table, x_m and y_m; `places` says file and row of each, `astray` (length of the
    frame) "zero_coordinates", "outside" or "". `layer` is "shelters", "candidates" or "people"; of people only
    the place is judged. `existing` are shelters that a candidate must not repeat. A row has the first reason that
    holds, in the order of MESSAGES; of two sites in one place the first that is sound stays.
    """
    found: dict[int, tuple[str, str, str]] = {}
    for row in np.flatnonzero(astray != ""):
        found[int(row)] = (str(astray[row]), *_place_words(frame, int(row), str(astray[row]), layer))
    if layer != "people":
        _judge_sites(frame, found, limits)
        _find_repeated(frame, found, limits, existing)
    left_out = tuple(
        LeftOut(
            layer,
            str(frame["id"].iloc[row]),
            str(frame["name"].iloc[row]) if "name" in frame else "",
            places[row],
            *found[row],
        )
        for row in sorted(found)
    )
    keep = np.ones(len(frame), bool)
    keep[list(found)] = False
    return frame[keep].reset_index(drop=True), left_out


def _place_words(frame: pd.DataFrame, row: int, reason: str, layer: str) -> tuple[str, str]:
    value = f"{frame['lon'].iloc[row]:g}, {frame['lat'].iloc[row]:g}"
    if layer == "people":
        value += f" ({frame['population_night'].iloc[row]:g} people at night)"
    if reason == "zero_coordinates":
        return value, "the longitude and latitude of the place"
    return value, "a place on the terrain: correct or remove the row, or enlarge the terrain"


def _judge_sites(frame: pd.DataFrame, found: dict[int, tuple[str, str, str]], limits: Limits) -> None:
    """Area and occupants of each site by itself."""
    area = frame["area_m2"].to_numpy(float)
    share = frame["usable_share"].to_numpy(float)
    places = np.floor(area * share / limits.m2_per_person * (1.0 + 2.0**-50))  # rounding takes no place away
    inside = frame["occupants"].to_numpy(float)
    for row in range(len(frame)):
        if row in found or not area[row] >= 0.0:  # what is no area at all has been told as an error
            continue
        if area[row] == 0.0:
            found[row] = ("no_area", "0", f"gross area in m2, at least {limits.least_m2:g}")
        elif not limits.least_m2 <= area[row] <= limits.most_m2:
            found[row] = ("area_unit", f"{area[row]:g}", _unit_words(float(area[row]), limits))
        elif inside[row] > places[row]:
            found[row] = (
                "overfull",
                f"{inside[row]:g}",
                f"at most {places[row]:.0f} people, the places at {limits.m2_per_person:g} m2 each",
            )


def _unit_words(area: float, limits: Limits) -> str:
    """What the area would be in another unit, where that is plausible."""
    words = f"m2, {limits.least_m2:g} to {limits.most_m2:.0f}"
    meant = [
        f"{area * factor:.0f} m2 if the file gives {unit}"
        for unit, factor in _UNITS
        if limits.least_m2 <= area * factor <= limits.most_m2
    ]
    return f"{words}; perhaps {' or '.join(meant)}" if meant else words


def _find_repeated(
    frame: pd.DataFrame, found: dict[int, tuple[str, str, str]], limits: Limits, existing: pd.DataFrame | None
) -> None:
    """Candidates that are shelters already, then rows in the place of an earlier sound one."""
    sound = [row for row in range(len(frame)) if row not in found]
    if not sound:
        return
    at = frame[["x_m", "y_m"]].to_numpy(float)
    ids, names = frame["id"].astype(str).to_numpy(), frame["name"].astype(str).to_numpy()
    if existing is not None and len(existing):
        known = {str(name): number for number, name in enumerate(existing["id"])}
        away, nearest = cKDTree(existing[["x_m", "y_m"]].to_numpy(float)).query(at[sound])
        for row, distance, number in zip(sound, away, nearest, strict=True):
            same = known.get(ids[row], int(number) if distance <= limits.apart_m else -1)
            if same >= 0:
                other = existing.iloc[same]
                found[row] = ("existing", ids[row], f"a site other than shelter {other['id']} {other['name']}")
    sound = [row for row in sound if row not in found]
    if not sound:
        return
    near = cKDTree(at[sound]).query_ball_point(at[sound], limits.apart_m)
    for number, row in enumerate(sound):
        first = min((sound[other] for other in near[number] if sound[other] not in found), default=row)
        if first < row:
            away_m = float(np.hypot(*(at[row] - at[first])))
            remedy = f"one row for one site: {ids[first]} {names[first]} lies {away_m:.1f} m away"
            found[row] = ("duplicate", f"{ids[row]} {names[row]}", remedy)
