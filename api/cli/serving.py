"""What `rongan serve` does: checks everything that can be wrong first, then starts the processes and watches them."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from pydantic import ValidationError
from pydantic_settings import SettingsError

from api.cli.setting_errors import misspelt, setting_error
from api.service.access import first_admin
from api.service.child import Orders
from api.service.clock import ServiceClock
from api.service.listening import WATCH, Listener
from api.service.settings import Settings, settings_of
from api.service.start_checks import (
    check_city,
    check_sender,
    check_signers,
    forgotten_actual,
    half_actual,
    open_to_others,
)
from api.service.supervise import Child, Supervisor
from api.store import Store
from api.warning.key_folder import open_keys
from data.errors import InputError, RonganError
from data.schema import City

KEYS = "keys"  # folder of signing keys in the home folder
WEB, BACKGROUND, JOBS = "api.http.worker", "api.service.background", "api.cli.jobs_child"
_START_WITHIN_S = 120.0
_PRIVATE = 0o700
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


class NotStarted(RonganError):
    """The service did not come up; the log above says why."""


@dataclass(frozen=True)
class Ready:
    """A service that can be started: everything has been checked."""

    settings: Settings
    clock: ServiceClock
    url: str  # where it will answer, for people
    own_url: str  # the same, for this machine
    admin: str | None  # secret of the first admin key, where one was just made
    database: str
    signing_key: str
    cautions: tuple[str, ...] = ()  # what to say aloud


def checked_settings(home: Path | None, **given: object) -> Settings:
    """Settings of environment, file and command line; InputError names the one that does not hold."""
    try:
        return settings_of(home, **given)
    except (ValidationError, SettingsError) as bad:
        raise setting_error(bad, home) from None


def placed(settings: Settings) -> Settings:
    """The settings with the port and home folder that will be used, both checked. InputError where one fails."""
    check_sender(settings)
    _make_home(settings.home)
    port = _free_port(settings.host, settings.port)
    return settings.model_copy(update={"port": port, "home": settings.home.resolve()})


def prepare(settings: Settings, clock: ServiceClock, city: City) -> Ready:
    """Check city, database and signing key; make what a first start needs, last of all. InputError where one fails."""
    check_city(settings, city)
    with Store.open(settings.url, now=clock.now) as store:
        check_signers(settings, store)
        signer, _ = open_keys(settings.home / KEYS, settings.sender, clock.now())
        admin = first_admin(store, clock.now())
        database = store.url
        cautions = tuple(told for told in _cautions(settings, store) if told)
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    own = _EVERYWHERE.get(settings.host, settings.host)
    own = f"[{own}]" if ":" in own else own
    url, own_url = f"http://{shown}:{settings.port}", f"http://{own}:{settings.port}"
    return Ready(settings, clock, url, own_url, admin, database, signer.key_id, cautions)


def _cautions(settings: Settings, store: Store) -> tuple[str, ...]:
    return (
        half_actual(settings),
        forgotten_actual(settings, store),
        open_to_others(settings.home),
        misspelt(os.environ),
    )


def run(ready: Ready, city: City | None, more: Sequence[Child] = (), tell: Any = None) -> None:
    """Start everything, call `tell()` once it answers, and run until SIGTERM or SIGINT; then end every child.

    `more`: further children, such as the watch loop. NotStarted where the web processes do not come up.
    """
    stop = threading.Event()
    settings = ready.settings
    with _city_file(settings.home, city) as city_file, _signals(stop):

        def orders(name: str, **told: Any) -> Orders:
            return Orders(name, settings, ready.clock, city_file, told)

        web = [Child(WEB, orders(f"web {n + 1}")) for n in range(settings.workers)]
        rest = [Child(BACKGROUND, orders("background", url=ready.own_url))]
        if settings.jobs:
            rest.append(Child(JOBS, orders("jobs")))
        supervisor = Supervisor([*web, *rest, *(_with_city(child, city_file) for child in more)])
        try:
            for child in web:
                child.start()
            _wait_for_web(ready, web, stop)
            if not stop.is_set():
                for child in supervisor.children[len(web) :]:
                    child.start()
                if tell is not None:
                    tell()
            with _listening(ready, more, stop):
                supervisor.run(stop)
        finally:
            supervisor.stop()


@contextmanager
def _listening(ready: Ready, more: Sequence[Child], stop: threading.Event) -> Iterator[None]:
    """A watch among the children is listened for."""
    watches = [child for child in more if child.name == WATCH]
    if not watches:
        yield
        return
    with Store.open(ready.settings.url, now=ready.clock.now) as store:
        listener = Listener(store, ready.clock, watches[0])
        thread = threading.Thread(target=listener.run, args=(stop,), name="rongan-listener", daemon=True)
        thread.start()
        yield
        thread.join(1.0)


def light(city: City) -> City:
    """The city without the layers that only floods need: what every process of the service holds in memory."""
    return replace(
        city, buildings=None, barriers=None, rivers=None, roads=None, drainage=None, land_cover=None, river_series={}
    )  # fmt: skip


def _wait_for_web(ready: Ready, web: Sequence[Child], stop: threading.Event) -> None:
    until = time.monotonic() + _START_WITHIN_S
    while not stop.wait(0.1):
        if any(not child.alive for child in web) or time.monotonic() > until:
            raise NotStarted("the web processes do not start; what they said is above")
        try:
            if httpx.get(f"{ready.own_url}/healthz", timeout=2.0).status_code == 200:
                return
        except httpx.TransportError:
            continue


def _with_city(child: Child, city_file: str) -> Child:
    child.orders = replace(child.orders, city_file=city_file)
    return child


def _make_home(home: Path) -> None:
    expected = "a folder that this user may write to (--home)"
    try:
        home.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        probe = home / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise InputError("the home folder cannot be used", file=home, value=error.strerror, expected=expected) from None


def _free_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Asked without SO_REUSEPORT: the web processes would share it with a stranger."""
    try:
        family, *_, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except OSError as error:
        expected = "a free port of this machine (--host, --port)"
        raise InputError(error.strerror or "no such address", place=f"{host}:{port}", expected=expected) from None


@contextmanager
def _city_file(home: Path, city: City | None) -> Iterator[str]:
    """The city as every child will read it, in a folder that only this user may enter."""
    if city is None:
        yield ""
        return
    folder = home / "run" / str(os.getpid())
    folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    try:
        file = folder / "city.pickle"
        file.write_bytes(pickle.dumps(light(city), protocol=pickle.HIGHEST_PROTOCOL))
        yield str(file)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the business of whoever runs us in a thread
        return
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
