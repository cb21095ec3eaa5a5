"""Triggers that hold tables append-only, in the words of either database."""

from __future__ import annotations

from alembic import op


def append_only(table: str, unless: str = "") -> None:
    """Rows can be neither changed nor removed; `unless`: a condition on OLD under which one may be removed."""
    if op.get_bind().dialect.name == "sqlite":
        _sqlite(table, unless)
    else:
        _postgresql(table, unless)


def gapless(table: str) -> None:
    """Rows are numbered 1, 2, 3, ...; no number is left out or taken twice."""
    following = f"(SELECT coalesce(max(number), 0) + 1 FROM {table})"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_gapless BEFORE INSERT ON {table} WHEN NEW.number <> {following} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is numbered without gaps'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {table}_gapless() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF NEW.number <> {following} THEN RAISE EXCEPTION '{table} is numbered without gaps'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_gapless BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_gapless()"
    )


def _sqlite(table: str, unless: str) -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    spared = f" WHEN NOT ({unless})" if unless else ""
    op.execute(f"CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_delete BEFORE DELETE ON {table}{spared} {refuse}")


def _postgresql(table: str, unless: str) -> None:
    spared = f"IF TG_OP = 'DELETE' THEN IF {unless} THEN RETURN OLD; END IF; END IF; " if unless else ""
    op.execute(
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {spared}"
        f"RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_rows BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()"
    )
    op.execute(
        f"CREATE FUNCTION {table}_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_keep()"
    )
