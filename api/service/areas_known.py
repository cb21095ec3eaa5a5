"""The codes of the areas of the city that is served, kept in the store for commands that have no city at hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.store import Reader, Store

_AREAS = "areas"  # name of the value in the store


def keep_areas(store: Store, codes: Iterable[str]) -> None:
    """Remember them; nothing is written where they are known already."""
    found = sorted(codes)
    with store.reading() as rx:
        if rx.get(_AREAS) == {"codes": found}:
            return
    with store.writing("background") as tx:
        tx.put(_AREAS, {"codes": found})


def areas_known(rx: Reader) -> frozenset[str] | None:
    """Those of the city that was served last; None where none ever was."""
    kept = rx.get(_AREAS)
    return None if kept is None else frozenset(kept["codes"])
