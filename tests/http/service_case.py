"""A service in memory: a store in a temporary folder, an application without a server, messages at will."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd

from api.http.app import App, create_app
from api.http.context import Context
from api.service.access import digest
from api.service.clock import ServiceClock
from api.service.settings import Settings
from api.store import Store
from api.store.records import ApiKey, Message
from api.warning.notice import BEIJING
from data.datum import WGS84, transform
from data.rules_file import load_rules
from data.schema import City
from tests.tiny_city import WEST_M, tiny_city

RULES = load_rules()

SECRETS = {role: f"rgk-{role}-secret" for role in ("viewer", "poller", "officer", "approver", "planner", "admin")}


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@contextmanager
def context_in(folder: Path, clock: ServiceClock | None = None, **settings: Any) -> Iterator[Context]:
    """A context over an SQLite store in `folder`, with a key for every role."""
    known = Settings(home=folder, **settings)
    with Store.open(known.url) as store:
        _make_keys(store)
        yield Context(known, store, clock or ServiceClock())


@contextmanager
def city_context_in(folder: Path, clock: ServiceClock | None = None, **settings: Any) -> Iterator[Context]:
    """The same for the tiny city, with two rain gauges; it can publish."""
    known = Settings(home=folder, **settings)
    clock = clock or ServiceClock()
    with Store.open(known.url, now=clock.now) as store:
        _make_keys(store)
        yield Context.of_city(known, store, clock, sensed_city(), RULES)


def sensed_city() -> City:
    """The tiny city with two rain gauges."""
    city = tiny_city()
    x, y = WEST_M + np.array([150.0, 450.0]), city.grid.south_m + np.array([300.0, 300.0])
    lon, lat = transform(x, y, city.grid.crs, WGS84)
    sensors = pd.DataFrame(
        {
            "id": ["G1", "G2"], "name": ["雨量站一", "雨量站二"], "name_en": ["Gauge 1", "Gauge 2"], "quantity": "rain",
            "lon": lon, "lat": lat, "interval_s": 300.0, "asset": "", "source": "synthetic", "x_m": x, "y_m": y,
        }
    )  # fmt: skip
    return replace(city, sensors=sensors)


def _make_keys(store: Store) -> None:
    with store.writing("test") as tx:
        for role, secret in SECRETS.items():
            tx.save_key(ApiKey(role, role, role, digest(secret), created=now()))


@asynccontextmanager
async def client_of(app: App, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client that speaks to the application, started and stopped around it."""
    async with app.api.router.lifespan_context(app.api):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://rongan.test", headers=headers) as client:
            yield client


@asynccontextmanager
async def service_in(folder: Path, **settings: Any) -> AsyncIterator[tuple[httpx.AsyncClient, Context]]:
    """Client and context of a fresh service."""
    with context_in(folder, **settings) as context:
        async with client_of(create_app(context)) as client:
            yield client, context


@asynccontextmanager
async def city_service_in(folder: Path, **settings: Any) -> AsyncIterator[tuple[httpx.AsyncClient, Context]]:
    """The same for the tiny city."""
    with city_context_in(folder, **settings) as context:
        async with client_of(create_app(context)) as client:
            yield client, context


def as_role(role: str) -> dict[str, str]:
    """The header that makes a request that of a role."""
    return {"X-API-Key": SECRETS[role]}


def message(
    identifier: str = "510104000000000_20260701080000_0",
    area: str = "510104",
    level: int = 3,
    *,
    sent: datetime | None = None,
    valid: timedelta = timedelta(hours=1),
    before: Message | None = None,
    msg_type: str = "Alert",
    status: str = "Exercise",
    at: tuple[float, float] = (104.06, 30.65),
) -> Message:
    """A message as the publisher would keep it; its CAP is a mere word."""
    begun = sent or now()
    lon, lat = at
    ring = [[lon, lat], [lon + 0.01, lat], [lon + 0.01, lat + 0.01], [lon, lat + 0.01], [lon, lat]]
    colours = ("None", "Blue", "Yellow", "Orange", "Red")
    cap = f"<alert>{identifier}</alert>".encode()
    notice = {
        "identifier": identifier, "sender": "drill@rongan.invalid", "status": status, "msgType": msg_type,
        "sent": begun.astimezone(BEIJING).isoformat(), "onset": begun.astimezone(BEIJING).isoformat(),
        "expires": (begun + valid).astimezone(BEIJING).isoformat(), "event": "rainstorm", "areaCode": area,
        "areaLevel": "district", "level": level, "severityColor": colours[level], "headline": "【演练】暴雨橙色预警",
        "headline_en": "[EXERCISE] Orange rainstorm warning", "description": "雨", "description_en": "Rain",
        "instruction": "避险", "instruction_en": "Take shelter", "eventName": "暴雨", "eventName_en": "rainstorm",
        "areaDesc": "锦江区", "areaDesc_en": "Jinjiang", "polygon": [ring], "senderName": "演练", "urgency": "Expected",
        "severity": "Severe", "certainty": "Likely", "geocode": {"valueName": "GB/T 2260", "value": area},
    }  # fmt: skip
    return Message(
        identifier=identifier,
        sender="drill@rongan.invalid",
        sent=begun,
        status=status,
        msg_type=msg_type,
        scope="Restricted",
        predecessor=before.identifier if before else "",
        chain=before.chain if before else identifier,
        episode="",
        area=area,
        area_level="district",
        event="rainstorm",
        level=level,
        onset=begun,
        expires=begun + valid,
        cap=cap,
        notice=notice,
        sha256=hashlib.sha256(cap).hexdigest(),
    )


def publish(context: Context, *messages: Message) -> None:
    """Put messages into the store and let the board see them."""
    for one in messages:
        with context.store.writing("test") as tx:
            tx.publish(one)
    context.board.refresh()


def renamed(old: Message, identifier: str, **changes: Any) -> Message:
    """A copy of a message under another name."""
    cap = f"<alert>{identifier}</alert>".encode()
    sha256 = hashlib.sha256(cap).hexdigest()
    told = {"status": "status", "area": "areaCode", "level": "level", "event": "event"}
    notice = {**old.notice, "identifier": identifier, **{told[name]: changes[name] for name in told if name in changes}}
    return replace(old, identifier=identifier, chain=identifier, cap=cap, sha256=sha256, notice=notice, **changes)
