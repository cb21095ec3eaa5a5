"""Checks the columns of a frame against a schema table and turns them into their types."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from data.readers.report import Report
from data.schema import Field, Table
from data.suggest import closest

_TRUE = ("true", "1", "1.0", "yes", "y", "是")
_FALSE = ("false", "0", "0.0", "no", "n", "否")


def check_columns(
    frame: pd.DataFrame,
    table: Table,
    *,
    file: Path,
    rows: Sequence[str],
    report: Report,
    without_range: Collection[str] = (),
) -> pd.DataFrame:
    """The fields of `table` (but its geometry) in its order, typed and checked.

    `rows` names each row for messages. Absent optional columns take their default. Ranges of the columns
    `without_range` are left to the caller. Stops where a column is missing; bad values are told, not stopped at.
    """
    mark = report.mark()
    fields = [field for field in table if field.dtype != "geometry"]
    names = [field.name for field in fields]
    given = [str(name) for name in frame.columns]
    unknown = [name for name in given if name not in names]
    absent = [name for name in names if name not in given]
    for name in unknown:
        remedy = closest(name, absent) if absent else "no further column is known"
        report.warn("unknown column, not used", file=file, place=f"column {name}", remedy=remedy)
    for field in fields:
        if field.required and field.name in absent:
            found = ", ".join(given) or "no column"
            report.error("missing column", file=file, place=f"column {field.name}", value=found, expected=_words(field))
    report.stop_since(mark)
    columns: dict[str, np.ndarray] = {}
    for field in fields:
        if field.name in given:
            checker = _Column(field, frame[field.name], file, rows, report)
            columns[field.name] = checker.typed(field.name not in without_range)
        else:
            columns[field.name] = _filled(field, len(frame))
    return pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))


class _Column:
    """One column on its way from what the file holds to its type."""

    def __init__(self, field: Field, values: pd.Series, file: Path, rows: Sequence[str], report: Report) -> None:
        self.field = field
        self.file = file
        self.rows = rows
        self.report = report
        self.numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        self.raw = values.to_numpy(float) if self.numeric else values.to_numpy(object)
        if self.numeric:
            self.empty = np.isnan(self.raw)
        else:
            self.raw = np.array(
                ["" if value is None or value is pd.NA or value is pd.NaT else value for value in self.raw], object
            )
            text = np.array([str(value).strip() for value in self.raw], dtype=object)
            missing = np.array([isinstance(value, float) and np.isnan(value) for value in self.raw], dtype=bool)
            self.text = np.where(missing, "", text) if len(text) else text
            self.empty = self.text == ""

    def typed(self, with_range: bool) -> np.ndarray:
        """The column in its type; bad rows are told to the report."""
        if self.field.required or self.field.default is None:
            self._tell(np.asarray(self.empty, bool) & self.field.required, "empty")
        kind = self.field.dtype
        if kind == "text":
            values = self._texts()
        elif kind == "bool":
            values = self._flags()
        else:
            values = self._numbers(kind == "int", with_range)
        if self.field.unique:
            repeated = pd.Series(values).duplicated().to_numpy() & ~np.asarray(self.empty, bool)
            self._tell(repeated, "value occurs twice", "a value of its own for each row")
        return values

    def _numbers(self, whole: bool, with_range: bool) -> np.ndarray:
        default = np.nan if self.field.default is None else float(self.field.default)
        numbers = np.where(self.empty, default, self.raw if self.numeric else to_floats(self.text))
        bad = ~np.isfinite(numbers) & ~np.asarray(self.empty, bool)
        self._tell(bad, "not a finite number")
        good = np.isfinite(numbers)
        if whole:
            fraction = good & (numbers != np.round(numbers))
            self._tell(fraction, "not a whole number")
            good &= ~fraction
        if with_range:
            with np.errstate(invalid="ignore"):
                low = good & (numbers < (-np.inf if self.field.minimum is None else self.field.minimum))
                high = good & (numbers > (np.inf if self.field.maximum is None else self.field.maximum))
            self._tell(low, "negative" if self.field.minimum == 0 else "below the range")
            self._tell(high, "above the range")
            good &= ~(low | high)
        if not whole:
            return numbers
        return np.where(good, numbers, 0.0).astype(np.int64)

    def _flags(self) -> np.ndarray:
        if self.numeric:
            text = np.where(self.raw == 1.0, "true", np.where(self.raw == 0.0, "false", "?"))
        else:
            text = np.array([value.lower() for value in self.text], dtype=object)
        true, false = np.isin(text.astype(str), _TRUE), np.isin(text.astype(str), _FALSE)
        self._tell(~(true | false) & ~np.asarray(self.empty, bool), "not a truth value")
        return np.where(self.empty, bool(self.field.default), true)

    def _texts(self) -> np.ndarray:
        if self.numeric:  # codes that the file keeps as numbers
            text = np.array(["" if np.isnan(v) else f"{v:.0f}" if v == round(v) else str(v) for v in self.raw], object)
        else:
            text = self.text
        default = "" if self.field.default is None else str(self.field.default)
        text = np.where(self.empty, default, text).astype(object)
        if self.field.choices:
            known = np.isin(text.astype(str), self.field.choices) | np.asarray(self.empty, bool)
            self._tell(~known, "unknown word")
        return text

    def _tell(self, bad: np.ndarray, message: str, expected: str = "") -> None:
        where = np.flatnonzero(bad)
        if not len(where):
            return
        values = [self.raw[i] if self.numeric else str(self.raw[i]) for i in where.tolist()]
        self.report.row_errors(
            message,
            file=self.file,
            column=self.field.name,
            rows=[self.rows[i] for i in where.tolist()],
            values=[float(value) if self.numeric else value for value in values],
            expected=expected or self.field.describe_range(),
        )


def to_floats(text: np.ndarray) -> np.ndarray:
    """Texts as floats, exactly as written; NaN where a text is no number."""
    try:
        if not any("_" in value for value in text):
            return np.array([float(value) if value else np.nan for value in text], dtype=float)
    except ValueError:
        pass
    return np.array([_to_float(value) for value in text], dtype=float)


def _to_float(text: str) -> float:
    try:
        return np.nan if "_" in text else float(text)
    except ValueError:
        return np.nan


def fill_absent(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The frame with every column of `table` in its order, absent ones by their default; other columns follow."""
    filled = {n: frame[n].to_numpy() if n in frame else _filled(table[n], len(frame)) for n in table.names}
    rest = {name: frame[name].to_numpy() for name in frame.columns if name not in table}
    return pd.DataFrame({**filled, **rest}, index=frame.index)


def _filled(field: Field, count: int) -> np.ndarray:
    if field.dtype == "text":
        return np.full(count, "" if field.default is None else field.default, dtype=object)
    if field.dtype == "bool":
        return np.full(count, bool(field.default))
    if field.dtype == "int":
        return np.full(count, int(field.default or 0), dtype=np.int64)
    return np.full(count, np.nan if field.default is None else float(field.default))


def _words(field: Field) -> str:
    unit = f" in {field.unit}" if field.unit not in ("", "1") else ""
    return f"{field.name}: {field.meaning.lower()}{unit}, {field.describe_range()}"
