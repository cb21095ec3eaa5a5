"""What became of warnings, against cases small enough to count by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.service.verified import Verified, verified
from api.store.store import Store
from tests.publish_case import RULES, places
from tests.store_case import T0, HandClock, make_message

CITY, DISTRICT, OTHER = "510100", "510105", "510104"
MINUTE = timedelta(minutes=1)


class Case:
    """Messages and cycles by minute after T0."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def warn(self, name: str, area: str, minute: float, level: int, valid: float = 180.0, **given: Any) -> Any:
        sent = T0 + minute * MINUTE
        kinds = {CITY: "city"}
        message = make_message(
            name, area=area, area_level=kinds.get(area, "district"), sent=sent, level=level,
            expires=sent + valid * MINUTE, **given,
        )  # fmt: skip
        with self.store.writing("test") as tx:
            tx.publish(message)
        return message

    def cycles(self, last: int, seen: dict[int, dict[str, int]], chance: dict[int, float] | None = None) -> None:
        """A cycle every ten minutes; colours hold from their minute on. `chance` of yellow in the district."""
        now: dict[str, int] = {}
        with self.store.writing("test") as tx:
            for minute in range(0, last + 1, 10):
                now = seen.get(minute, now)
                p = (chance or {}).get(minute, 0.0)
                body = {
                    "horizonMinutes": 20, "colourNow": now, "areaLevels": dict.fromkeys(now, "district"),
                    "probability": {DISTRICT: [p, p, 0.0, 0.0]},
                }  # fmt: skip
                tx.save_cycle(f"c{minute}", T0 + minute * MINUTE, "done", 1.0, body)

    def found(self, since: float, until: float) -> Verified:
        return verified(self.store, places(), RULES, T0 + since * MINUTE, T0 + until * MINUTE)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with Store.open(f"sqlite:///{tmp_path}/rongan.db", HandClock()) as store:
        yield Case(store)


def _row(found: Verified, level: str, colour: str) -> dict[str, Any]:
    table = found.table
    row = table[(table["level"] == level) & (table["colour"] == colour)].iloc[0]
    return {name: int(row[name]) for name in ("hits", "late", "misses", "false_alarms")} | {
        "lead": row["lead_median_min"]
    }


def test_hit_late_miss_and_false_alarm(case: Case) -> None:
    case.warn("a", DISTRICT, 15, 2, valid=120.0)  # yellow comes at 40, 25 minutes later
    case.warn("b", OTHER, 65, 1, valid=30.0)  # blue came at 50: late
    case.warn("c", OTHER, 200, 1, valid=30.0)  # nothing comes
    case.cycles(
        300, {40: {DISTRICT: 2, OTHER: 0}, 50: {DISTRICT: 2, OTHER: 1}, 80: {DISTRICT: 4}, 110: {}}
    )  # red is never warned of
    found = case.found(0, 300)
    assert _row(found, "district", "yellow") == {"hits": 1, "late": 0, "misses": 0, "false_alarms": 0, "lead": 25.0}
    blue = _row(found, "district", "blue")
    assert (blue["hits"], blue["late"], blue["misses"], blue["false_alarms"]) == (1, 1, 0, 1)
    assert _row(found, "district", "red")["misses"] == 1
    assert _row(found, "district", "orange")["misses"] == 1
    assert (found.cycles, found.not_done, found.messages) == (31, 0, 3)


def test_a_warning_of_the_area_above_covers_and_its_false_alarm_is_its_own(case: Case) -> None:
    case.warn("a", CITY, 0, 3, valid=120.0)
    case.cycles(200, {30: {DISTRICT: 3}, 60: {}})
    found = case.found(0, 200)
    assert _row(found, "district", "orange")["hits"] == 1
    assert _row(found, "district", "orange")["lead"] == 30.0
    assert _row(found, "city", "orange")["false_alarms"] == 1  # the city itself was never orange
    assert _row(found, "district", "orange")["false_alarms"] == 0


