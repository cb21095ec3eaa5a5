"""How the checks of a network tell what they found: the same doubt about many parts, one finding each up to a limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.errors import Finding
from data.readers.report import Report
from data.rules_file import Rules, load_rules
from data.schema import DrainageNetwork

SECTION_OF = {
    "junction": "JUNCTIONS", "outfall": "OUTFALLS", "storage": "STORAGE", "divider": "DIVIDERS", "conduit": "CONDUITS",
    "pump": "PUMPS", "orifice": "ORIFICES", "weir": "WEIRS", "outlet": "OUTLETS",
}  # fmt: skip
LISTED = 50  # findings of one sort listed one by one before the rest is only counted


@dataclass(frozen=True)
class CheckLimits:
    """From where on the check doubts; fields and reasons as in the rules drainage.check_*."""

    rim_off_street_m: float
    datum_off_m: float
    adverse_m: float
    shrink_share: float
    length_factor: float
    missing_invert_m: float
    basin_m2: float

    @classmethod
    def of(cls, rules: Rules | None = None) -> CheckLimits:
        """The limits of a set of rules, by default the project's."""
        rules = rules or load_rules()
        return cls(**{name: rules.number(f"drainage.check_{name}") for name in cls.__dataclass_fields__})


class Teller:
    """Writes findings about rows of one network into a report that collects."""

    def __init__(self, network: DrainageNetwork, coupled: bool) -> None:
        self.network = network
        self.coupled = coupled  # with a street above: what would make that run lie is an error
        self.report = Report(collect=True)

    @property
    def findings(self) -> list[Finding]:
        return self.report.findings

    def rows(
        self, severity: str, parts: pd.DataFrame, which: np.ndarray, message: str, values: Sequence[object], remedy: str
    ) -> None:
        """One finding for each row of `parts` (nodes or links) that `which` (bool) picks; `values` of all rows."""
        where = np.flatnonzero(which).tolist()
        for i in where[:LISTED]:
            self.tell(severity, message, self.place(parts, i), values[i], remedy)
        if len(where) > LISTED:
            place = f"{len(where) - LISTED} more after {parts['name'].iloc[where[LISTED - 1]]}"
            self.tell(severity, message, place, None, remedy)

    def tell(self, severity: str, message: str, place: str, value: object, remedy: str) -> None:
        """One finding."""
        file = self.network.inp.file
        if severity == "error":
            self.report.error(message, file=file, place=place, value=value, expected=remedy)
        else:
            self.report.warn(message, file=file, place=place, value=value, remedy=remedy)

    def place(self, parts: pd.DataFrame, row: int) -> str:
        """Section, line and name of a node or link."""
        part = parts.iloc[row]
        return f"[{SECTION_OF[part['kind']]}] line {part['line']}, {part['name']}"
