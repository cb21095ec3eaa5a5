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
    state: str = Field(description="waiting, approved, rejected, lapsed")
    askedBy: str  # noqa: N815
    asked: str
    messageType: str  # noqa: N815
    area: str
    level: int
    decidedBy: str  # noqa: N815
    decided: str | None
    notice: dict[str, Any] | None = Field(description="The message as it would be sent")


class ApprovalList(BaseModel):
    """Questions to a second person, the newest first."""

    approvals: list[ApprovalModel]


class OutcomeModel(BaseModel):
    """A message that went out, or a question to a second person; and the episode as it stands now."""

    message: WarningModel | None
    approval: ApprovalModel | None
    episode: EpisodeModel


class Anything(BaseModel):
    """A JSON object."""

    model_config = ConfigDict(extra="allow")
