"""One episode in hand during a transaction: its record and its memory, moved from state to state and kept together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from api.store.records import EpisodeRecord
from api.store.store import Reader, Writer
from sim.episode.memory import EpisodeMemory
from sim.episode.states import IN_FORCE, path_to


class Case:
    """An open episode, or one about to be opened. Nothing is kept before `save`."""

    def __init__(self, record: EpisodeRecord, memory: EpisodeMemory, is_new: bool) -> None:
        self.record = record
        self.memory = memory
        self.is_new = is_new
        self._path: list[str] = [record.state] if is_new else []

    @classmethod
    def of(cls, record: EpisodeRecord) -> Case:
        """The episode of a record."""
        return cls(record, EpisodeMemory.from_json(record.memory), is_new=False)

    @classmethod
    def find(cls, rx: Reader, area: str, status: str) -> Case | None:
        """The open episode of an area."""
        record = rx.open_episode(area, status)
        return None if record is None else cls.of(record)

    @classmethod
    def begin(cls, rx: Reader, area: str, area_level: str, status: str, now: datetime) -> Case:
        """A new episode, detected now."""
        stem = f"{area}-{now:%Y%m%dT%H%M%SZ}-{status.lower()}"
        number, name = 1, stem
        while rx.episode(name) is not None:
            number += 1
            name = f"{stem}-{number}"
        record = EpisodeRecord(name, area, area_level, "detected", status, 0, now, now)
        return cls(record, EpisodeMemory(), is_new=True)

    @property
    def in_force(self) -> bool:
        """Whether a message of it is out and not lifted."""
        return self.memory.level > 0 and self.record.state in IN_FORCE

    def move(self, state: str, now: datetime) -> None:
        """Go to a state, through those that must be passed; IllegalStep where no way leads there."""
        path = path_to(self.record.state, state)
        self._path += path
        if path:
            self.record = replace(self.record, state=state, changed=now)

    def save(self, tx: Writer, note: str = "") -> EpisodeRecord:
        """Keep record and memory; every state passed is a step of the history, the note stands with the last."""
        self.record = replace(self.record, memory=self.memory.to_json(), level=self.memory.level)
        for state in self._path[:-1]:
            tx.save_episode(replace(self.record, state=state))
        tx.save_episode(self.record, note)
        self._path = []
        self.is_new = False
        return self.record
