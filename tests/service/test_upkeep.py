"""The background signs the audit every hour and removes what is old once a day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from api.service.upkeep import look_after_store
from api.store.heads import verifier
from tests.publish_case import OFFICER, TurnedClock, publisher


def test_the_end_of_the_audit_is_signed_every_hour_by_one_of_two(tmp_path: Path) -> None:
    clock = TurnedClock()
    one, other = publisher(tmp_path, clock), publisher(tmp_path, clock)
    heads = []
    for minute in (0, 10, 59, 61, 70, 130, 5):  # at last a clock set back
        clock.at(minute)
        with one.store.writing("test") as tx:
            tx.audit("test", str(minute))
        look_after_store(one)
        look_after_store(other)
        with one.store.reading() as rx:
            heads.append(len(rx.audit_heads()))
    assert heads == [1, 1, 1, 2, 2, 3, 4]
    with one.store.reading() as rx:
        assert rx.check_audit(verifier(one.press.signing.at(clock.now())[1])) is None


def test_what_is_old_goes_and_warnings_stay(tmp_path: Path) -> None:
    clock = TurnedClock()
    made = publisher(tmp_path, clock, keep_days=1.0)
    assert made.issue("510100", 2, OFFICER).message is not None
    with made.store.writing("test") as tx:
        tx.remember_answer("a", "k", "POST /", "0" * 64, 200, {}, b"")
    for day, kept in ((0, True), (0.5, True), (2, False)):
        clock.at(day * 24 * 60)
        look_after_store(made)
        with made.store.reading() as rx:
            assert (rx.idempotent("a", "k", "POST /", "0" * 64) is not None) == kept
    with made.store.reading() as rx:
        assert len(rx.messages()) == 1
        assert rx.get("upkeep.tidied") == (clock.now() - timedelta(0)).isoformat()
