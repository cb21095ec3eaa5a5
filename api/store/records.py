"""What the store keeps, as plain values: messages, episodes, keys, subscribers, jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Message:
    """One issued message; never changed. Times carry their offset."""

    identifier: str
    sender: str
    sent: datetime
    status: str  # "Exercise", "Actual", "Test", "System"
    msg_type: str  # "Alert", "Update", "Cancel", "Ack", "Error"
    scope: str
    predecessor: str  # identifier of the message it succeeds, "" for an Alert
    chain: str  # identifier of the Alert its chain began with
    episode: str  # id of the episode, "" for a canary
    area: str
    area_level: str
    event: str
    level: int  # 0-4, index into LEVELS
    onset: datetime
    expires: datetime
    cap: bytes  # signed XML as it was and will be sent
    notice: dict[str, Any]  # the same content as JSON, api.warning.notice
    sha256: str  # hex, of `cap`


@dataclass(frozen=True)
class Entry:
    """One event of the public stream, numbered without gaps in the order of commits."""

    number: int
    kind: str  # "warning", "plan", "cycle", "job", "canary"
    time: datetime
    subject: str  # identifier of what it is about
    body: dict[str, Any]  # what a subscriber is told, small


@dataclass(frozen=True)
class EpisodeRecord:
    """The life of one area's danger. `memory` is what the decision needs from look to look."""

    id: str
    area: str
    area_level: str
    state: str  # one of sim.episode.states.STATES
    status: str  # "Exercise" or "Actual"
    level: int
    opened: datetime
    changed: datetime
    chain: str = ""  # identifier of its Alert, "" before it is issued
    last: str = ""  # identifier of its last message
    acknowledge_by: datetime | None = None
    escalated: bool = False
    memory: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Approval:
    """A message that waits for a second person."""

    id: str
    asked_by: str
    asked: datetime
    message_type: str
    area: str
    level: int
    body: dict[str, Any]  # what will be published
    state: str = "waiting"  # "waiting", "approved", "rejected", "lapsed" (nobody answered), "void" (overtaken)
    decided_by: str = ""
    decided: datetime | None = None


@dataclass(frozen=True)
class ApiKey:
    """Who may ask for what. The key itself is never kept, only its SHA-256."""

    id: str
    name: str
    role: str  # one of api.service.settings.ROLES
    sha256: str
    area: str = ""  # only this area and those below it; "": the whole city
    actual: bool = False  # may issue Actual, where the service allows it at all
    created: datetime | None = None
    expires: datetime | None = None
    revoked: datetime | None = None
    made_by: str = ""  # the key that it was made with over HTTP; "": at the command line, or not known


@dataclass(frozen=True)
class Webhook:
    """A subscriber that is called."""

    id: str
    url: str
    secret: str
    kinds: tuple[str, ...]  # of Entry
    area: str
    least_level: int
    created: datetime
    active: bool = True


@dataclass(frozen=True)
class Delivery:
    """One entry on its way to one subscriber (the outbox)."""

    id: int
    entry: int
    webhook: str
    attempts: int
    next_at: datetime
    state: str  # "waiting", "delivered", "dead"
    error: str = ""


@dataclass(frozen=True)
class Job:
    """Long work asked for over HTTP; the table is the truth."""

    id: str
    kind: str  # "drill", "forecast", "adequacy", "siting"
    params: dict[str, Any]
    params_sha256: str
    seed: int
    state: str  # "queued", "running", "succeeded", "failed", "cancelled"
    progress: float  # 0-1
    stage: str
    attempt: int
    worker: str
    created: datetime
    created_by: str
    started: datetime | None = None
    finished: datetime | None = None
    heartbeat: datetime | None = None
    cancel_asked: bool = False
    error: dict[str, Any] | None = None  # problem+json
    folder: str = ""  # of its result, relative to the home folder


@dataclass(frozen=True)
class EpisodeStep:
    """One step in the life of an episode."""

    number: int  # from 1
    state: str
    at: datetime
    who: str
    note: str


@dataclass(frozen=True)
class AuditRow:
    """One row of the audit; `hash` is over all that stands before it in this list."""

    number: int  # from 1, without gaps
    time: datetime
    actor: str
    action: str
    subject: str
    body: dict[str, Any]
    previous: str  # hash of the row before, 64 zeros for the first
    hash: str


@dataclass(frozen=True)
class AuditHead:
    """The end of the audit at a moment, signed: rows up to it can be neither changed nor cut off unseen."""

    number: int
    audit: int  # number of the last row
    hash: str  # of that row
    time: datetime
    key: str  # id of the key that signed
    signature: bytes  # over api.store.audit.head_bytes


@dataclass(frozen=True)
class AuditBreak:
    """Where the audit does not hold, and why."""

    number: int
    reason: str


@dataclass(frozen=True)
class Answer:
    """What was answered to a request with an idempotency key."""

    status: int
    headers: dict[str, str]
    body: bytes
    created: datetime


@dataclass(frozen=True)
class Cycle:
    """One forecast cycle, done, missed or failed."""

    id: str
    time: datetime  # what it stands for
    state: str  # "running", "done", "failed", "missed"
    wall_s: float
    body: dict[str, Any]


@dataclass(frozen=True)
class StoredPlan:
    """A plan of where people go, as it was in force."""

    id: str
    time: datetime
    cycle: str  # id of the cycle it came from, "" for one made by hand
    body: dict[str, Any]
    sha256: str  # hex, of its canonical JSON


@dataclass(frozen=True)
class Counts:
    """What became of a batch of observations."""

    added: int
    duplicates: int  # there already with the same value; not kept twice
    conflicts: int  # there already with another value; kept beside it with quality "conflict"


@dataclass(frozen=True)
class News:
    """The last numbers: whoever knows them knows whether anything happened since."""

    entry: int  # of the last entry, 0: none
    audit: int  # of the last audit row; every change of a key or subscriber is one
