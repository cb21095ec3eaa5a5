"""Reads shelters, candidates and people: placed on the grid, with rows that cannot be trusted left out and listed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from data.errors import InputError
from data.readers.points import place_rows, point_rows
from data.readers.report import Report
from data.readers.trust import COLUMNS, MESSAGES, Limits, sift, trust_limits
from data.rules_file import Rules
from data.schema import City, Grid, LeftOut, Table

OUTSIDE_AREAS = "people in no area: counted as outside all areas"
_MOST_IN_DOUBT = 0.5  # share of areas in the wrong unit from which the whole column must be


@dataclass(frozen=True)
class Trusted:
    """The rows of a layer that can be used, what each is called in its file, and the rows left out."""

    frame: pd.DataFrame
    rows: list[str]
    left_out: tuple[LeftOut, ...]


def read_sites(
    path: str | Path,
    city: City,
    table: Table,
    *,
    datum: str = "WGS84",
    rules: Rules | None = None,
    report: Report | None = None,
) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    """Sites beside those of a city, from a CSV file or a layer of points: the rows to use, and those left out.

    `table` is SHELTERS or CANDIDATES; the frame has its columns, lon and lat in WGS84, and x_m, y_m in the CRS of the
    city's grid. A site in the place of one of the city's shelters, or with its id, is left out. Warnings go to
    `report`. Raises InputError where the file cannot be read, or not one of its sites can be used.
    """
    told = report or Report()
    file = Path(path)
    found = read_trusted(file, table, city.grid, trust_limits(rules), datum=datum, report=told, existing=city.shelters)
    if found.frame.empty and found.left_out:
        first = found.left_out[0]
        raise InputError(
            f"not one of {len(found.left_out)} sites can be used; the first: {MESSAGES[first.reason]}",
            file=file,
            place=f"{first.place.rpartition(', ')[2]}, {COLUMNS[first.reason]}",
            value=first.value,
            expected=first.remedy,
        )
    return found.frame, found.left_out


def read_trusted(
    file: Path,
    table: Table,
    grid: Grid,
    limits: Limits,
    *,
    datum: str,
    report: Report,
    existing: pd.DataFrame | None = None,
) -> Trusted:
    """The rows of a layer that can be trusted, and the others: each of these is a warning."""
    mark = report.mark()
    frame, rows = point_rows(file, table, report)
    return keep_trusted(
        frame, rows, file, table, grid, limits, datum=datum, report=report, mark=mark, existing=existing
    )


def keep_trusted(
    frame: pd.DataFrame,
    rows: list[str],
    file: Path,
    table: Table,
    grid: Grid,
    limits: Limits,
    *,
    datum: str,
    report: Report,
    mark: int,
    existing: pd.DataFrame | None = None,
) -> Trusted:
    """The same for rows that are in memory; `rows` names each, errors told since `mark` stop it."""
    found = place_rows(frame, rows, file, table, grid, datum=datum, report=report)
    rows = found.rows
    places = [f"{file.name}, {row}" for row in rows]
    kept, left_out = sift(found.frame, places, found.astray, table.name, limits, existing)
    in_doubt = [one for one in left_out if one.reason == "area_unit"]
    if len(in_doubt) > _MOST_IN_DOUBT * len(rows):
        report.error(
            f"{len(in_doubt)} of {len(rows)} areas are in the wrong unit",
            file=file,
            place=f"{in_doubt[0].place.rpartition(', ')[2]}, area_m2",
            value=in_doubt[0].value,
            expected=in_doubt[0].remedy,
        )
    _tell(left_out, file, report)
    report.stop_since(mark)
    gone = {one.place for one in left_out}
    return Trusted(kept, [row for row, place in zip(rows, places, strict=True) if place not in gone], left_out)


def tell_outside_areas(people: Trusted, area: np.ndarray, file: Path, report: Report) -> list[str]:
    """Tell the people whose `area` is "", who stay in the city and are counted outside all areas; a note of them."""
    where = np.flatnonzero(area == "").tolist()
    if not where:
        return []
    persons = people.frame["population_night"].to_numpy(float)
    remedy = "areas that cover all people"
    told = [(f"{people.rows[i]}, lon, lat", f"{persons[i]:g} people at night", remedy) for i in where]
    report.row_warnings(OUTSIDE_AREAS, file=file, told=told)
    total = f"{persons[where].sum():.0f} people at night"
    return [f"{len(where)} of {len(area)} population blocks ({total}) lie in no area: counted as outside all areas"]


def left_out_notes(left_out: tuple[LeftOut, ...]) -> list[str]:
    """One line for each layer and reason: how many rows, and the first of them."""
    count = Counter((one.layer, one.reason) for one in left_out)
    first = {(one.layer, one.reason): one for one in reversed(left_out)}
    return [
        f"{number} {'row' if number == 1 else 'rows'} of {layer} left out ({MESSAGES[reason].partition(':')[0]}), "
        f"the first {first[layer, reason].id}"
        for (layer, reason), number in count.items()
    ]


def _tell(left_out: tuple[LeftOut, ...], file: Path, report: Report) -> None:
    for reason, message in MESSAGES.items():
        told = [
            (f"{one.place.rpartition(', ')[2]}, {COLUMNS[reason]}", one.value, one.remedy)
            for one in left_out
            if one.reason == reason
        ]
        report.row_warnings(message, file=file, told=told)
