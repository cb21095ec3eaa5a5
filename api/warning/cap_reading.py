"""The parts of a CAP message as the rules ask for them; what is missing reads as empty and never fails."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from lxml import etree

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", re.ASCII)


@dataclass(frozen=True)
class CapInfo:
    """One `info` block."""

    element: etree._Element

    def get(self, name: str) -> str:
        return (self.element.findtext(CAP + name) or "").strip()

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(e.text or "" for e in self.element.findall(CAP + name))

    def parameter(self, name: str) -> str:
        """Value of the first parameter of that name, "" where there is none."""
        for element in self.element.iterfind(CAP + "parameter"):
            if element.findtext(CAP + "valueName") == name:
                return element.findtext(CAP + "value") or ""
        return ""

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """(valueName, value) of each element of that name, wherever in the block."""
        found = self.element.iter(CAP + name)
        return tuple(((e.findtext(CAP + "valueName") or ""), (e.findtext(CAP + "value") or "")) for e in found)

    @property
    def areas(self) -> list[etree._Element]:
        return self.element.findall(CAP + "area")

    @property
    def rings(self) -> tuple[str, ...]:
        return tuple(e.text or "" for e in self.element.iter(CAP + "polygon"))

    @cached_property
    def colour(self) -> str:
        return self.parameter("severityColor")


@dataclass(frozen=True)
class CapMessage:
    """One `alert`."""

    root: etree._Element

    def get(self, name: str) -> str:
        return self.root.findtext(CAP + name) or ""

    @property
    def name(self) -> str:
        return self.get("identifier") or "(no identifier)"

    @property
    def key(self) -> tuple[str, str, str]:
        """What a reference must say to mean this message."""
        return self.get("sender"), self.get("identifier"), self.get("sent")

    @cached_property
    def infos(self) -> list[CapInfo]:
        return [CapInfo(element) for element in self.root.findall(CAP + "info")]

    @property
    def references(self) -> list[tuple[str, ...]]:
        return [tuple(token.split(",")) for token in self.get("references").split()]

    @property
    def closes(self) -> bool:
        """Whether nothing may follow in its chain."""
        return self.get("msgType") == "Cancel" or any("AllClear" in info.all("responseType") for info in self.infos)


def moment_of(value: str) -> datetime | None:
    """The moment, where it is written in whole seconds with +08:00 and such a moment exists, in UTC as well."""
    if not TIME.fullmatch(value):
        return None
    try:
        moment = datetime.fromisoformat(value)
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment
