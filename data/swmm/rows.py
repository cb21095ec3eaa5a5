"""Numbers and names out of the rows of a SWMM input, with every defect told by section and line."""

from __future__ import annotations

import math
from collections.abc import Container

from data.readers.report import Report
from data.schema import Inp
from data.swmm.inp import Row

LARGEST = 1e12  # beyond it no length, level, area or flow of a sewer


class RowReader:
    """Reads tokens of rows of one input; a bad one is told and stands as NaN, so that reading can go on."""

    def __init__(self, inp: Inp, report: Report) -> None:
        self.inp = inp
        self.report = report

    def has(self, row: Row, tokens: int) -> bool:
        """Whether a row has at least so many tokens, as the engine asks; told where not."""
        if len(row.tokens) >= tokens:
            return True
        self.report.error(
            "too few items in the row", file=self.inp.file, place=row.place, value=len(row.tokens),
            expected=f"at least {tokens} items",
        )  # fmt: skip
        return False

    def number(
        self, row: Row, position: int, what: str, default: float = math.nan, *, minimum: float = -math.inf,
        above: float | None = None,
    ) -> float:  # fmt: skip
        """A finite number in a range; the default where the row is too short for it."""
        if position >= len(row.tokens):
            return default
        text = row.tokens[position]
        try:
            value = float(text) if "_" not in text else math.nan
        except ValueError:
            value = math.nan
        place = f"{row.place}, {what}"
        if not math.isfinite(value):
            self.report.error("not a finite number", file=self.inp.file, place=place, value=text, expected="a number")
            return math.nan
        if abs(value) > LARGEST:
            self.report.error(
                "out of range", file=self.inp.file, place=place, value=text, expected=f"at most {LARGEST:g}"
            )
            return math.nan
        if value < minimum or (above is not None and value <= above):
            expected = f"a number above {above:g}" if above is not None else f"a number of at least {minimum:g}"
            self.report.error("out of range", file=self.inp.file, place=place, value=text, expected=expected)
            return math.nan
        return value

    def known(self, row: Row, position: int, what: str, names: Container[str]) -> str | None:
        """A name that exists; told and None where it does not."""
        name = row.token(position)
        if name in names:
            return name
        self.report.error(
            f"unknown {what}", file=self.inp.file, place=row.place, value=name,
            expected=f"a {what} of the file (upper and lower case count)",
        )  # fmt: skip
        return None
