"""The changes to shelter sites that a request asks for, held against the city."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.readers.sites import read_sites
from data.rules_file import Rules
from data.schema import SHELTERS, City

if TYPE_CHECKING:
    from sim.what_if import Changes

SITES_FILE = "sites.csv"


def changes_on(
    city: City,
    add: Sequence[Mapping[str, Any]],
    remove: tuple[str, ...],
    resize: tuple[tuple[str, float], ...],
    inputs: Path,
    rules: Rules,
) -> tuple[City, Changes]:
    """The changes, and the city with the rows left out that cannot be trusted. InputError where they do not fit."""
    from sim.what_if import Changes, check_changes

    assert city.shelters is not None
    added = None
    if add:
        stay_there = city.shelters[~city.shelters["id"].isin(remove)]  # a site may be tried in the place of another
        file = write_rows(inputs, add)
        added, left_out = read_sites(file, replace(city, shelters=stay_there), SHELTERS, rules=rules)
        city = replace(city, left_out=(*city.left_out, *left_out))
    changes = Changes(added, remove, resize)
    assert city.shelters is not None
    check_changes(city.shelters, changes)
    return city, changes


def write_rows(inputs: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Rows of a request as the CSV file that readers take, columns in the order in which rows first name them."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    inputs.mkdir(parents=True, exist_ok=True)
    file = inputs / SITES_FILE
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([[_cell(row.get(name, "")) for name in columns] for row in rows])
    return file


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
