"""Messages by what is asked for: those in force from memory, all others from the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api.http.context import Context
from api.http.inputs import Box, Near, touches
from api.http.items import public_form
from api.store.messages import MessageFilter
from data.errors import InputError

if TYPE_CHECKING:
    from api.store import Reader

_PAGE = 500
_MOST_PAGES = 20  # looked at for one answer; a rare match then comes with the next page


@dataclass(frozen=True)
class Search:
    """What is asked for."""

    status: str
    near: Near
    least_level: int = 0
    event: str | None = None
    since: datetime | None = None
    box: Box | None = None

    def has(self, public: dict[str, Any], area: str) -> bool:
        """What only memory can decide: place."""
        if not self.near(area):
            return False
        return self.box is None or touches(self.box, public.get("polygon") or [])


@dataclass(frozen=True)
class Found:
    """One page; `after`: where the next one begins, None where this is the last."""

    messages: list[dict[str, Any]]
    after: str | None


def in_force(context: Context, search: Search, limit: int, after: str | None) -> Found:
    """Messages in force, the worst first."""
    context.board.tick()
    items = [
        item
        for item in context.board.in_force.get(search.status, ())
        if item.level >= search.least_level
        and (search.event is None or item.public.get("event") == search.event)
        and (search.since is None or item.sent >= search.since)
        and search.has(item.public, item.area)
    ]
    start = 0
    if after is not None:
        at = next((k for k, item in enumerate(items) if item.identifier == after), None)
        if at is None:
            raise InputError("no message in force", place="after", value=after, expected="the last of the page before")
        start = at + 1
    page = items[start : start + limit]
    more = start + limit < len(items)
    return Found([item.public for item in page], page[-1].identifier if more and page else None)


def all_messages(rx: Reader, search: Search, limit: int, after: str | None) -> Found:
    """Every message ever issued, the newest first."""
    wanted = MessageFilter(
        status=search.status, least_level=search.least_level or None, event=search.event, since=search.since
    )
    found: list[dict[str, Any]] = []
    for _ in range(_MOST_PAGES):
        page = rx.messages(wanted, _PAGE, after)
        for message in page:
            public = public_form(message)
            after = message.identifier
            if search.has(public, message.area):
                if len(found) == limit:
                    return Found(found, found[-1]["identifier"])
                found.append(public)
        if len(page) < _PAGE:
            return Found(found, None)
    return Found(found, after)
