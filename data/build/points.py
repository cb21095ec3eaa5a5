"""People and shelters from CSV files with column names of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data.build.spec import ColumnTable, Join
from data.errors import InputError
from data.readers.columns import check_columns
from data.readers.points import locate_points
from data.readers.report import Report
from data.readers.tables import read_rows
from data.schema import PEOPLE, SHELTERS, Grid, Table
from data.suggest import closest

_DEGREES = ("lon", "lat")


def read_people(table: ColumnTable, joins: tuple[Join, ...], grid: Grid, report: Report) -> pd.DataFrame:
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


def read_shelters(table: ColumnTable, types: dict[str, dict[str, Any]], grid: Grid, report: Report) -> pd.DataFrame:
    """Sites: SHELTERS + x_m, y_m. `types` says what each word of the file's type column stands for."""
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
                expected="one of " + ", ".join(types) + ", or a table for it in [shelters.types]",
            )
        for name in sorted({name for values in types.values() for name in values}):
            default = SHELTERS[name].default
            frame[name] = [types[word].get(name, "" if default is None else default) for word in words]
    return _located(frame, rows, table, SHELTERS, grid, report)


def _named(file: Path, columns: dict[str, str], report: Report) -> tuple[pd.DataFrame, list[str]]:
    """The mapped columns of a CSV file under their names of the schema, as texts, and the name of each row."""
    header, lines = read_rows(file)
    for name, column in columns.items():
        if column not in header:
            raise InputError(
                f"no column for {name}", file=file, place="row 1", value=column, expected=closest(column, header)
            )
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


def _located(
    frame: pd.DataFrame, rows: list[str], table: ColumnTable, schema: Table, grid: Grid, report: Report
) -> pd.DataFrame:
    mark = report.mark()
    for name, value in table.values.items():
        frame[name] = value
    checked = check_columns(frame, schema, file=table.file, rows=rows, report=report, without_range=_DEGREES)
    return locate_points(checked, rows, table.file, schema, grid, datum=table.datum, report=report, mark=mark)
