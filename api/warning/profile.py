"""How the messages of one sender are labelled: exercise or actual, words of CAP, identifier of GB/T 35965.1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from data.rules_file import Rules

STATUSES = ("Actual", "Exercise", "Test", "System", "Draft")
SCOPES = ("Public", "Restricted")


@dataclass(frozen=True)
class Profile:
    """The labels of a sender's messages.

    `severity`, `urgency` and `certainty` hold the CAP words for blue, yellow, orange and red (rules file `warning`).
    `district` (GB/T 2260, six digits), `sector`, `unit` and `extension` fill the identifier of GB/T 35965.1; without
    a district an area that has no six-digit code of its own is named in a form of our own. `event_codes` maps an
    event to (valueName, value) of a code table, where one is at hand. `actual` is the separate switch: a message says
    Actual only where both it and `status` do; ValueError where they disagree.
    """

    drill: str
    severity: tuple[str, ...]
    urgency: tuple[str, ...]
    certainty: tuple[str, ...]
    sender: str = "drill@rongan.invalid"  # RFC 2606: a domain that can belong to nobody
    status: str = "Exercise"
    scope: str = ""  # "": Public for Actual, else Restricted
    district: str = ""
    sector: str = "000"
    unit: str = "000"
    extension: str = "00"
    event_codes: Mapping[str, tuple[str, str]] | None = None
    actual: bool = False

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"status(={self.status!r}) must be one of {', '.join(STATUSES)}")
        if (self.status == "Actual") != self.actual:
            raise ValueError(
                f"status(={self.status!r}) and actual(={self.actual}): Actual needs the switch, and only it"
            )
        if not self.scope:
            object.__setattr__(self, "scope", "Public" if self.actual else "Restricted")
        if self.scope not in SCOPES or (self.scope == "Public" and not self.actual):
            raise ValueError(f"scope(={self.scope!r}) must be Restricted, or Public where the message is Actual")
        if not self.actual and not self.drill.strip():
            raise ValueError("drill must name the exercise")
        for name, form in (("district", r"\d{6}|"), ("sector", r"\d{3}"), ("unit", r"\d{3}"), ("extension", r"\d{2}")):
            if not re.fullmatch(form, getattr(self, name), re.ASCII):
                raise ValueError(f"{name}(={getattr(self, name)!r}) must have the digits of GB/T 35965.1: {form}")
        if not self.sender or re.search(r"[\s,<&]", self.sender):
            raise ValueError(f"sender(={self.sender!r}) must be a name without space, comma, < or &")


def rules_profile(rules: Rules, drill: str, *, actual: bool = False, **labels: object) -> Profile:
    """A profile with the CAP words of the rules; `labels` are further fields of Profile."""
    words = (tuple(rules.value(f"warning.{key}")) for key in ("severity", "urgency", "certainty"))
    severity, urgency, certainty = words
    if actual:
        labels.setdefault("status", "Actual")
    return Profile(drill, severity, urgency, certainty, actual=actual, **labels)  # type: ignore[arg-type]
