"""A run folder: everything a run leaves behind, written whole or not at all, and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from data.errors import InputError
from data.flood_file import FloodFile
from data.readers.tables import read_rows
from data.safe_folder import SafeFolder
from data.schema import FLOOD, OUTPUT_TABLES, Grid, Table

SUMMARY = "summary.json"
_DIGITS = "%.10g"


class RunFolder:
    """Context manager for writing a run; `path` is where files go until they are put in place together.

    A folder that exists is replaced only where it is empty or holds an earlier run (a summary.json).
    """

    def __init__(self, target: str | Path) -> None:
        self._safe = SafeFolder(target, marker=SUMMARY)
        self.path = self._safe.partial

    def check(self) -> None:
        """Raise InputError now where the folder could not be put in place later, before a long run."""
        self._safe.refuse_foreign()
        self._safe.refuse_unwritable()

    def __enter__(self) -> RunFolder:
        self._safe.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._safe.__exit__(kind, error, trace)
        if isinstance(error, RuntimeError) and str(error).startswith("NetCDF"):  # how its library says "disk full"
            place = FLOOD.name
            raise InputError(
                f"cannot write here: {error}", file=self._safe.target, place=place, expected="room on the disk"
            ) from error

    def write_flood(
        self,
        grid: Grid,
        time_s: np.ndarray,
        variables: Mapping[str, np.ndarray],
        *,
        start: datetime | None = None,
        title: str = "Surface flood",
    ) -> None:
        """flood.nc from arrays in memory: the variables of schema FLOOD, those over time of shape (time, y, x)."""
        with self.open_flood(grid, start=start, title=title) as flood:
            over_time = [field.name for field in FLOOD if field.dims[0] == "time"]
            for k, instant in enumerate(time_s):
                flood.add_frame(float(instant), {name: variables[name][k] for name in over_time})
            flood.write_maps(variables)

    def open_flood(self, grid: Grid, *, start: datetime | None = None, title: str = "Surface flood") -> FloodFile:
        """flood.nc open for frame after frame, for grids whose frames do not fit in memory."""
        return FloodFile(self.path / FLOOD.name, grid, start, title)

    def write_table(self, table: Table, frame: pd.DataFrame) -> None:
        """A table under its own name, after a check against the schema (ValueError: a fault of the program)."""
        check_output(table, frame)
        frame.loc[:, list(table.names)].to_csv(
            self.path / table.name, index=False, float_format=_DIGITS, lineterminator="\n"
        )

    def write_json(self, name: str, content: object) -> None:
        """JSON without NaN; keys stay in the order given, numpy numbers become plain ones."""
        text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False, default=_plain)
        self.write_text(name, text + "\n")

    def write_text(self, name: str, text: str) -> None:
        """A text file in UTF-8; folders in the name are made."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


@dataclass(frozen=True)
class RunFiles:
    """A run folder read back."""

    folder: Path
    summary: dict[str, Any]
    tables: dict[str, pd.DataFrame]  # by file name, those that the folder holds

    def open_flood(self) -> xr.Dataset:
        """flood.nc, read as it is used; times are seconds since the start. To be closed by the caller."""
        file = self.folder / FLOOD.name
        try:
            return xr.open_dataset(file, decode_times=False)
        except (OSError, ValueError) as error:
            raise InputError(f"not a readable flood file: {error}", file=file, expected="flood.nc of a run") from None


def read_run(folder: str | Path) -> RunFiles:
    """The summary and tables of a run folder. Raises InputError where it is none or is damaged."""
    place = Path(folder)
    file = place / SUMMARY
    try:
        summary = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise InputError("not a run folder", file=place, expected=f"a folder with {SUMMARY}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"not readable as JSON: {error}", file=file, expected="the summary of a run") from None
    if not isinstance(summary, dict):
        raise InputError("not a summary", file=file, expected="a JSON object")
    tables = {
        table.name: _read_output(place / table.name, table)
        for table in OUTPUT_TABLES
        if table is not FLOOD and (place / table.name).exists()
    }
    return RunFiles(place, summary, tables)


def check_output(table: Table, frame: pd.DataFrame) -> None:
    """Raise ValueError where a frame to be written breaks the schema; NaN stands for an empty cell."""
    missing = [name for name in table.names if name not in frame.columns]
    unknown = [name for name in frame.columns if name not in table.names]
    if missing or unknown:
        raise ValueError(f"{table.name}: columns missing {missing}, unknown {unknown}")
    for field in table:
        column = frame[field.name]
        if field.choices and not column.isin(field.choices).all():
            raise ValueError(f"{table.name}, {field.name}: {set(column) - set(field.choices)} not in {field.choices}")
        if field.dtype not in ("float", "int"):
            continue
        values = column.to_numpy(float)
        low = -np.inf if field.minimum is None else field.minimum
        high = np.inf if field.maximum is None else field.maximum
        if np.isinf(values).any() or ((values < low) | (values > high)).any():
            raise ValueError(f"{table.name}, {field.name}: a value outside {field.describe_range()}")
        if field.dtype == "int" and (values != np.round(values)).any():
            raise ValueError(f"{table.name}, {field.name}: not whole numbers")


def _read_output(file: Path, table: Table) -> pd.DataFrame:
    header, rows = read_rows(file)
    if header != list(table.names):
        raise InputError("columns of another table", file=file, place="row 1", value=header, expected=str(table.names))
    kinds = {"text": str, "int": np.int64, "bool": bool}
    text = {field.name for field in table if field.dtype == "text"}
    try:
        if any(len(row) != len(header) for _, row in rows):
            raise ValueError("a row with another number of fields (truncated?)")
        return pd.read_csv(
            file,
            dtype={field.name: kinds[field.dtype] for field in table if field.dtype in kinds},
            keep_default_na=False,
            na_values={name: [""] for name in table.names if name not in text},
        )
    except ValueError as error:
        raise InputError(f"damaged table: {error}", file=file, expected=table.meaning) from None


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not for JSON")
