"""A chain of messages with its episode, as it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api.http.items import public_form
from api.service.principal import SYSTEM_ROLE
from api.store.records import EpisodeRecord, EpisodeStep
from api.warning.notice import stamp

if TYPE_CHECKING:
    from api.store import Reader


def moment(value: datetime | None) -> str | None:
    """Whole seconds in Beijing time, or nothing."""
    return None if value is None else stamp(value)


def public_step(rx: Reader, step: EpisodeStep) -> EpisodeStep:
    """A step without what only the service's own people are told: a role for the key, and no note."""
    key = rx.key(step.who)
    role = key.role if key is not None else step.who if step.who == SYSTEM_ROLE else ""
    return replace(step, who=role, note="")


def episode_form(record: EpisodeRecord, steps: list[EpisodeStep]) -> dict[str, Any]:
    """An episode with every step of it."""
    return {
        "id": record.id,
        "area": record.area,
        "areaLevel": record.area_level,
        "state": record.state,
        "status": record.status,
        "level": record.level,
        "opened": moment(record.opened),
        "changed": moment(record.changed),
        "acknowledgeBy": moment(record.acknowledge_by),
        "escalated": record.escalated,
        "steps": [
            {"number": s.number, "state": s.state, "at": moment(s.at), "who": s.who, "note": s.note} for s in steps
        ],
    }


def chain_form(rx: Reader, identifier: str, now: datetime, *, whole: bool) -> dict[str, Any] | None:
    """The chain that a message belongs to; None where there is no such message. Not `whole`: what is public of it."""
    message = rx.message(identifier)
    if message is None:
        return None
    messages = rx.chain(message.chain)
    last = messages[-1]
    record = rx.episode(message.episode) if message.episode else None
    steps = [] if record is None else rx.episode_steps(record.id)
    told = steps if whole else [public_step(rx, step) for step in steps]
    return {
        "chain": message.chain,
        "open": last.msg_type != "Cancel" and last.expires > now,
        "messages": [public_form(one) for one in messages],
        "episode": None if record is None else episode_form(record, told),
    }
