"""Any sequence of publications, sensible or not, against a model of a dozen lines: the same are kept, and no others."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.store import Conflict, MessageFilter, Store
from api.store.records import Message
from tests.store_case import T0, make_message

MINUTE = timedelta(minutes=1)
_RUN = itertools.count()
_TRIES = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["Alert", "Alert", "Update", "Update", "Cancel"]),
            "before": st.integers(-1, 12),  # of what was tried; -1: nothing
            "area": st.integers(0, 1),
            "status": st.sampled_from(["Exercise", "Actual", "Test"]),
            "minute": st.integers(0, 90),
            "lasts": st.integers(1, 60),
            "keeps_to_chain": st.sampled_from([True, True, True, False]),
        }
    ),
    max_size=14,
)


def _message(run: int, number: int, one: dict[str, Any], tried: list[Message]) -> Message:
    before = tried[one["before"]] if 0 <= one["before"] < len(tried) else None
    sent = T0 + one["minute"] * MINUTE
    values: dict[str, Any] = {"sent": sent, "onset": sent, "expires": sent + one["lasts"] * MINUTE}
    values |= {"area": f"{run}-{one['area']}", "status": one["status"]}
    if one["type"] == "Alert":
        return make_message(f"{run}-{number}", **values)
    name = f"{run}-{number}"
    if before is None:
        return make_message(name, msg_type=one["type"], **values)
    if one["keeps_to_chain"]:
        values |= {"area": before.area, "status": before.status}
    return make_message(name, after=before, msg_type=one["type"], **values)


def _allowed(message: Message, kept: list[Message]) -> bool:
    """The rules once more, in other words."""
    known = {one.identifier: one for one in kept}
    ends = {one.identifier for one in kept} - {one.predecessor for one in kept}
    others = [known[end] for end in ends if known[end].chain != message.chain]
    warned = message.status != "Test" and any(_holds(one, message, message.sent) for one in others)
    if message.msg_type == "Alert":
        return not warned
    before = known.get(message.predecessor)
    return (
        before is not None
        and (message.msg_type == "Cancel" or not warned)
        and before.identifier in ends
        and before.msg_type != "Cancel"
        and (before.area, before.status) == (message.area, message.status)
        and before.sent <= message.sent
    )


def _holds(one: Message, like: Message, at: datetime) -> bool:
    return one.msg_type != "Cancel" and one.expires > at and (one.area, one.status) == (like.area, like.status)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tries=_TRIES)
def test_what_is_kept_is_what_the_rules_allow(store: Store, tries: list[dict[str, Any]]) -> None:
    run, tried, kept = next(_RUN), [], []
    first = store.news().entry
    for number, one in enumerate(tries):
        message = _message(run, number, one, tried)
        tried.append(message)
        try:
            with store.writing("anybody") as tx:
                entry = tx.publish(message)
        except Conflict:
            assert not _allowed(message, kept), message
        else:
            assert _allowed(message, kept), message
            kept.append(message)
            assert entry.number == first + len(kept)
    areas = (f"{run}-0", f"{run}-1")
    with store.reading() as rx:
        assert rx.last_entry() == first + len(kept)
        assert rx.messages(MessageFilter(areas=areas))[::-1] == kept
        ends = [one for one in kept if all(other.predecessor != one.identifier for other in kept)]
        for minute in (0, 30, 90, 150):
            at = T0 + minute * MINUTE
            in_force = [one for one in ends if _holds(one, one, at)]
            assert rx.messages(MessageFilter(areas=areas, active=at))[::-1] == in_force
        for alert in kept:
            chain = rx.chain(alert.identifier) if alert.msg_type == "Alert" else []
            assert all(later.predecessor == earlier.identifier for earlier, later in itertools.pairwise(chain))
