"""What may be sent: bodies of requests, every member known, every text short and clean."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.http.inputs import EventName, Moment

# Signs that nobody sees and that change what is seen: other directions of writing, no width at all, other line ends.
_UNSEEN = "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
Note = Annotated[
    str, StringConstraints(max_length=500, pattern=rf"^[^\x00-\x08\x0b-\x1f\x7f-\x9f{_UNSEEN}]*$")
]  # new lines, tabs and wide blanks may stand in it
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
WarnedColour = Literal["blue", "yellow", "orange", "red"]
# JSON has numbers and truth of its own: "3", true or "yes" in their place is a mistake, and is not guessed at.
Hours = Annotated[float, Field(strict=True, ge=0.001, le=24.0, allow_inf_nan=False, description="Validity")]
Truth = Annotated[bool, Field(strict=True)]


class Body(BaseModel):
    """Unknown members are refused: a mistyped one must not be ignored."""

    model_config = ConfigDict(extra="forbid")


class IssueBody(Body):
    """A warning by hand for an area that has none in force."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"area": "510104", "level": "yellow", "event": "rainstorm", "hours": 3, "note": "call 4711"}]
        },
    )

    area: Code = Field(description="Code of the area")
    level: WarnedColour
    event: EventName = "rainstorm"
    hours: Hours | None = Field(None, description="Validity; null: as the rules say")
    actual: Truth | None = Field(None, description="null: Actual where this key and the service may, else Exercise")
    note: Note = ""


class UpdateBody(Body):
    """What changes; null stays as it is."""

    level: WarnedColour | None = None
    event: EventName | None = None
    hours: Hours | None = None
    note: Note = ""


class NoteBody(Body):
    """A word on why, for the history and the audit."""

    note: Note = ""


class KeyBody(Body):
    """A new key."""

    name: Name = Field(description="Whose it is")
    role: Literal["viewer", "poller", "officer", "approver", "planner", "admin"]
    area: Annotated[str, StringConstraints(max_length=64)] = Field(
        "", description="Only this area and those below it; empty: the whole city"
    )
    actual: Truth = Field(False, description="May issue Actual where the service allows it at all")
    expires: Moment | None = None


class ObservationRow(Body):
    """One observation."""

    sensor: Code
    quantity: Annotated[str, StringConstraints(max_length=64)] = Field(
        "", description="Empty: what the sensor measures"
    )
    time: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        description="End of the interval it stands for, ISO 8601 with its offset"
    )
    value: float = Field(strict=True, allow_inf_nan=False)
    unit: Annotated[str, StringConstraints(max_length=16)] = Field("", description="Empty: that of the quantity")


class ObservationsBody(Body):
    """A batch of observations."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"observations": [{"sensor": "G01", "time": "2026-07-01T08:05:00+08:00", "value": 3.2, "unit": "mm"}]}
            ]
        },
    )

    observations: list[ObservationRow] = Field(min_length=1, max_length=10_000)