def test_a_chain_is_followed_and_a_lapse_ends_it(case: Case) -> None:
    first = case.warn("a", DISTRICT, 0, 1, valid=30.0)
    case.warn("b", DISTRICT, 20, 2, valid=30.0, after=first)  # until 50
    case.cycles(200, {60: {DISTRICT: 1}, 70: {}})
    found = case.found(0, 200)
    assert _row(found, "district", "blue")["misses"] == 1  # nothing was in force at 60
    assert _row(found, "district", "blue")["false_alarms"] == 1
    assert _row(found, "district", "yellow")["false_alarms"] == 1


def test_what_was_in_force_as_the_time_began_has_warned(case: Case) -> None:
    case.warn("a", DISTRICT, 50, 2, valid=120.0)
    case.warn("b", OTHER, 10, 2, valid=30.0)  # over before
    case.cycles(200, {80: {DISTRICT: 2}, 100: {}})
    found = case.found(60, 200)
    yellow = _row(found, "district", "yellow")
    assert yellow == {"hits": 1, "late": 0, "misses": 0, "false_alarms": 0, "lead": 30.0}
    assert found.messages == 0
    later = case.found(110, 160)  # in force still, but its event was before
    assert len(later.matches) == 0


def test_reliability_counts_every_cycle_whose_horizon_has_passed(case: Case) -> None:
    """Yellow at 30 and 40. Horizon 20: cycles 10 to 40 see it come, 0 and 50 do not; 60 and 70 are not over."""
    case.cycles(70, {30: {DISTRICT: 2}, 50: {}}, {10: 0.95, 20: 0.95, 30: 0.95, 40: 0.05})
    table = case.found(0, 70).reliability
    yellow = table[(table["colour"] == "yellow") & (table["forecasts"] > 0)].sort_values("from_p")
    # Class of 0 and 0.05: cycles 0, 40, 50, of which 40 came true; class of 0.95: all three did.
    assert list(yellow["forecasts"]) == [3, 3]
    assert list(yellow["observed"]) == pytest.approx([1.0 / 3.0, 1.0])


def test_a_warning_that_no_cycle_looked_after_is_not_judged(case: Case) -> None:
    case.warn("a", DISTRICT, 10, 2, valid=60.0)
    case.warn("b", OTHER, 10, 1, valid=60.0, onset=T0 + 41 * MINUTE)
    assert case.found(0, 200).table.empty  # no cycle at all
    case.cycles(40, {})
    found = case.found(0, 200)
    assert _row(found, "district", "yellow")["false_alarms"] == 1
    assert _row(found, "district", "blue")["false_alarms"] == 1  # of the first; nobody looked after the second's onset


def test_a_warning_in_force_is_not_judged_before_it_is_over(case: Case) -> None:
    first = case.warn("a", DISTRICT, 0, 4, valid=180.0)
    case.cycles(200, {})
    assert case.found(0, 100).table.empty
    case.warn("b", DISTRICT, 120, 2, valid=60.0, after=first)
    found = case.found(0, 130)
    assert _row(found, "district", "red")["false_alarms"] == 1  # red is over, yellow is not
    assert _row(found, "district", "yellow")["false_alarms"] == 0
    assert _row(case.found(0, 180), "district", "yellow")["false_alarms"] == 1


def test_a_warning_cancelled_before_its_onset_is_judged_by_what_came_then(case: Case) -> None:
    first = case.warn("a", DISTRICT, 0, 2, valid=180.0, onset=T0 + 60 * MINUTE)
    case.warn("b", DISTRICT, 20, 0, valid=60.0, after=first, msg_type="Cancel")
    case.cycles(50, {})
    assert case.found(0, 100).table.empty
    case.cycles(60, {})
    assert _row(case.found(0, 100), "district", "yellow")["false_alarms"] == 1
