"""The first tables, and the triggers that hold what must not change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from api.store.columns import Json, Moment, Words
from api.store.migrations.guards import append_only, gapless

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows by themselves in INTEGER only
_OPEN = sa.text("state <> 'closed'")


def upgrade() -> None:
    """From an empty database."""
    _tables()
    for table in ("entries", "audit", "audit_heads"):
        append_only(table)
        gapless(table)
    append_only("messages", unless="OLD.status IN ('Test', 'System')")


def _tables() -> None:
    op.create_table(
        "answers",
        sa.Column("principal", Words, nullable=False),
        sa.Column("key", Words, nullable=False),
        sa.Column("route", Words, nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created", Moment, nullable=False),
        sa.PrimaryKeyConstraint("principal", "key", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_created"), "answers", ["created"], unique=False)
    op.create_table(
        "approvals",
        sa.Column("id", Words, nullable=False),
        sa.Column("asked_by", Words, nullable=False),
        sa.Column("asked", Moment, nullable=False),
        sa.Column("message_type", Words, nullable=False),
        sa.Column("area", Words, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("decided_by", Words, nullable=False),
        sa.Column("decided", Moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    op.create_index(op.f("ix_approvals_state"), "approvals", ["state"], unique=False)
    op.create_table(
        "audit",
        sa.Column("number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("time", Moment, nullable=False),
        sa.Column("actor", Words, nullable=False),
        sa.Column("action", Words, nullable=False),
        sa.Column("subject", Words, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    op.create_table(
        "audit_heads",
        sa.Column("number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("audit", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("time", Moment, nullable=False),
        sa.Column("key", Words, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "cycles",
        sa.Column("id", Words, nullable=False),
        sa.Column("time", Moment, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("wall_s", sa.Float(precision=53), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycles")),
    )
    op.create_index(op.f("ix_cycles_time"), "cycles", ["time"], unique=False)
    op.create_table(
        "entries",
        sa.Column("number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("time", Moment, nullable=False),
        sa.Column("subject", Words, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_entries")),
    )
    op.create_table(
        "episodes",
        sa.Column("id", Words, nullable=False),
        sa.Column("area", Words, nullable=False),
        sa.Column("area_level", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("status", Words, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("opened", Moment, nullable=False),
        sa.Column("changed", Moment, nullable=False),
        sa.Column("chain", Words, nullable=False),
        sa.Column("last", Words, nullable=False),
        sa.Column("acknowledge_by", Moment, nullable=True),
        sa.Column("escalated", sa.Boolean, nullable=False),
        sa.Column("memory", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episodes")),
    )
    op.create_index(
        "uq_episodes_open",
        "episodes",
        ["area", "status"],
        unique=True,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", Words, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("params", Json, nullable=False),
        sa.Column("params_sha256", sa.String(length=64), nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("progress", sa.Float(precision=53), nullable=False),
        sa.Column("stage", Words, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("worker", Words, nullable=False),
        sa.Column("created", Moment, nullable=False),
        sa.Column("created_by", Words, nullable=False),
        sa.Column("started", Moment, nullable=True),
        sa.Column("finished", Moment, nullable=True),
        sa.Column("heartbeat", Moment, nullable=True),
        sa.Column("cancel_asked", sa.Boolean, nullable=False),
        sa.Column("error", Json, nullable=True),
        sa.Column("folder", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("number", name=op.f("uq_jobs_number")),
    )
    op.create_index(op.f("ix_jobs_created_by"), "jobs", ["created_by"], unique=False)
    op.create_index(op.f("ix_jobs_state"), "jobs", ["state"], unique=False)
    op.create_table(
        "keys",
        sa.Column("id", Words, nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("role", Words, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("area", Words, nullable=False),
        sa.Column("actual", sa.Boolean, nullable=False),
        sa.Column("created", Moment, nullable=True),
        sa.Column("expires", Moment, nullable=True),
        sa.Column("revoked", Moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        sa.UniqueConstraint("sha256", name=op.f("uq_keys_sha256")),
    )
    op.create_table(
        "last_seen",
        sa.Column("sensor", Words, nullable=False),
        sa.Column("quantity", Words, nullable=False),
        sa.Column("time", Moment, nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=True),
        sa.Column("received", Moment, nullable=False),
        sa.Column("quality", Words, nullable=False),
        sa.PrimaryKeyConstraint("sensor", "quantity", name=op.f("pk_last_seen")),
    )
    op.create_table(
        "named_values",
        sa.Column("name", Words, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("changed", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_named_values")),
    )
    op.create_table(
        "observations",
        sa.Column("quantity", Words, nullable=False),
        sa.Column("time", Moment, nullable=False),
        sa.Column("sensor", Words, nullable=False),
        sa.Column("take", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=True),
        sa.Column("received", Moment, nullable=False),
        sa.Column("quality", Words, nullable=False),
        sa.Column("remark", Words, nullable=False),
        sa.PrimaryKeyConstraint("quantity", "time", "sensor", "take", name=op.f("pk_observations")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outlooks",
        sa.Column("area", Words, nullable=False),
        sa.Column("cycle", Words, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.PrimaryKeyConstraint("area", name=op.f("pk_outlooks")),
    )
    op.create_table(
        "plans",
        sa.Column("id", Words, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("time", Moment, nullable=False),
        sa.Column("cycle", Words, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
        sa.UniqueConstraint("number", name=op.f("uq_plans_number")),
    )
    op.create_table(
        "sensors",
        sa.Column("id", Words, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensors")),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", Words, nullable=False),
        sa.Column("url", Words, nullable=False),
        sa.Column("secret", Words, nullable=False),
        sa.Column("kinds", Json, nullable=False),
        sa.Column("area", Words, nullable=False),
        sa.Column("least_level", sa.Integer, nullable=False),
        sa.Column("created", Moment, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("entry", sa.BigInteger, nullable=False),
        sa.Column("webhook", Words, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", Moment, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("error", Words, nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.number"], name=op.f("fk_deliveries_entry")),
        sa.ForeignKeyConstraint(["webhook"], ["webhooks.id"], name=op.f("fk_deliveries_webhook")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index("ix_deliveries_state_next_at", "deliveries", ["state", "next_at"], unique=False)
    op.create_index("uq_deliveries_entry_webhook", "deliveries", ["entry", "webhook"], unique=True)
    op.create_table(
        "episode_steps",
        sa.Column("episode", Words, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("who", Words, nullable=False),
        sa.Column("note", Words, nullable=False),
        sa.ForeignKeyConstraint(["episode"], ["episodes.id"], name=op.f("fk_episode_steps_episode")),
        sa.PrimaryKeyConstraint("episode", "number", name=op.f("pk_episode_steps")),
    )
    op.create_table(
        "messages",
        sa.Column("identifier", Words, nullable=False),
        sa.Column("entry", sa.BigInteger, nullable=False),
        sa.Column("sender", Words, nullable=False),
        sa.Column("sent", Moment, nullable=False),
        sa.Column("status", Words, nullable=False),
        sa.Column("msg_type", Words, nullable=False),
        sa.Column("scope", Words, nullable=False),
        sa.Column("predecessor", Words, nullable=True),
        sa.Column("chain", Words, nullable=False),
        sa.Column("episode", Words, nullable=False),
        sa.Column("area", Words, nullable=False),
        sa.Column("area_level", Words, nullable=False),
        sa.Column("event", Words, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("onset", Moment, nullable=False),
        sa.Column("expires", Moment, nullable=False),
        sa.Column("cap", sa.LargeBinary, nullable=False),
        sa.Column("notice", Json, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["chain"], ["messages.identifier"], name=op.f("fk_messages_chain")),
        sa.ForeignKeyConstraint(["entry"], ["entries.number"], name=op.f("fk_messages_entry")),
        sa.ForeignKeyConstraint(["predecessor"], ["messages.identifier"], name=op.f("fk_messages_predecessor")),
        sa.PrimaryKeyConstraint("identifier", name=op.f("pk_messages")),
        sa.UniqueConstraint("entry", name=op.f("uq_messages_entry")),
        sa.UniqueConstraint("predecessor", name=op.f("uq_messages_predecessor")),
    )
    op.create_index("ix_messages_area_status", "messages", ["area", "status"], unique=False)
    op.create_index(op.f("ix_messages_chain"), "messages", ["chain"], unique=False)
    op.create_index(op.f("ix_messages_episode"), "messages", ["episode"], unique=False)
    op.create_index(op.f("ix_messages_expires"), "messages", ["expires"], unique=False)
