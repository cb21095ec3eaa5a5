"""Values come back as they went in, from both databases; what cannot is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.store import Store
from api.store.columns import canonical, iso
from api.store.records import ApiKey
from data.errors import InputError
from tests.store_case import T0

ON_ONE_STORE = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=_OFFSETS)
WORDS = st.text().filter(lambda text: "\0" not in text)
_PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(_PLAIN, lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside), max_leaves=10)


@ON_ONE_STORE
@given(moment=MOMENTS, name=WORDS, value=VALUES)
def test_values_come_back(store: Store, moment: datetime, name: str, value: Any) -> None:
    key = ApiKey("k", name, "viewer", "0" * 64, area=name, created=moment, expires=None)
    with store.writing("admin") as tx:
        tx.save_key(key)
        tx.put(name, value)
    with store.reading() as rx:
        kept = rx.key("k")
        assert kept == key
        assert kept.created is not None
        assert kept.created.tzinfo is UTC
        assert rx.get(name) == value


@ON_ONE_STORE
@given(first=MOMENTS, second=MOMENTS)
def test_text_sorts_as_time_does(store: Store, first: datetime, second: datetime) -> None:
    assert (first < second) == (iso(first) < iso(second))
    assert (first == second) == (iso(first) == iso(second))


@pytest.mark.parametrize("wrong", ["\0", "a\0b", "\ud800"], ids=["nul", "nul inside", "half a character"])
def test_text_that_cannot_be_kept_is_refused(store: Store, wrong: str) -> None:
    with pytest.raises(InputError, match="text"), store.writing("admin") as tx:
        tx.put(wrong, 1)
    with pytest.raises(InputError, match="text"), store.reading() as rx:
        rx.get(wrong)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), b"bytes", {1, 2}, "\ud800", T0], ids=str)
def test_what_is_no_json_is_refused(store: Store, wrong: object) -> None:
    with pytest.raises(InputError, match="cannot be kept as JSON"), store.writing("admin") as tx:
        tx.put("name", {"value": [wrong]})
    with store.reading() as rx:
        assert rx.get("name", "nothing") == "nothing"


def test_deep_json_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InputError, match="cannot be kept as JSON"):
        canonical(deep)


def test_times_without_offset_or_calendar_are_refused() -> None:
    with pytest.raises(InputError, match="without offset"):
        iso(datetime(2026, 7, 1))
    with pytest.raises(InputError, match="calendar"):
        iso(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8))))


def test_numbers_beyond_what_a_column_holds_are_refused(store: Store) -> None:
    from tests.store.test_jobs import make_job

    for seed in (2**63, -(2**63) - 1, 2**200):
        with pytest.raises(InputError, match="too large"), store.writing("planner") as tx:
            tx.add_job(make_job("j", seed=seed))
    with store.writing("planner") as tx:
        tx.add_job(make_job("j", seed=2**63 - 1))
        kept = tx.job("j")
        assert kept is not None
        assert kept.seed == 2**63 - 1
