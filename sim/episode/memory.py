"""What must be remembered of an area between two looks, so that it can be kept as JSON and taken up by another process.

Times are seconds since 1970-01-01 UTC.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from hazards import LevelState


@dataclass(frozen=True)
class Hand:
    """A level set by a person. It holds against rules that say no more than they said then, until `until_s`."""

    level: int
    seen: int  # what the rules said when it was set
    until_s: float

    def wanted(self, rules_say: int, time_s: float) -> int:
        """The level to follow at a moment: the rules' where they rise above both, or the time is over."""
        if time_s >= self.until_s or rules_say > max(self.level, self.seen):
            return rules_say
        return self.level


@dataclass(frozen=True)
class EpisodeMemory:
    """One area; begin with EpisodeMemory()."""

    look: LevelState = field(default_factory=LevelState)
    level: int = 0  # of the message in force; 0: none is
    event: str = ""
    sent_s: float = -math.inf  # of the message in force
    expires_s: float = -math.inf
    ordered: bool = False  # it tells people to leave
    leave_by_s: float = math.inf  # the latest safe departure that it names
    onset_s: float = math.inf  # when it says that the danger begins
    cycle: str = ""  # the last forecast cycle that was looked at
    seen: int = 0  # level that it gave
    hand: Hand | None = None
    granted: int = 0  # level that a second person has agreed to; once sent, never above the message in force
    asked: int = 0  # level that a second person has been asked for and not answered
    asked_s: float = -math.inf
    refused: int = 0
    refused_s: float = -math.inf
    blind: int = 0  # renewals since a forecast was last seen
    told: str = ""  # area above that was told last, because nobody had acknowledged
    watched_s: float = -math.inf  # when the forecast last gave it enough probability to be watched

    def to_json(self) -> dict[str, Any]:
        """Plain values, infinite times as text."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> EpisodeMemory:
        """The memory that `to_json` wrote; ValueError where it is not one."""
        unknown = set(said) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"unknown in the memory of an episode: {', '.join(sorted(unknown))}")
        values = {name: _value(value) for name, value in said.items()}
        if "look" in values:
            look = values["look"]
            values["look"] = LevelState(**{**look, "met_s": tuple(look["met_s"]), "below_s": tuple(look["below_s"])})
        if values.get("hand") is not None:
            values["hand"] = Hand(**values["hand"])
        if "granted" in values:  # earlier versions kept more
            values["granted"] = min(values["granted"], values.get("level", 0))
        return cls(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value


def _value(value: Any) -> Any:
    if value in ("inf", "-inf"):
        return float(value)
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, dict):
        return {name: _value(item) for name, item in value.items()}
    return value
