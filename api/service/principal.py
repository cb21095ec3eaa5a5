"""Who acts: a key with its role, the area it answers for, and whether it may speak outside of exercises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.service.settings import ROLES, Settings

SYSTEM_ROLE = "system"

# Role -> what it may do to a warning. Reading is not restricted here.
RIGHTS: Mapping[str, frozenset[str]] = {
    "officer": frozenset({"issue", "update", "cancel", "acknowledge", "act", "close"}),
    "approver": frozenset({"issue", "update", "cancel", "acknowledge", "act", "close", "approve"}),
    "admin": frozenset({"issue", "update", "cancel", "acknowledge", "act", "close", "approve"}),
    SYSTEM_ROLE: frozenset({"issue", "update", "cancel", "close"}),
}


@dataclass(frozen=True)
class Principal:
    """Whoever asks. `key` is the id of an API key, never the key itself; "" for somebody without one."""

    key: str
    role: str  # one of api.service.settings.ROLES, or "system" for the service's own forecast cycle
    area: str = ""  # only this area and those below it; "": the whole city
    actual: bool = False  # the key may issue Actual, where the service allows it at all
    name: str = ""  # of the key, for people

    def __post_init__(self) -> None:
        if self.role not in (*ROLES, SYSTEM_ROLE):
            raise ValueError(f"role(={self.role!r}) must be one of {', '.join(ROLES)} or {SYSTEM_ROLE}")

    @property
    def actor(self) -> str:
        """How the audit names them."""
        return self.key or self.role

    def may(self, what: str) -> bool:
        """Whether the role may do it: a word of RIGHTS."""
        return what in RIGHTS.get(self.role, frozenset())

    def may_be_actual(self, settings: Settings) -> bool:
        """Whether their messages can be Actual: switch, mode, key and role must all say so."""
        return settings.allow_actual and settings.mode == "actual" and self.actual and self.may("issue")


SYSTEM = Principal(key="", role=SYSTEM_ROLE, name="the service itself")  # always an exercise: it has no key
