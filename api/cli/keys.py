"""`rongan keys`: who may ask the service for what, and the key that signs its messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from data.errors import InputError

if TYPE_CHECKING:
    from api.service.settings import Settings
    from api.store import Store

keys_app = typer.Typer(
    name="keys", help="Keys of callers, and the key that signs messages.", no_args_is_help=True, add_completion=False
)
Home = Annotated[Path | None, typer.Option(help="Home folder of the service (default: out/service).")]
_BY = "command line"  # who did it, for the audit


@keys_app.command("new")
def new_command(
    name: Annotated[str, typer.Argument(help="Whose it is.")],
    role: Annotated[str, typer.Option(help="viewer, poller, officer, approver, planner or admin.")] = "poller",
    area: Annotated[str, typer.Option(help="Only this area and those below it; default: the whole city.")] = "",
    actual: Annotated[bool, typer.Option("--actual", help="May issue Actual, where the service allows it.")] = False,
    days: Annotated[int | None, typer.Option(min=1, help="Expires after so many days; default: never.")] = None,
    home: Home = None,
) -> None:
    """Make a key and show it, this once. A running service knows it within a second."""
    from api.service.access import new_access
    from api.service.areas_known import areas_known

    now = datetime.now(UTC)
    expires = None if days is None else now + timedelta(days=days)
    key, secret = new_access(name, role, now, area=area, actual=actual, expires=expires)
    with _store(home) as store, store.writing(_BY) as tx:
        known = areas_known(tx)
        if area and known is not None and area not in known:
            raise InputError("no area has this code", place="area", value=area, expected="an area of the city served")
        tx.save_key(key)
    Console(stderr=True, highlight=False).print(f"Key {key.id} for {key.name} ({key.role}), shown this once:")
    typer.echo(secret)


@keys_app.command("list")
def list_command(home: Home = None) -> None:
    """All keys, and the keys of signatures."""
    from api.service.publisher import KEYS
    from api.warning.key_folder import signing_key
    from api.warning.keys import PINNED, PinnedKeys

    now = datetime.now(UTC)
    table = Table("id", "name", "role", "area", "actual", "created", "state", box=None, pad_edge=False)
    with _store(home) as store, store.reading() as rx:
        for key in rx.keys():  # noqa: SIM118 - no dictionary
            state = _state(now, key.revoked, key.expires)
            made = f"{key.created:%Y-%m-%d}" if key.created else ""
            table.add_row(key.id, key.name, key.role, key.area or "all", "yes" if key.actual else "", made, state)
    console = Console(highlight=False, width=160)
    console.print(table)
    folder = _home(home) / KEYS
    if (folder / PINNED).exists():
        known = PinnedKeys.read(folder)
        signing = signing_key(folder, known, now)
        for pinned in known.keys:
            state = _state(now, pinned.revoked, pinned.not_after)
            if state == "valid":
                state = "signs now" if pinned == signing else "retired: signs no more, its messages stay valid"
            console.print(f"signature {pinned.id}: {state}; until {pinned.not_after:%Y-%m-%d}")
        if signing is None:
            console.print("No key signs: nothing can be published. rongan keys rotate-signing")


@keys_app.command("revoke")
def revoke_command(
    key: Annotated[str, typer.Argument(help="Id, or name, of the key.")],
    home: Home = None,
) -> None:
    """End a key. A running service refuses it within a second."""
    from api.service.access import revoke_access

    with _store(home) as store:
        gone = revoke_access(store, key, datetime.now(UTC), _BY)
    typer.echo(f"Key {gone.id} of {gone.name} ({gone.role}) is revoked.")


@keys_app.command("rotate-signing")
def rotate_command(
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long the new key is valid.")] = 397,
    home: Home = None,
) -> None:
    """Make a new key for signatures. A running service takes it up at once; messages of the old one stay valid."""
    from api.service.publisher import KEYS
    from api.warning.key_folder import rotate

    settings = _settings(home)
    with _store(home) as store, store.writing(_BY) as tx:
        key = rotate(settings.home / KEYS, settings.sender, datetime.now(UTC), timedelta(days=days))
        tx.audit("signing_key", key.id, {"not_after": key.not_after.isoformat()})
    typer.echo(f"Signing key {key.id} signs from now on, until {key.not_after:%Y-%m-%d} at most.")


@keys_app.command("revoke-signing")
def revoke_signing_command(
    key: Annotated[str, typer.Argument(help="Id of the signing key.")],
    home: Home = None,
) -> None:
    """Believe no message of a key any more; for one that was stolen. Rotate first. Says what is to be updated."""
    from api.service.publisher import KEYS
    from api.store.messages import PRIVATE
    from api.warning.key_folder import revoke, signing_key
    from api.warning.keys import PINNED
    from api.warning.signing import key_named

    folder = _home(home) / KEYS
    if not (folder / PINNED).exists():
        raise InputError("no signing keys here", file=folder, expected="the home folder of a service (--home)")
    with _store(home) as store, store.writing(_BY) as tx:
        now = datetime.now(UTC)
        known = revoke(folder, key, now)
        tx.audit("signing_key_revoked", key, {"at": now.isoformat()})
        unsigned = [one for one in tx.active(now) if one.status not in PRIVATE and key_named(one.cap) == key]
    typer.echo(f"Signing key {key} is revoked.")
    if signing_key(folder, known, now) is None:
        typer.echo("No key is left to sign with: nothing can be published. Now: rongan keys rotate-signing")
    if unsigned:
        typer.echo(f"In force and no longer believed, {len(unsigned)}: update or lift each, so that a valid key signs.")
    for one in unsigned:
        typer.echo(f"{one.identifier}  {one.status}  {one.area}")


def _settings(home: Path | None) -> Settings:
    from api.cli.serving import checked_settings

    return checked_settings(home)


def _home(home: Path | None) -> Path:
    return Path(_settings(home).home)


def _store(home: Path | None) -> Store:
    from api.store import Store

    settings = _settings(home)
    if not settings.database_url and not (settings.home / "rongan.db").exists():
        raise InputError("no service has run here", file=settings.home, expected="its home folder (--home)")
    return Store.open(settings.url)


def _state(now: datetime, revoked: datetime | None, until: datetime | None) -> str:
    if revoked is not None and revoked <= now:
        return f"revoked {revoked:%Y-%m-%d}"
    if until is not None and until <= now:
        return "expired"
    return "valid"
