"""Column types that mean the same on SQLite and PostgreSQL: moments, JSON and words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, String, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

from data.errors import InputError


def iso(moment: datetime) -> str:
    """A moment as text of fixed width, in UTC: sorts as time does. InputError where it has no offset."""
    if moment.tzinfo is None:
        raise InputError("a time without offset", value=moment.isoformat(), expected="a time with its offset")
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        raise InputError("a time outside of the calendar", value=moment.isoformat()) from None
    return in_utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def canonical(value: Any) -> str:
    """JSON text with sorted keys and no spaces: the same value gives the same bytes. InputError where there is none."""
    try:
        told = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
        told.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"cannot be kept as JSON: {error}", expected="text, numbers, lists and tables") from None
    return told


class Moment(TypeDecorator[datetime]):
    """A moment to the microsecond, read back in UTC. SQLite: text; PostgreSQL: timestamp with time zone."""

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        native: TypeEngine[Any] = DateTime(timezone=True) if dialect.name == "postgresql" else String(27)
        return dialect.type_descriptor(native)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        told = iso(value)
        return value.astimezone(UTC) if dialect.name == "postgresql" else told

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if isinstance(value, datetime) else datetime.fromisoformat(value)


class Words(TypeDecorator[str]):
    """Text; without NUL, which PostgreSQL refuses, and without halves of characters, which nobody can send."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise InputError("text that is no text", value=value, expected="whole characters") from None
        if "\0" in value:
            raise InputError("text with a NUL", value=value, expected="text without it")
        return value


class Json(TypeDecorator[Any]):
    """Canonical JSON as text: the same bytes on both databases, so that a hash over them holds."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return canonical(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)
