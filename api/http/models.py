"""What answers look like, for OpenAPI. Answers are written from the store's own values; tests hold them to these."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from data.schema import AREA_LEVELS

AreaLevel = Literal["city", "district", "street", "community", "grid"]
Colour = Literal["none", "blue", "yellow", "orange", "red"]
assert set(AREA_LEVELS) == set(AreaLevel.__args__)  # type: ignore[attr-defined]


class WarningLinks(BaseModel):
    """Where a message has its other forms."""

    self: str
    cap: str
    gbt: str
    broadcast: str
    chain: str


class WarningModel(BaseModel):
    """One issued message, all of it; it never changes. English texts end in `_en`."""

    model_config = ConfigDict(extra="allow")

    identifier: str
    sender: str
    sent: str = Field(description="ISO 8601", examples=["2026-07-01T08:00:00+08:00"])
    status: str = Field(description="Exercise, Actual, Test, System")
    msgType: Literal["Alert", "Update", "Cancel"]  # noqa: N815 - the name of CAP
    event: str
    areaCode: str  # noqa: N815
    areaLevel: AreaLevel  # noqa: N815
    level: int = Field(ge=0, le=4, description="0 lifted, 1 blue, 2 yellow, 3 orange, 4 red")
    severityColor: str = Field(description="None, Blue, Yellow, Orange, Red")  # noqa: N815
    onset: str
    expires: str
    headline: str
    headline_en: str
    description: str
    instruction: str
    polygon: list[list[list[float]]] = Field(description="Rings of lon, lat, largest first")
    chain: str = Field(description="Identifier of the Alert that the chain began with")
    predecessor: str = Field(description="Identifier of the message that this one succeeds, or empty")
    episode: str
    sha256: str = Field(description="Of the CAP document, hex")
    links: WarningLinks


class WarningList(BaseModel):
    """Messages of one status, the worst colour first."""

    status: str
    exercise: bool
    count: int
    updated: str | None = Field(description="When the newest of them was sent")
    warnings: list[WarningModel]
    next: str | None = Field(None, description="Address of the next page")


class Feature(BaseModel):
    """A GeoJSON feature (RFC 7946)."""

    model_config = ConfigDict(extra="allow")

    type: Literal["Feature"]
    id: str
    geometry: dict[str, Any] | None
    properties: dict[str, Any]


class FeatureCollection(BaseModel):
    """GeoJSON features."""

    model_config = ConfigDict(extra="allow")

    type: Literal["FeatureCollection"]
    features: list[Feature]


class EpisodeStepModel(BaseModel):
    """One step in the life of a danger."""

    number: int
    state: str
    at: str
    who: str
    note: str


class EpisodeModel(BaseModel):
    """The life of one area's danger."""

    id: str
    area: str
    areaLevel: str  # noqa: N815
    state: str = Field(description="detected, assessed, issued, acknowledged, acted, closed")
    status: str
    level: int
    opened: str
    changed: str
    acknowledgeBy: str | None = None  # noqa: N815
    escalated: bool
    steps: list[EpisodeStepModel]


class ChainModel(BaseModel):
    """A chain of messages and the episode behind it."""

    chain: str
    open: bool = Field(description="Whether its last message is in force")
    messages: list[WarningModel]
    episode: EpisodeModel | None


class ApprovalModel(BaseModel):
    """A message that waits for a second person, or waited."""

    id: str
    state: str = Field(description="waiting, approved, rejected, lapsed (nobody answered in time), void (overtaken)")
    askedBy: str  # noqa: N815
    asked: str
    messageType: str  # noqa: N815
    area: str
    level: int
    note: str = Field(description="Why, in the words of whoever asked")
    decidedBy: str  # noqa: N815
    decided: str | None
    notice: dict[str, Any] | None = Field(description="The message as it would be sent, without its identifier")


class ApprovalList(BaseModel):
    """Questions to a second person, the newest first."""

    approvals: list[ApprovalModel]


class OutcomeModel(BaseModel):
    """A message that went out, or a question to a second person; and the episode as it stands now."""

    message: WarningModel | None
    approval: ApprovalModel | None
    episode: EpisodeModel


class AreaRow(BaseModel):
    """An area and what the newest cycle says of it; nulls where there is none yet."""

    model_config = ConfigDict(extra="allow")

    area: str
    areaLevel: AreaLevel  # noqa: N815
    parent: str
    name: str
    name_en: str
    colourNow: int | None = Field(description="By what is there now, 0-4")  # noqa: N815
    colour: int | None = Field(description="To warn of, 0-4")
    colourWord: Colour | None  # noqa: N815
    event: str | None
    probability: list[float] | None = Field(description="Of blue, yellow, orange, red or worse within the horizon")
    onset: str | None
    people: int | None = Field(description="In H3 or worse at the worst moment, mean of the members")
    peopleRange: list[int] | None  # noqa: N815


