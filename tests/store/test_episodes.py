"""Episodes with their history; approvals by a second person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from api.store import Conflict, Missing, Store
from api.store.records import Approval, EpisodeRecord, EpisodeStep
from tests.store_case import T0, HandClock


def _episode(identifier: str, **given: object) -> EpisodeRecord:
    record = EpisodeRecord(identifier, "510104", "district", "detected", "Exercise", 2, T0, T0, memory={"since": 1})
    return replace(record, **given)  # type: ignore[arg-type]


def test_an_episode_keeps_its_history(store: Store, clock: HandClock) -> None:
    record = _episode("e1", acknowledge_by=T0 + timedelta(minutes=15))
    with store.writing("watch") as tx:
        tx.save_episode(record)
        tx.save_episode(replace(record, memory={"since": 2}))  # no new state: no step
        tx.save_episode(record, note="looked at")
    clock.pass_s(60)
    issued = replace(record, state="issued", chain="m1", last="m1", changed=clock(), escalated=True)
    with store.writing("officer") as tx:
        tx.save_episode(issued)
    with store.reading() as rx:
        assert rx.episode("e1") == issued
        assert rx.episode("e2") is None
        assert rx.episode_steps("e1") == [
            EpisodeStep(1, "detected", T0, "watch", ""),
            EpisodeStep(2, "detected", T0, "watch", "looked at"),
            EpisodeStep(3, "issued", clock(), "officer", ""),
        ]
        assert [row.body["state"] for row in rx.audit_rows()] == ["detected", "detected", "issued"]


def test_an_area_has_one_open_episode_of_a_status(store: Store) -> None:
    with store.writing("watch") as tx:
        tx.save_episode(_episode("e1"))
        tx.save_episode(_episode("e2", status="Actual"))
        tx.save_episode(_episode("e3", area="510105", opened=T0 + timedelta(minutes=1)))
    with pytest.raises(Conflict) as refused, store.writing("watch") as tx:
        tx.save_episode(_episode("e4"))
    assert refused.value.reason == "area_has_episode"
    with store.writing("watch") as tx:
        tx.save_episode(_episode("e1", state="closed"))
        tx.save_episode(_episode("e4", opened=T0 + timedelta(minutes=2)))
        assert [one.id for one in tx.open_episodes()] == ["e2", "e3", "e4"]
        assert [one.id for one in tx.open_episodes("Exercise")] == ["e3", "e4"]
        assert [one.id for one in tx.episodes(area="510104")] == ["e1", "e2", "e4"]
        assert [one.id for one in tx.episodes(limit=2)] == ["e3", "e4"]
        found = tx.open_episode("510104", "Exercise")
        assert found is not None
        assert found.id == "e4"
        assert tx.open_episode("510106", "Exercise") is None


def test_a_second_person_decides(store: Store, clock: HandClock) -> None:
    asked = Approval("a1", "officer 1", T0, "Alert", "510104", 4, {"headline": "暴雨"})
    with store.writing("officer 1") as tx:
        for number in (1, 2, 3):
            tx.ask_approval(replace(asked, id=f"a{number}"))
    clock.pass_s(60)
    with store.writing("officer 1") as tx:
        with pytest.raises(Conflict) as refused:
            tx.decide("a1", "officer 1", True)
        assert refused.value.reason == "same_person"
        with pytest.raises(Missing):
            tx.decide("a9", "officer 2", True)
        with pytest.raises(Conflict):
            tx.ask_approval(asked)
    with store.writing("officer 2") as tx:
        done = tx.decide("a1", "officer 2", True)
        assert done == replace(asked, state="approved", decided_by="officer 2", decided=clock())
        assert tx.approval("a1") == done
        with pytest.raises(Conflict) as refused:
            tx.decide("a1", "officer 3", False)
        assert refused.value.reason == "not_waiting"
        assert tx.decide("a2", "officer 1", False).state == "rejected"  # one's own may be withdrawn
        assert tx.lapse_approval("a3").state == "lapsed"
        assert tx.approvals("waiting") == []
        assert [one.id for one in tx.approvals()] == ["a1", "a2", "a3"]
        assert [row.action for row in tx.audit_rows(after=3)] == [
            "approval_approved", "approval_rejected", "approval_lapsed",
        ]  # fmt: skip


def test_what_an_episode_asked_for_is_void_once_it_is_closed(store: Store) -> None:
    record = EpisodeRecord("e1", "510104", "district", "issued", "Actual", 2, T0, T0)
    with store.writing("officer 1") as tx:
        tx.save_episode(record)
        for number, episode in enumerate(("e1", "e1", "e2")):
            body = {"episode": episode, "note": "levee seeps"}
            tx.ask_approval(Approval(f"a{number}", "officer 1", T0, "Update", "510104", 4, body))
        tx.decide("a0", "officer 2", True)
        assert [one.id for one in tx.questions("e1", "510104")] == ["a1"]
        tx.renew_approval("a1", "Alert", {"episode": "e1", "note": "more"})
        tx.save_episode(replace(record, state="closed"))
        assert [tx.approval(f"a{number}").state for number in range(3)] == ["approved", "void", "waiting"]  # type: ignore[union-attr]
        assert tx.approval("a1").body["note"] == "more"  # type: ignore[union-attr]
        for change in (tx.void_approval, tx.lapse_approval):
            with pytest.raises(Conflict):
                change("a1")
        with pytest.raises(Conflict):
            tx.renew_approval("a1", "Alert", {})
