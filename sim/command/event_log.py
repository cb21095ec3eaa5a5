"""The event log of a drill: one JSON object per line, enough to run the drill again and get the same bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ENTRY_KINDS = (
    "start",  # of the run
    "order",  # given
    "done",  # carried out
    "inject",
    "inject_end",
    "water",  # the next state of the flood on the roads
    "reached",  # share of the people of an area whom a channel has told to leave
    "site_opened",
    "site_closed",
    "site_full",
    "stranded",
    "count",  # people by state, at every exchange
    "call",  # for help
    "team",  # sets out, arrives, gives up
    "end",
)


@dataclass(frozen=True)
class LogEntry:
    """Something that happened. `seq` numbers the entries of a log from 0."""

    time_s: float
    seq: int
    kind: str  # of ENTRY_KINDS
    values: dict[str, Any] = field(default_factory=dict)  # plain JSON values
