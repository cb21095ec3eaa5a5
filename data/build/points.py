"""People, shelters and candidates from CSV files or layers of points with column names of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data.build.spec import ColumnTable, Join
from data.errors import InputError
from data.readers.columns import check_columns
from data.readers.points import layer_points
from data.readers.report import Report
from data.readers.sites import Trusted, keep_trusted
from data.readers.tables import read_rows
from data.readers.trust import trust_limits
from data.schema import PEOPLE, Grid, Table
from data.suggest import closest

_DEGREES = ("lon", "lat")


def read_people(table: ColumnTable, joins: tuple[Join, ...], grid: Grid, report: Report) -> Trusted:
    """Population blocks: PEOPLE + x_m, y_m. Columns may come from several files with the same keys."""
    frame, rows = _named(table.file, table.columns, report)
    for join in joins:
        more, _ = _named(join.file, {"id": join.key, **join.columns}, report)
        more = more.set_index("id")
        if not more.index.is_unique:
            first = more.index[more.index.duplicated()][0]
            raise InputError("key occurs twice", file=join.file, place=f"column {join.key}", value=first)
        missing = ~frame["id"].isin(more.index)
        if missing.any():
            first = int(np.flatnonzero(missing)[0])
            raise InputError(
                f"{int(missing.sum())} rows of {table.file.name} are not in this file",
                file=join.file,
                place=f"column {join.key}",
                value=frame["id"].iloc[first],
                expected="one row for each key",
            )
        for name in join.columns:
            frame[name] = more[name].reindex(frame["id"]).to_numpy()
    return _located(frame, rows, table, PEOPLE, grid, report)


def read_sites(
    table: ColumnTable,
    types: dict[str, dict[str, Any]],
    schema: Table,
    grid: Grid,
    report: Report,
    existing: pd.DataFrame | None = None,
) -> Trusted:
    """Sites: SHELTERS or CANDIDATES + x_m, y_m. `types` says what each word of the file's type column stands for.

    Candidates that are among the `existing` shelters are left out.
    """
    frame, rows = _named(table.file, table.columns, report)
    if types and "site_type" in frame:
        words = frame["site_type"].astype(str).str.strip()
        unknown = ~words.isin(list(types))
        if unknown.any():
            first = int(np.flatnonzero(unknown)[0])
            raise InputError(
                "unknown type of site",
                file=table.file,
                place=f"{rows[first]}, {table.columns['site_type']}",
                value=words.iloc[first],
                expected="one of " + ", ".join(types) + f", or a table for it in [{schema.name}.types]",
            )
        for name in sorted({name for values in types.values() for name in values}):
            default = schema[name].default
            frame[name] = [types[word].get(name, "" if default is None else default) for word in words]
    return _located(frame, rows, table, schema, grid, report, existing)


def _named(file: Path, columns: dict[str, str], report: Report) -> tuple[pd.DataFrame, list[str]]:
    """The mapped columns of a file under their names of the schema, and the name of each row.

    Those of a CSV file are texts; a layer of points gives lon and lat by its geometry.
    """
    if file.suffix.lower() not in (".csv", ".txt"):
        return _named_points(file, columns)
    header, lines = read_rows(file)
    _check_header(file, columns, header)
    ragged = [number for number, row in lines if len(row) != len(header)]
    if ragged:
        expected = f"{len(header)} fields as in the header"
        raise InputError(
            "wrong number of fields (a truncated file?)", file=file, place=f"row {ragged[0]}", expected=expected
        )
    if not lines:
        raise InputError("no rows below the header", file=file, place="row 2", expected="one row or more")
    cells = np.array([row for _, row in lines], dtype=object)
    frame = pd.DataFrame({name: cells[:, header.index(column)] for name, column in columns.items()})
    return frame, [f"row {number}" for number, _ in lines]


def _named_points(file: Path, columns: dict[str, str]) -> tuple[pd.DataFrame, list[str]]:
    values, rows = layer_points(file)
    _check_header(file, columns, [str(name) for name in values.columns])
    frame = pd.DataFrame({name: values[column] for name, column in columns.items() if name not in _DEGREES})
    return frame.assign(lon=values["lon"], lat=values["lat"]), rows


def _check_header(file: Path, columns: dict[str, str], header: list[str]) -> None:
    for name, column in columns.items():
        if column not in header:
            raise InputError(
                f"no column for {name}", file=file, place="row 1", value=column, expected=closest(column, header)
            )


def _located(
    frame: pd.DataFrame,
    rows: list[str],
    table: ColumnTable,
    schema: Table,
    grid: Grid,
    report: Report,
    existing: pd.DataFrame | None = None,
) -> Trusted:
    mark = report.mark()
    for name, value in table.empty.items():
        cells = frame[name]
        frame[name] = cells.astype(object).where(cells.notna() & (cells.astype(str).str.strip() != ""), value)
    for name, value in table.values.items():
        frame[name] = value
    checked = check_columns(frame, schema, file=table.file, rows=rows, report=report, without_range=_DEGREES)
    return keep_trusted(
        checked, rows, table.file, schema, grid, trust_limits(), datum=table.datum, report=report, mark=mark,
        existing=existing,
    )  # fmt: skip
