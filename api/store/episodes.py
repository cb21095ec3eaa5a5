"""Episodes with every step of theirs, and messages that wait for a second person."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from api.store.audit import ReadAudit, WriteAudit
from api.store.errors import Conflict, Missing
from api.store.records import Approval, EpisodeRecord, EpisodeStep
from api.store.tables import approvals, episode_steps, episodes

CLOSED = "closed"  # the one state of an episode that the store knows: it makes room for another of the area


class ReadEpisodes(ReadAudit):
    """Reading episodes and approvals."""

    def episode(self, id_: str) -> EpisodeRecord | None:
        """One episode."""
        row = self._first(select(episodes).where(episodes.c.id == id_))
        return None if row is None else EpisodeRecord(**row._mapping)

    def open_episodes(self, status: str | None = None) -> list[EpisodeRecord]:
        """Episodes that are not closed, the oldest first."""
        return self.episodes(status=status, open_=True, limit=None)

    def open_episode(self, area: str, status: str) -> EpisodeRecord | None:
        """The open episode of an area; there is one at most."""
        wanted = (episodes.c.area == area, episodes.c.status == status, episodes.c.state != CLOSED)
        row = self._first(select(episodes).where(*wanted))
        return None if row is None else EpisodeRecord(**row._mapping)

    def episodes(
        self, status: str | None = None, area: str | None = None, open_: bool = False, limit: int | None = 100
    ) -> list[EpisodeRecord]:
        """Episodes, the oldest first; of more than `limit` the newest."""
        found = select(episodes).order_by(episodes.c.opened.desc(), episodes.c.id.desc()).limit(limit)
        if status is not None:
            found = found.where(episodes.c.status == status)
        if area is not None:
            found = found.where(episodes.c.area == area)
        if open_:
            found = found.where(episodes.c.state != CLOSED)
        return [EpisodeRecord(**row._mapping) for row in reversed(self._all(found))]

    def episode_steps(self, id_: str) -> list[EpisodeStep]:
        """The history of an episode, in order."""
        names = ("number", "state", "at", "who", "note")
        found = select(*(episode_steps.c[name] for name in names)).where(episode_steps.c.episode == id_)
        return [EpisodeStep(**row._mapping) for row in self._all(found.order_by(episode_steps.c.number))]

    def approval(self, id_: str) -> Approval | None:
        """One request."""
        row = self._first(select(approvals).where(approvals.c.id == id_))
        return None if row is None else Approval(**row._mapping)

    def approvals(self, state: str | None = None, limit: int = 100) -> list[Approval]:
        """Requests, the newest first."""
        found = select(approvals).order_by(approvals.c.asked.desc(), approvals.c.id).limit(limit)
        if state is not None:
            found = found.where(approvals.c.state == state)
        return [Approval(**row._mapping) for row in self._all(found)]

    def questions(self, episode: str, area: str) -> list[Approval]:
        """The requests of an episode of this area that wait, the newest first."""
        wanted = (approvals.c.state == "waiting", approvals.c.area == area)
        found = select(approvals).where(*wanted).order_by(approvals.c.asked.desc(), approvals.c.id)
        waiting = [Approval(**row._mapping) for row in self._all(found)]
        return [one for one in waiting if one.body.get("episode") == episode]


class WriteEpisodes(WriteAudit, ReadEpisodes):
    """Writing episodes and approvals."""

    def save_episode(self, record: EpisodeRecord, note: str = "") -> None:
        """Keep an episode, new or changed; a new state or a note is a step of its history, and audited.

        Its waiting requests are void once it is closed. Raises Conflict "area_has_episode" where the area has another
        open one of this status.
        """
        before = self.episode(record.id)
        if record.state != CLOSED:
            other = self.open_episode(record.area, record.status)
            if other is not None and other.id != record.id:
                raise Conflict("area_has_episode", f"area {record.area} has an open episode, {other.id}")
        if before is None:
            self._run(insert(episodes).values(vars(record)))
        else:
            self._run(update(episodes).where(episodes.c.id == record.id).values(vars(record)))
        if before is None or before.state != record.state or note:
            self._step(record, note)
        if record.state == CLOSED:
            for one in self.questions(record.id, record.area):
                self.void_approval(one.id)

    def _step(self, record: EpisodeRecord, note: str) -> None:
        last = self._value(select(func.max(episode_steps.c.number)).where(episode_steps.c.episode == record.id)) or 0
        step = EpisodeStep(last + 1, record.state, self.now, self.actor, note)
        self._run(insert(episode_steps).values(vars(step) | {"episode": record.id}))
        told: dict[str, Any] = {"state": record.state, "area": record.area, "level": record.level, "last": record.last}
        self.audit("episode", record.id, told | {"note": note})

    def ask_approval(self, approval: Approval) -> None:
        """Keep a request that waits for a second person."""
        if self.approval(approval.id) is not None:
            raise Conflict("duplicate", f"request {approval.id} is there already")
        self._run(insert(approvals).values(vars(approval)))
        told = {"by": approval.asked_by, "area": approval.area, "level": approval.level, "type": approval.message_type}
        self.audit("ask_approval", approval.id, told | {"note": approval.body.get("note", "")})

    def renew_approval(self, id_: str, message_type: str, body: dict[str, Any]) -> None:
        """Keep what a waiting request would send now, its area having been sent another message. Raises as `decide`."""
        self._waiting(id_)
        self._run(update(approvals).where(approvals.c.id == id_).values(message_type=message_type, body=body))

    def decide(self, id_: str, who: str, approved: bool) -> Approval:
        """Approve or reject; returns the request as decided.

        Raises Missing; Conflict "not_waiting" where it was decided before, "same_person" where `who` asked for it.
        """
        if self._waiting(id_).asked_by == who and approved:
            raise Conflict("same_person", f"request {id_} waits for somebody other than {who}")
        return self._end(id_, "approved" if approved else "rejected", who)

    def lapse_approval(self, id_: str) -> Approval:
        """Nobody decided in time. Raises as `decide`."""
        self._waiting(id_)
        return self._end(id_, "lapsed", "")

    def void_approval(self, id_: str) -> Approval:
        """What it asked for has been overtaken. Raises as `decide`."""
        self._waiting(id_)
        return self._end(id_, "void", "")

    def _waiting(self, id_: str) -> Approval:
        approval = self.approval(id_)
        if approval is None:
            raise Missing(f"no request {id_}")
        if approval.state != "waiting":
            raise Conflict("not_waiting", f"request {id_} is {approval.state}")
        return approval

    def _end(self, id_: str, state: str, who: str) -> Approval:
        decided: datetime = self.now
        changes = {"state": state, "decided_by": who, "decided": decided}
        self._run(update(approvals).where(approvals.c.id == id_).values(changes))
        self.audit(f"approval_{state}", id_, {"by": who})
        kept = self.approval(id_)
        assert kept is not None
        return replace(kept, decided=decided)
