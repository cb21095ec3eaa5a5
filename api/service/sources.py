"""Where the watch loop gets observations from: a folder that others write into, a file, a past event."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from api.store.store import Store
from data.errors import Finding, InputError
from data.readers.observations import Look, ObservationFolder, RawObservation, read_observations
from data.readers.swmm_rain import SwmmRainForm, read_swmm_rain

_SWMM_ENDINGS = (".dat", ".txt", ".rain")


class Source(Protocol):
    """Something that brings observations."""

    name: str

    def look(self, store: Store, now: datetime) -> Look:
        """What is new at a moment."""
        ...

    def looked(self, store: Store) -> None:
        """What the last look brought is kept: it need not be brought again."""
        ...


class WatchedFolder:
    """A folder of growing CSV files; how far it was read is kept in the store, so a new start reads on."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise InputError("no such folder", file=folder, expected="a folder of CSV files with observations")
        self.name = str(folder)
        self._folder = ObservationFolder(folder)
        self._key = "source." + hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
        self._kept: dict[str, dict[str, Any]] | None = None  # how far what the store has goes; None: not asked yet

    def look(self, store: Store, now: datetime) -> Look:
        if self._kept is None:
            with store.reading() as rx:
                self._kept = (rx.get(self._key) or {}).get("seen", {})
        # What a look before this one brought and nobody kept, because the store was away, is brought again.
        self._folder.seen = deepcopy(self._kept)
        try:
            return self._folder.look()
        except InputError as error:  # a share that is not mounted for a while ends no watch
            return Look([], [Finding("error", self.name, "", "", error.message, error.expected)])

    def looked(self, store: Store) -> None:
        with store.writing("watch") as tx:
            tx.put(self._key, {"seen": self._folder.seen})
        self._kept = deepcopy(self._folder.seen)


def tell_source(store: Store, name: str, why: str) -> None:
    """Tell once, as an entry "fault", that nothing of a source can be taken in, and once that it can again ("")."""
    key = "source.fault." + hashlib.sha256(name.encode()).hexdigest()[:16]
    with store.reading() as rx:
        known = rx.get(key) or ""
    if bool(why) != bool(known):
        with store.writing("watch") as tx:
            tx.put(key, why or None)
            body = {"what": "source", "source": Path(name).name, "state": "failed" if why else "over", "error": why}
            tx.entry("fault", "watch", body)


@dataclass
class PastEvent:
    """Observations that are all known, brought as the clock reaches them."""

    name: str
    rows: Sequence[RawObservation]  # any order

    def __post_init__(self) -> None:
        if not self.rows:
            raise InputError("no observation", file=self.name, expected="at least one row")
        self.rows = sorted(self.rows, key=lambda raw: (raw.time, raw.sensor))
        self._times = [raw.time for raw in self.rows]
        self._brought = self._bringing = 0

    @property
    def first(self) -> datetime:
        return self._times[0]

    @property
    def last(self) -> datetime:
        return self._times[-1]

    def look(self, store: Store, now: datetime) -> Look:
        self._bringing = max(self._brought, bisect_right(self._times, now))
        return Look(list(self.rows[self._brought : self._bringing]), [])

    def looked(self, store: Store) -> None:
        self._brought = self._bringing


def past_event(places: Sequence[Path], form: SwmmRainForm | None) -> PastEvent:
    """All observations of files and folders. `form`: how SWMM rain files are written. Raises InputError."""
    rows: list[RawObservation] = []
    for place in places:
        for file in sorted(place.glob("*.csv")) if place.is_dir() else [place]:
            rows += _rows_of(file, form)
    return PastEvent(", ".join(str(place) for place in places), rows)


def source_of(place: Path, form: SwmmRainForm | None) -> Source:
    """A folder is watched; of a file all is brought at once, in the order of time."""
    return WatchedFolder(place) if place.is_dir() else PastEvent(str(place), _rows_of(place, form))


def _rows_of(file: Path, form: SwmmRainForm | None) -> list[RawObservation]:
    if file.suffix.lower() in _SWMM_ENDINGS:
        if form is None:
            raise InputError(
                "a SWMM rain file does not say how it is to be read", file=file,
                expected="--swmm, for instance VOLUME/300s/MM/+08:00 as in [RAINGAGES]",
            )  # fmt: skip
        return read_swmm_rain(file, form)
    if file.suffix.lower() == ".csv":
        return read_observations(file)
    raise InputError(
        "not a source of observations", file=file, expected="a folder, a .csv file or a SWMM rain file (.dat)"
    )
