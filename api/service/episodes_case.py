"""One episode in hand during a transaction: its record and its memory, moved from state to state and kept together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from api.store.messages import MessageFilter
from api.store.records import EpisodeRecord, Message
from api.store.store import Reader, Writer
from sim.episode.decide import by_hand
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
        """A new episode, detected now; of the message in force in the area, should there be one without an episode."""
        stem = f"{area}-{now:%Y%m%dT%H%M%SZ}-{status.lower()}"
        number, name = 1, stem
        while rx.episode(name) is not None:
            number += 1
            name = f"{stem}-{number}"
        record = EpisodeRecord(name, area, area_level, "detected", status, 0, now, now)
        case = cls(record, EpisodeMemory(), is_new=True)
        for message in rx.messages(MessageFilter(areas=(area,), status=status, active=now), limit=1):
            case.adopt(message, now)
        return case

    def adopt(self, message: Message, now: datetime) -> None:
        """Take over a message that is in force though no open episode holds it: a clock was ahead and was set back.

        Its area cannot get another Alert; what is decided next succeeds it.
        """
        memory = by_hand(self.memory, message.level, message.level, now, now)
        self.memory = replace(
            memory,
            hand=None,
            level=message.level,
            event=message.event,
            sent_s=message.sent.timestamp(),
            expires_s=message.expires.timestamp(),
        )
        self.record = replace(self.record, chain=message.chain, last=message.identifier)
        self.move("issued", now)

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
