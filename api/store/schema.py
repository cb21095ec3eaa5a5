"""The version of the tables: brought up to date when a database is opened, never taken back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from api.store.connection import WRITING
from api.store.errors import SchemaNewer
from data.errors import InputError

if TYPE_CHECKING:
    from alembic.config import Config

REVISION = "0002"  # the newest in migrations/versions
MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Upgrade to the newest version; returns the versions before (None: empty) and after. Raises SchemaNewer."""
    with engine.connect() as connection, connection.begin():
        before = current(connection)
    if before == REVISION:
        return before, before
    # Two processes may start at once: the second waits here and finds the work done.
    with engine.connect().execution_options(**WRITING) as connection, connection.begin():
        before = current(connection)
        if before != REVISION:
            from alembic import command  # a third of a second, which an up-to-date database need not pay
            from alembic.script import ScriptDirectory

            config = alembic_config(connection)
            known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
            if before is not None and before not in known:
                raise SchemaNewer(
                    "the database was upgraded by a newer program",
                    place=engine.url.render_as_string(),
                    value=before,
                    expected=f"version {REVISION} or older; run the newer program, or restore a backup",
                )
            command.upgrade(config, "head")
    return before, REVISION


def current(connection: Connection) -> str | None:
    """The version of a database; None where it is empty. InputError where it holds tables of somebody else."""
    looked = inspect(connection)
    if looked.has_table("alembic_version"):
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if tables := looked.get_table_names():
        expected = "an empty database, or one of ours"
        raise InputError("holds tables that are not ours", value=sorted(tables)[:3], expected=expected)
    return None


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for work on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", MIGRATIONS.as_posix())
    config.attributes["connection"] = connection
    return config
