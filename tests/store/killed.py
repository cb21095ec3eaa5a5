"""What the tests run in processes of their own: publishers that are killed, publishers that race."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

from sqlalchemy import event

from api.store import Conflict, Store
from api.store.connection import open_engine, parse_url
from api.store.records import EpisodeRecord, Message
from api.store.schema import upgrade
from tests.store_case import T0, HandClock, make_message

ROUTE, BODY = "POST /v1/warnings", "0" * 64


def message(number: int) -> Message:
    """The number-th message of a run: every three are the Alert, Update and Cancel of an area."""
    area, step = divmod(number, 3)
    first = make_message(f"m{area * 3}", area=f"a{area}", episode=f"e{area}")
    if step == 0:
        return first
    second = make_message(f"m{area * 3 + 1}", after=first, episode=f"e{area}", level=4)
    if step == 1:
        return second
    return make_message(f"m{number}", after=second, msg_type="Cancel", episode=f"e{area}", level=0)


def publish(store: Store, number: int) -> int:
    """One request, as the service answers it: idempotent, with episode, plan and audit. Returns its entry."""
    new = message(number)
    states = ("issued", "acted", "closed")
    episode = EpisodeRecord(
        new.episode, new.area, new.area_level, states[number % 3], new.status, new.level, T0, T0, new.chain,
        new.identifier,
    )  # fmt: skip
    with store.writing("officer") as tx:
        key = f"key {number}"
        if (answer := tx.idempotent("officer", key, ROUTE, BODY)) is not None:
            return int(answer.body)
        tx.save_episode(episode)
        entry = tx.publish(new)
        tx.save_plan(f"plan {number}", {"for": new.identifier})
        tx.put("last", new.identifier)
        tx.remember_answer("officer", key, ROUTE, BODY, 201, {}, str(entry.number).encode())
    return entry.number


def die_at(url: str, number: int, point: int, pipe: Connection) -> None:
    """Publish and be killed at the point-th step: before every statement, before and after the commit."""
    store = Store.open(url, now=HandClock())
    passed = 0

    def step(*_: Any, **__: Any) -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "commit"):
        event.listen(store._engine, name, step)
    entry = publish(store, number)
    step()
    pipe.send(entry)


def die_upgrading(url: str, point: int, pipe: Connection) -> None:
    """Make the tables of an empty database and be killed before the point-th statement."""
    engine = open_engine(parse_url(url), 5.0)
    passed = 0

    def step(*_: Any, **__: Any) -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "commit"):
        event.listen(engine, name, step)
    pipe.send(upgrade(engine))


def publish_on(url: str, first: int, pipe: Connection) -> None:
    """Publish one after the other and say so each time, until killed."""
    store = Store.open(url, now=HandClock())
    while True:
        pipe.send(publish(store, first))
        first += 1


def race(url: str, racer: int, count: int, pipe: Connection) -> None:
    """Publish `count` Alerts; before each, try to be the one who succeeds a message that all want to succeed."""
    won = []
    with Store.open(url, now=HandClock(), wait_s=60.0) as store:
        pipe.recv()  # all start at once
        with store.reading() as rx:
            wanted = rx.message("m0")
        assert wanted is not None
        for number in range(count):
            later = make_message(f"u{number}-{racer}", after=wanted)
            try:
                with store.writing(f"racer {racer}") as tx:
                    tx.publish(later)
                won.append(later.identifier)
                wanted = later
            except Conflict as conflict:
                if conflict.reason != "succeeded":
                    raise
                with store.reading() as rx:
                    following = rx.successor(wanted.identifier)
                assert following is not None
                wanted = following
            with store.writing(f"racer {racer}") as tx:
                tx.publish(replace(make_message(f"r{racer}-{number}"), area=f"r{racer}-{number}"))
    pipe.send(won)
