"""Where readers tell what is wrong with a file: raise at the first error, or keep a list and read on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from data.errors import Finding, InputError

_ROWS_LISTED = 50  # bad rows of one column listed one by one before the rest is only counted


class RecordedError(InputError):
    """An error that already stands in the list of the report."""


class Report:
    """Findings of one reading. Without `collect` the first error is raised; warnings are always kept.

    A reader calls `error` for each defect and `stop_since(mark)` before it returns, so what it returns is whole.
    """

    def __init__(self, collect: bool = False) -> None:
        self.collect = collect
        self.findings: list[Finding] = []

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == "error"]

    def error(
        self, message: str, *, file: str | Path, place: str = "", value: object = None, expected: str = ""
    ) -> None:
        """Tell an error: raised here, or kept in a collecting report."""
        self.add(InputError(message, file=file, place=place, value=value, expected=expected))

    def add(self, error: InputError) -> None:
        """Tell an error that exists already."""
        if not self.collect:
            raise error
        value = "" if error.value is None else str(error.value)
        self.findings.append(Finding("error", error.file, error.place, value, error.message, error.expected))

    def warn(self, message: str, *, file: str | Path, place: str = "", value: object = None, remedy: str = "") -> None:
        """Tell a doubt that does not stop the reading."""
        text = "" if value is None else str(value)
        self.findings.append(Finding("warning", str(file), place, text, message, remedy))

    def row_errors(
        self, message: str, *, file: str | Path, column: str, rows: Sequence[str], values: Sequence, expected: str
    ) -> None:
        """Tell the same error for several rows of one column; beyond 50 rows the rest is only counted."""
        for row, value in list(zip(rows, values, strict=True))[:_ROWS_LISTED]:
            self.error(message, file=file, place=f"{row}, {column}", value=value, expected=expected)
        rest = len(rows) - _ROWS_LISTED
        if rest > 0:
            place = f"{column}, {rest} more rows after {rows[_ROWS_LISTED - 1]}"
            self.error(message, file=file, place=place, expected=expected)

    def row_warnings(self, message: str, *, file: str | Path, told: Sequence[tuple[str, str, str]]) -> None:
        """Tell the same doubt for several rows, each with place, value and remedy; beyond 50 the rest is counted."""
        for place, value, remedy in told[:_ROWS_LISTED]:
            self.warn(message, file=file, place=place, value=value, remedy=remedy)
        rest = len(told) - _ROWS_LISTED
        if rest > 0:
            self.warn(message, file=file, place=f"{rest} more rows after {told[_ROWS_LISTED - 1][0]}")

    def mark(self) -> int:
        """How many errors there are; to be given to `stop_since`."""
        return len(self.errors)

    def stop_since(self, mark: int) -> None:
        """Leave the reader where it has told errors since the mark."""
        errors = self.errors
        if len(errors) > mark:
            first = errors[mark]
            raise RecordedError(
                first.message, file=first.file, place=first.place, value=first.value or None, expected=first.remedy
            )

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Read one part: in a collecting report its errors are kept and the next part is read."""
        try:
            yield
        except RecordedError:
            if not self.collect:
                raise
        except InputError as error:
            self.add(error)
