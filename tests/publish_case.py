"""A publisher over a real SQLite store for the small city of `tests.outlook_case`, with a clock that tests turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from api.service.clock import ServiceClock
from api.service.places import Place, Places
from api.service.press import Press
from api.service.principal import Principal
from api.service.publisher import Publisher
from api.service.settings import Settings
from api.service.signing_keys import SigningKeys
from api.store.store import Store
from api.warning.keys import PinnedKeys, new_key
from api.warning.signing import Signer
from data.rules_file import load_rules
from sim.episode.terms import episode_terms
from tests.outlook_case import AREAS, BEGIN, polygon_of

RULES = load_rules()
OFFICER = Principal("officer-1", "officer")
APPROVER = Principal("approver-1", "approver")
ACTUAL_OFFICER = Principal("officer-2", "officer", actual=True)
ACTUAL_APPROVER = Principal("approver-2", "approver", actual=True)
VIEWER = Principal("viewer-1", "viewer")
KEY = new_key("test", BEGIN - timedelta(days=1))


@dataclass(frozen=True)
class TurnedClock(ServiceClock):
    """Shows what it was set to."""

    shown: list[datetime] = field(default_factory=lambda: [BEGIN])

    def now(self) -> datetime:
        return self.shown[0]

    def at(self, minute: float) -> datetime:
        """Set it to so many minutes after BEGIN."""
        self.shown[0] = BEGIN + timedelta(minutes=minute)
        return self.shown[0]


def places() -> Places:
    rows = ((code, *row) for code, row in AREAS.items())
    return Places([Place(c, lvl, up, zh, en, polygon_of(c)) for c, lvl, up, zh, en in rows], "510100")  # type: ignore[arg-type]


def publisher(folder: Path, clock: ServiceClock | None = None, **given: Any) -> Publisher:
    """A publisher with its own database in `folder`, or at `database_url`; `given` are settings."""
    clock = clock or TurnedClock()
    settings = Settings(home=folder, **given)
    where = places()
    press = Press(settings, SigningKeys(Signer(KEY), PinnedKeys.of([KEY.certificate])), where, RULES, ("people",))
    store = Store.open(settings.url, clock.now)
    return Publisher(store, settings, clock, press, where, episode_terms(RULES))
