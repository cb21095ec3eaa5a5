"""The tables. Whoever changes one adds a migration; a test holds both together."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    text,
)

from api.store.columns import Json, Moment, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Append-only by trigger: entries, audit, audit_heads; messages but for canaries, which are forgotten in time.
entries = Table(
    "entries",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("kind", Words, nullable=False),
    Column("time", Moment, nullable=False),
    Column("subject", Words, nullable=False),
    Column("body", Json, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("identifier", Words, primary_key=True),
    Column("entry", BigInteger, ForeignKey("entries.number"), nullable=False, unique=True),
    Column("sender", Words, nullable=False),
    Column("sent", Moment, nullable=False),
    Column("status", Words, nullable=False),
    Column("msg_type", Words, nullable=False),
    Column("scope", Words, nullable=False),
    # NULL for an Alert; unique, so a message has one successor whoever asks
    Column("predecessor", Words, ForeignKey("messages.identifier"), unique=True),
    Column("chain", Words, ForeignKey("messages.identifier"), nullable=False, index=True),
    Column("episode", Words, nullable=False, index=True),
    Column("area", Words, nullable=False),
    Column("area_level", Words, nullable=False),
    Column("event", Words, nullable=False),
    Column("level", Integer, nullable=False),
    Column("onset", Moment, nullable=False),
    Column("expires", Moment, nullable=False, index=True),
    Column("cap", LargeBinary, nullable=False),
    Column("notice", Json, nullable=False),
    Column("sha256", String(64), nullable=False),
    Index("ix_messages_area_status", "area", "status"),
)

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("time", Moment, nullable=False),
    Column("actor", Words, nullable=False),
    Column("action", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("body", Json, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("audit", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("time", Moment, nullable=False),
    Column("key", Words, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

episodes = Table(
    "episodes",
    metadata,
    Column("id", Words, primary_key=True),
    Column("area", Words, nullable=False),
    Column("area_level", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("status", Words, nullable=False),
    Column("level", Integer, nullable=False),
    Column("opened", Moment, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("chain", Words, nullable=False),
    Column("last", Words, nullable=False),
    Column("acknowledge_by", Moment),
    Column("escalated", Boolean, nullable=False),
    Column("memory", Json, nullable=False),
)
# One open episode per area and status, whoever opens it.
Index(
    "uq_episodes_open",
    episodes.c.area,
    episodes.c.status,
    unique=True,
    sqlite_where=text("state <> 'closed'"),
    postgresql_where=text("state <> 'closed'"),
)

episode_steps = Table(
    "episode_steps",
    metadata,
    Column("episode", Words, ForeignKey("episodes.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("who", Words, nullable=False),
    Column("note", Words, nullable=False),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", Words, primary_key=True),
    Column("asked_by", Words, nullable=False),
    Column("asked", Moment, nullable=False),
    Column("message_type", Words, nullable=False),
    Column("area", Words, nullable=False),
    Column("level", Integer, nullable=False),
    Column("body", Json, nullable=False),
    Column("state", Words, nullable=False, index=True),
    Column("decided_by", Words, nullable=False),
    Column("decided", Moment),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("role", Words, nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("area", Words, nullable=False),
    Column("actual", Boolean, nullable=False),
    Column("created", Moment),
    Column("expires", Moment),
    Column("revoked", Moment),
    Column("made_by", Words, nullable=False, server_default=""),
)

answers = Table(
    "answers",
    metadata,
    Column("principal", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("route", Words, nullable=False),
    Column("body_sha256", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", Json, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created", Moment, nullable=False, index=True),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Words, primary_key=True),
    Column("url", Words, nullable=False),
    Column("secret", Words, nullable=False),
    Column("kinds", Json, nullable=False),
    Column("area", Words, nullable=False),
    Column("least_level", Integer, nullable=False),
    Column("created", Moment, nullable=False),
    Column("active", Boolean, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("entry", BigInteger, ForeignKey("entries.number"), nullable=False),
    Column("webhook", Words, ForeignKey("webhooks.id"), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("state", Words, nullable=False),
    Column("error", Words, nullable=False),
    Index("ix_deliveries_state_next_at", "state", "next_at"),
    Index("uq_deliveries_entry_webhook", "entry", "webhook", unique=True),
)

sensors = Table(
    "sensors",
    metadata,
    Column("id", Words, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("body", Json, nullable=False),
)

observations = Table(
    "observations",
    metadata,
    Column("quantity", Words, primary_key=True),
    Column("time", Moment, primary_key=True),
    Column("sensor", Words, primary_key=True),
    Column(
        "take", Integer, primary_key=True, autoincrement=False
    ),  # 0: the first report; 1, 2, ...: others that differ
    Column("value", Float(53)),  # NULL: not a number
    Column("received", Moment, nullable=False),
    Column("quality", Words, nullable=False),
    Column("remark", Words, nullable=False),
    sqlite_with_rowid=False,
)

last_seen = Table(
    "last_seen",
    metadata,
    Column("sensor", Words, primary_key=True),
    Column("quantity", Words, primary_key=True),
    Column("time", Moment, nullable=False),
    Column("value", Float(53)),
    Column("received", Moment, nullable=False),
    Column("quality", Words, nullable=False),
)

cycles = Table(
    "cycles",
    metadata,
    Column("id", Words, primary_key=True),
    Column("time", Moment, nullable=False, index=True),
    Column("state", Words, nullable=False),
    Column("wall_s", Float(53), nullable=False),
    Column("body", Json, nullable=False),
)

outlooks = Table(
    "outlooks",
    metadata,
    Column("area", Words, primary_key=True),
    Column("cycle", Words, nullable=False),
    Column("position", Integer, nullable=False),
    Column("body", Json, nullable=False),
)

plans = Table(
    "plans",
    metadata,
    Column("id", Words, primary_key=True),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("time", Moment, nullable=False),
    Column("cycle", Words, nullable=False),
    Column("body", LargeBinary, nullable=False),  # canonical JSON, zlib
    Column("sha256", String(64), nullable=False),  # of the JSON
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Words, primary_key=True),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("kind", Words, nullable=False),
    Column("params", Json, nullable=False),
    Column("params_sha256", String(64), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("state", Words, nullable=False, index=True),
    Column("progress", Float(53), nullable=False),
    Column("stage", Words, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("worker", Words, nullable=False),
    Column("created", Moment, nullable=False),
    Column("created_by", Words, nullable=False, index=True),
    Column("started", Moment),
    Column("finished", Moment),
    Column("heartbeat", Moment),
    Column("cancel_asked", Boolean, nullable=False),
    Column("error", Json),
    Column("folder", Words, nullable=False),
)

values = Table(
    "named_values",
    metadata,
    Column("name", Words, primary_key=True),
    Column("body", Json, nullable=False),
    Column("changed", Moment, nullable=False),
)
