"""`rongan store`: check, copy, put back and upgrade the database of a service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.store.records import AuditHead

store_app = typer.Typer(help="The database of a service: check it, copy it, put it back.", no_args_is_help=True)

_Home = Annotated[Path | None, typer.Option(help="Home folder of the service; default as for `rongan serve`.")]
_Url = Annotated[str | None, typer.Option("--database", help="Database URL; default: that of the service.")]


@store_app.command("check")
def check_command(home: _Home = None, database: _Url = None) -> None:
    """Look at everything: file, numbers of entries, every message, the whole audit and its signed heads."""
    from api.store import Store
    from api.store.check import check

    url, verify = _place(home, database)
    _must_exist(url)
    with Store.open(url) as store:
        wrong, news = check(store, verify), store.news()
        shown = store.url
    for line in wrong:
        typer.echo(f"error: {line}")
    signed = "" if verify else "; no pinned keys here, signatures not checked"
    typer.echo(f"{shown}: {news.entry} entries, {news.audit} audit rows, {len(wrong)} errors{signed}")
    if wrong:
        raise typer.Exit(2)


@store_app.command("backup")
def backup_command(
    out: Annotated[Path, typer.Argument(help="New file.")], home: _Home = None, database: _Url = None
) -> None:
    """Copy the database into a new file while the service runs; the copy is checked before it takes its name."""
    from api.store.backup import backup

    url, verify = _place(home, database)
    done = backup(url, out, verify)
    typer.echo(f"{done.path}: {done.size_bytes:,} bytes, {done.news.entry} entries, {done.news.audit} audit rows")


@store_app.command("restore")
def restore_command(
    source: Annotated[Path, typer.Argument(help="File that `rongan store backup` wrote.")],
    home: _Home = None,
    database: _Url = None,
    replace: Annotated[bool, typer.Option(help="Keep the database that is there as *.before-restore.")] = False,
) -> None:
    """Put a backup in the place of the database. The service must not be running."""
    from api.store.backup import restore

    url, verify = _place(home, database)
    done = restore(source, url, replace, verify)
    typer.echo(f"{done.path}: restored, {done.news.entry} entries, {done.news.audit} audit rows")


@store_app.command("upgrade")
def upgrade_command(home: _Home = None, database: _Url = None) -> None:
    """Bring the tables up to date, as `rongan serve` does when it starts."""
    from api.store.connection import open_engine, parse_url
    from api.store.schema import upgrade
    from api.store.store import WAIT_S

    url, _ = _place(home, database)
    engine = open_engine(parse_url(url), WAIT_S)
    try:
        before, after = upgrade(engine)
    finally:
        engine.dispose()
    typer.echo(f"version {after}, as it was" if before == after else f"version {before or 'none'} -> {after}")


@store_app.command("tidy")
def tidy_command(
    keep_days: Annotated[float, typer.Option(min=1.0, help="What is younger stays.")] = 400.0,
    home: _Home = None,
    database: _Url = None,
) -> None:
    """Remove old observations, plans, kept answers and canaries; the service may run. Warnings and audit stay."""
    from datetime import timedelta

    from api.store import Store
    from api.store.tidy import tidy

    url, _ = _place(home, database)
    _must_exist(url)
    with Store.open(url) as store:
        done = tidy(store, timedelta(days=keep_days), "rongan store tidy")
    typer.echo(", ".join(f"{count} {kind}" for kind, count in vars(done).items()) + " removed")


def _place(home: Path | None, database: str | None) -> tuple[str, Callable[[AuditHead], bool] | None]:
    """The database asked for, and what checks signed heads: the pinned keys of the service, where it has any."""
    from api.cli.serving import checked_settings
    from api.store.heads import verifier
    from api.warning.keys import PINNED, PinnedKeys

    settings = checked_settings(home, database_url=database)
    keys = settings.home / "keys"
    return settings.url, verifier(PinnedKeys.read(keys)) if (keys / PINNED).exists() else None


def _must_exist(url: str) -> None:
    """A check makes no database where there is none."""
    from api.store.connection import parse_url
    from data.errors import InputError

    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).is_file():
        raise InputError("no database here", file=parsed.database, expected="the database of a service")
