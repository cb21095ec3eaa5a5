"""A table of a page that can be filtered: by level, by district, by reason, or by a word in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from api.report.bilingual import Both
from api.report.tables import Sheet


@dataclass(frozen=True)
class Facet:
    """One filter: what it is called, its choices, and the choice each row belongs to."""

    key: str
    label: Both
    choices: Sequence[tuple[str, Both]]
    values: Sequence[str]  # of the rows, in their order
    first: str = ""  # chosen when the page opens; "": all rows


@dataclass(frozen=True)
class Listing(Sheet):
    """A Sheet with filters, and an id for each row so that the map can lead to it."""

    ids: Sequence[str] = ()
    facets: Sequence[Facet] = field(default=())
    search: bool = True

    def chosen(self, row: int) -> list[tuple[str, str]]:
        """Filter key and value of a row."""
        return [(facet.key, facet.values[row]) for facet in self.facets]
