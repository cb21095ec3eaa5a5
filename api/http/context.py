"""What every route needs: settings, store, clock, publisher, board, keys, limits."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from api.http.depth import Depths
from api.http.keyring import KeyRing
from api.http.limits import Limits
from api.http.problems import Problem
from api.http.refuges import Refuges
from api.service.clock import ServiceClock
from api.service.intake import Intake
from api.service.settings import Settings

if TYPE_CHECKING:
    from api.http.board import Board
    from api.service.places import Places
    from api.service.publisher import Publisher
    from api.store import Store
    from data.rules_file import Rules
    from data.schema import City


_LOG = logging.getLogger("rongan.http")
FORECAST = "forecast"  # folder of the forecast in the home folder: its depth field


@dataclass
class Context:
    """One per web process. `publish` makes the publisher when it is first needed: it loads keys and outlines."""

    settings: Settings
    store: Store
    clock: ServiceClock = field(default_factory=ServiceClock)
    publish: Callable[[], Publisher] | None = None
    places: Places | None = None  # areas of the city; None: every code stands alone
    city: City | None = None  # its sensors and shelters, where the service runs for a city pack
    rules: Rules | None = None
    extras: dict[str, Any] = field(default_factory=dict)  # of routes that need more: their name -> what they keep

    def __post_init__(self) -> None:
        from api.http.board import Board  # the board knows the context's parts, not the context

        self.keys = KeyRing()
        self.limits = Limits(self.settings.reads_per_minute, self.settings.writes_per_minute)
        self.board: Board = Board(self.settings, self.store, self.clock, self.keys)
        self.depths = Depths(self.settings.home / FORECAST, self.city, self.rules)
        self.refuges = Refuges(self.city, self.rules)
        self.intake = Intake(None if self.city is None else self.city.sensors, self.rules) if self.rules else None
        self.intake_turn = threading.Lock()
        self.began_s = time.monotonic()
        self._publisher: Publisher | None = None
        self._opening = threading.Lock()

    @classmethod
    def of_city(cls, settings: Settings, store: Store, clock: ServiceClock, city: City, rules: Rules) -> Context:
        """The context of a service for a city pack, which can publish with the signing key of the home folder."""
        from api.service.places import Places
        from api.service.publisher import Publisher

        def publish() -> Publisher:
            return Publisher.open(store, settings, clock, city, rules)

        return cls(settings, store, clock, publish, Places.of_city(city), city, rules)

    @property
    def publisher(self) -> Publisher:
        """Who publishes; 503 where this process has none."""
        with self._opening:
            if self._publisher is None:
                if self.publish is None:
                    raise Problem(503, "this process cannot publish: it has no signing key", code="no-publisher")
                self._publisher = self.publish()
            return self._publisher

    def warm(self) -> None:
        """Open the publisher before anybody needs it: the first warning should not wait for keys and outlines."""
        if self.publish is not None:
            try:
                _ = self.publisher
            except Exception:
                _LOG.exception("this process cannot publish")


def context_of(request: Request) -> Context:
    """The context of the application that answers."""
    context: Context = request.app.state.context
    return context


Ctx = Annotated[Context, Depends(context_of)]
