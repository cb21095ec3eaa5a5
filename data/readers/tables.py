"""Reads a CSV file against a table of the schema."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from data.errors import InputError
from data.readers.columns import check_columns
from data.readers.report import Report
from data.schema import Table


def read_table(path: str | Path, table: Table, report: Report | None = None) -> pd.DataFrame:
    """The rows of a CSV file (UTF-8, comma, one header line), typed and checked as `table` says.

    Raises InputError.
    """
    return read_numbered(path, table, report or Report())[0]


def read_numbered(
    path: str | Path, table: Table, report: Report, *, without_range: Collection[str] = ()
) -> tuple[pd.DataFrame, list[str]]:
    """The same with the name of each row, counted as a spreadsheet shows them: the header is row 1.

    In a collecting report bad values stay in the frame as NaN or 0: the caller checks on, then stops.
    """
    file = Path(path)
    header, lines = read_rows(file)
    frame, rows = _frame(file, header, lines, report)
    if frame.empty:
        report.error("no rows below the header", file=file, place="row 2", expected=table.meaning)
    checked = check_columns(frame, table, file=file, rows=rows, report=report, without_range=without_range)
    return checked, rows


def read_rows(file: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header and the numbered rows of a CSV file; empty lines are left out."""
    with stream_rows(file) as (header, rows):
        return header, list(rows)


@contextmanager
def stream_rows(file: Path) -> Iterator[tuple[list[str], Iterator[tuple[int, list[str]]]]]:
    """The same, row by row: for files that are larger than what is kept of them."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            rows = ((number, row) for number, row in enumerate(reader, start=1) if any(cell.strip() for cell in row))
            first = next(rows, None)
            if first is None:
                raise _unreadable(file, "empty file")
            yield [name.strip() for name in first[1]], rows
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise _unreadable(file, "no such file") from None
    except UnicodeDecodeError as error:
        raise _unreadable(file, f"not UTF-8 text at byte {error.start}") from None
    except (OSError, csv.Error) as error:
        raise _unreadable(file, f"not a readable CSV file: {error}") from None


def _frame(
    file: Path, header: list[str], lines: list[tuple[int, list[str]]], report: Report
) -> tuple[pd.DataFrame, list[str]]:
    mark = report.mark()
    for position, name in enumerate(header, start=1):
        if not name:
            report.error("column without a name", file=file, place=f"row 1, column {position}", expected="a name")
        elif name in header[: position - 1]:
            place = f"row 1, column {position}"
            report.error(
                "column name occurs twice", file=file, place=place, value=name, expected="one column of a name"
            )
    ragged = [(number, row) for number, row in lines if len(row) != len(header)]
    for number, row in ragged[:50]:
        report.error(
            "wrong number of fields (a truncated file?)",
            file=file,
            place=f"row {number}",
            value=len(row),
            expected=f"{len(header)} fields as in the header",
        )
    report.stop_since(mark)
    cells = np.array([row for _, row in lines], dtype=object).reshape(len(lines), len(header))
    return pd.DataFrame(cells, columns=header), [f"row {number}" for number, _ in lines]


def _unreadable(file: Path, message: str) -> InputError:
    return InputError(message, file=file, expected="a CSV file in UTF-8, with commas and one header line")
