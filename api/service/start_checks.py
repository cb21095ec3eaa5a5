"""What is refused or said aloud before a service starts: Actual not set up, or a home folder put back in part."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from api.service.publisher import KEYS
from api.service.settings import Settings
from api.store.messages import PRIVATE
from api.store.store import Store
from api.warning.keys import PINNED, PinnedKeys
from api.warning.signing import named_key
from data.errors import InputError
from data.schema import City

ACTOR = "service"
SETTINGS_FILE = "rongan.env"
_NOBODY = ".invalid"  # ending of senders that nobody has (RFC 2606)
_OTHERS = 0o077  # rights of anybody but the owner
_LOG = logging.getLogger("rongan.start")


def check_sender(settings: Settings) -> None:
    """InputError where messages would be Actual and name the sender of the exercise."""
    if settings.actual and settings.sender.endswith(_NOBODY):
        raise InputError(
            "real warnings need a sender of your own",
            place="RONGAN_SENDER", value=settings.sender, expected="the name that receivers know you by",
        )  # fmt: skip


def check_city(settings: Settings, city: City) -> None:
    """InputError where messages would be Actual about a city that is made up, in whole or in part."""
    if settings.actual and city.synthetic and not settings.allow_actual_synthetic:
        raise InputError(
            f"real warnings for made-up data: {', '.join(city.synthetic)} of {city.name_en or city.name} are synthetic",
            place="RONGAN_MODE", value=settings.mode,
            expected="a city of real data; RONGAN_ALLOW_ACTUAL_SYNTHETIC=true where this is an acceptance test",
        )  # fmt: skip


def check_signers(settings: Settings, store: Store) -> None:
    """InputError where what is in force, or the last signed head of the audit, was signed by a key unknown here.

    To be asked before a first key is made: a database that was put back without its keys would else be signed on with
    a key that no receiver knows.
    """
    if settings.allow_unknown_signer:
        return
    folder = settings.home / KEYS
    known = {key.id for key in PinnedKeys.read(folder).keys} if (folder / PINNED).exists() else set()
    missing = sorted({name for name in _signers(store) if name and name not in known})
    if missing:
        raise InputError(
            "the database was signed with a key that is not here",
            file=folder, value=", ".join(missing),
            expected="the keys/ of the service that the database comes from: put them back; if they are lost,"
            " RONGAN_ALLOW_UNKNOWN_SIGNER=true goes on with a new key, which receivers must be given",
        )  # fmt: skip


def forgotten_actual(settings: Settings, store: Store) -> str:
    """What to say aloud where Actual warnings are in force and this service is for exercises alone; "" else.

    It is told as an entry "fault" too: nobody renews or lifts these warnings now.
    """
    if settings.actual:
        return ""
    with store.reading() as rx:
        names = [message.identifier for message in rx.active(rx.now, "Actual")]
    if not names:
        return ""
    told = (
        f"{len(names)} Actual warnings are in force in the database, and this service issues exercises only: it neither"
        " renews nor lifts them, nor are they in its feeds. Are RONGAN_MODE=actual and RONGAN_ALLOW_ACTUAL=true"
        " missing?"
    )
    _LOG.error("%s", told)
    body = {"what": "mode", "state": "failed", "error": told, "messages": names[:20]}
    with store.writing(ACTOR) as tx:
        tx.entry("fault", ACTOR, body)
        tx.audit("fault", ACTOR, body)
    return told


def half_actual(settings: Settings) -> str:
    """What to say aloud where Actual was asked for and is not allowed; "" else."""
    if settings.mode != "actual" or settings.allow_actual:
        return ""
    return "RONGAN_MODE=actual does nothing without RONGAN_ALLOW_ACTUAL=true: every message will be an exercise"


def open_to_others(home: Path) -> str:
    """What to say where other users of the machine may read keys, settings or database; "" where none may."""
    places = [*(home / KEYS).glob("*.pem"), home / SETTINGS_FILE, *home.glob("rongan.db*")]
    secret = [path for path in places if path.exists() and path.stat().st_mode & _OTHERS]
    if not secret or not home.stat().st_mode & _OTHERS:  # nobody gets past a closed home folder
        return ""
    return f"other users of this machine may read {', '.join(map(str, secret))}: chmod 700 {home}"


def _signers(store: Store) -> Iterator[str]:
    with store.reading() as rx:
        for message in rx.active(rx.now):
            if message.status not in PRIVATE:
                yield named_key(message.cap)
        if heads := rx.audit_heads():
            yield heads[-1].key