class AreaList(BaseModel):
    """Areas of the city."""

    cycle: str | None
    areas: list[AreaRow]
    after: str | None = Field(description="Cursor of the next page")


class AreaModel(AreaRow):
    """Vital signs of an area."""

    children: list[str]
    cycle: str | None
    cycleTime: str | None  # noqa: N815
    deepest_m: float | None = Field(description="Deepest water now")
    deepestAhead_m: float | None = Field(description="Deepest water within the horizon")  # noqa: N815
    roadsClosed: int | None = Field(description="Stretches of road too deep for cars now")  # noqa: N815
    roadsClosedAhead: int | None  # noqa: N815
    sheltersOpen: int  # noqa: N815
    sheltersFull: int  # noqa: N815
    sheltersClosed: int  # noqa: N815
    placesFree: int  # noqa: N815
    warnings: list[dict[str, Any]] = Field(description="In force here or in an area above")


class PlanModel(BaseModel):
    """Who goes where, rows as in plan.csv."""

    id: str
    time: str
    cycle: str
    sha256: str
    assignments: list[dict[str, Any]]


class ShelterModel(BaseModel):
    """A shelter as it stands."""

    id: str
    name: str
    name_en: str
    lon: float
    lat: float
    siteType: str  # noqa: N815
    indoor: bool
    accessible: bool
    places: int
    reason: str = Field(description="Why it is left out; empty: it is used")
    state: Literal["open", "full", "closed"]
    assigned: int
    free: int
    waterNow_m: float | None  # noqa: N815


class ShelterList(BaseModel):
    """Shelters of the city."""

    plan: str | None
    shelters: list[ShelterModel]
    after: str | None


class ReceiptRow(BaseModel):
    """What became of one row."""

    accepted: bool
    quality: str | None = Field(description="good, late, stuck, spike, range, unit, future, duplicate, conflict")
    remark: str


class ReceiptModel(BaseModel):
    """What became of a batch of observations."""

    received: int
    refused: int
    added: int
    duplicates: int
    conflicts: int
    usable: int
    rows: list[ReceiptRow]


class ObservationModel(BaseModel):
    """One observation."""

    sensor: str
    quantity: str
    time: str
    value: float | None
    received: str
    quality: str
    remark: str


class ObservationList(BaseModel):
    """Observations of one quantity."""

    quantity: str
    observations: list[ObservationModel]
    more: bool = Field(description="There are more than `limit`: ask for a shorter span")


class SensorModel(BaseModel):
    """A sensor and how it does."""

    id: str
    name: str
    name_en: str
    quantity: str
    lon: float
    lat: float
    interval_s: float
    asset: str
    silent: bool
    last: ObservationModel | None


class SensorList(BaseModel):
    """Sensors of the city."""

    sensors: list[SensorModel]


class CycleModel(BaseModel):
    """One forecast cycle."""

    id: str
    time: str
    state: Literal["running", "done", "failed", "missed"]
    wall_s: float
    body: dict[str, Any]


class CycleList(BaseModel):
    """Forecast cycles, the newest first."""

    cycles: list[CycleModel]


class VerificationModel(BaseModel):
    """Warned against observed, rows as in verification.csv and reliability.csv."""

    since: str
    until: str
    cycles: int = Field(description="Done")
    cyclesNotDone: int = Field(description="Failed or missed")  # noqa: N815
    messages: int
    verification: list[dict[str, Any]]
    reliability: list[dict[str, Any]]


class AuditRowModel(BaseModel):
    """One row of the audit; `hash` is over the row and the hash of the row before."""

    number: int
    time: str
    actor: str
    action: str
    subject: str
    body: dict[str, Any]
    previous: str
    hash: str


class AuditModel(BaseModel):
    """A part of the audit."""

    rows: list[AuditRowModel]
    holds: bool | None = Field(description="Whether the whole chain holds; null: not checked")
    broken_at: int | None


class KeyModel(BaseModel):
    """A key; the secret is shown once, when it is made."""

    id: str
    name: str
    role: str
    area: str
    actual: bool
    created: str | None
    expires: str | None
    revoked: str | None
    secret: str | None = None


class KeyList(BaseModel):
    """All keys."""

    keys: list[KeyModel]


class Anything(BaseModel):
    """A JSON object."""

    model_config = ConfigDict(extra="allow")
