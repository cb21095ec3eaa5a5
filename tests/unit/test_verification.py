"""Warned against observed: hits, late, misses, false alarms, lead times; probabilities against what came true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.rules_file import load_rules
from data.schema import RELIABILITY, VERIFICATION
from sim.forecast.reliability import brier, reliability_table
from sim.forecast.verification import (
    ColourChange,
    Spell,
    event_gap_s,
    match_spells,
    spells,
    verification_table,
    verify,
)

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
END = NOON + timedelta(hours=10)


def _at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def _line(*steps: tuple[float, int], area: str = "A", level: str = "district") -> list[ColourChange]:
    return [ColourChange(area, level, _at(minute), colour) for minute, colour in steps]


def _spans(found: list[Spell]) -> list[tuple[float, float]]:
    return [((s.start - NOON).total_seconds() / 60, (s.end - NOON).total_seconds() / 60) for s in found]


def test_spells_of_a_colour_or_worse() -> None:
    line = _line((0, 1), (10, 3), (20, 2), (30, 0), (100, 1))
    assert _spans(spells(line, 1, END, 0.0)) == [(0, 30), (100, 600)]
    assert _spans(spells(line, 2, END, 0.0)) == [(10, 30)]
    assert spells(line, 4, END, 0.0) == []
    assert _spans(spells(line, 1, _at(15), 0.0)) == [(0, 15)]


def test_a_short_interruption_is_none() -> None:
    line = _line((0, 2), (10, 0), (40, 2), (50, 0))
    assert _spans(spells(line, 1, END, 1799.0)) == [(0, 10), (40, 50)]
    assert _spans(spells(line, 1, END, 1800.0)) == [(0, 50)]
    assert event_gap_s(load_rules()) == 10_800.0


@pytest.mark.parametrize(
    ("warned", "outcomes", "lead_min"),
    [
        ([(70, 200)], ["hit"], 30.0),
        ([(100, 200)], ["hit"], 0.0),
        ([(101, 200)], ["late"], -1.0),
        ([], ["miss"], None),
        ([(20, 90)], ["miss", "false_alarm"], None),
        ([(20, 100)], ["miss", "false_alarm"], None),  # it ended as the event began
        ([(160, 200)], ["miss", "false_alarm"], None),
        ([(20, 60), (80, 120), (140, 300)], ["hit", "false_alarm"], 20.0),
        ([(110, 120), (140, 300)], ["late"], -10.0),
    ],
)
def test_what_becomes_of_an_event(warned, outcomes, lead_min) -> None:
    """The event lasts from minute 100 to 160."""
    said = [Spell(_at(start), _at(end)) for start, end in warned]
    matches = match_spells(said, [Spell(_at(100), _at(160))])
    assert [one.outcome for one in matches] == outcomes
    lead = matches[0].lead_s
    assert (None if lead is None else lead / 60.0) == lead_min


def test_a_warning_that_stays_foresees_no_event_before_the_last_is_over() -> None:
    events = [Spell(_at(100), _at(160)), Spell(_at(400), _at(430))]
    leads = [one.lead_s for one in match_spells([Spell(_at(40), _at(600))], events)]
    assert leads == [3600.0, 240.0 * 60.0]


def test_the_table_counts_colour_or_worse() -> None:
    warned = [*_line((0, 3), (200, 0)), *_line((0, 1), (50, 0), area="B")]
    observed = [*_line((60, 2), (120, 0)), *_line((300, 4), (330, 0), area="B")]
    table = verification_table(verify(warned, observed, END, 0.0))
    assert tuple(table.columns) == VERIFICATION.names
    assert set(table["level"]) == {"district"}
    table = table.set_index("colour")
    counts = table[["hits", "late", "misses", "false_alarms"]].to_numpy().tolist()
    assert counts == [[1, 0, 1, 1], [1, 0, 1, 0], [0, 0, 1, 1], [0, 0, 1, 0]]
    assert table.loc["blue", ["pod", "far", "csi", "lead_median_min"]].tolist() == pytest.approx([0.5, 0.5, 1 / 3, 60])
    assert np.isnan(table.loc["red", "far"])
    assert np.isnan(table.loc["red", "lead_median_min"])


TIMES = st.lists(st.tuples(st.integers(0, 599), st.integers(0, 4)), max_size=12)


@settings(max_examples=150)
@given(TIMES, TIMES, st.sampled_from([0.0, 900.0]))
def test_every_event_and_every_warning_is_counted_once(said, seen, gap) -> None:
    warned, observed = _line(*said), _line(*seen)
    matches = verify(warned, observed, END, gap)
    for colour in (1, 2, 3, 4):
        here = [m for m in matches if m.colour == colour]
        events = spells(observed, colour, END, gap)
        assert [m.observed for m in here if m.observed] == events
        used = {m.warned for m in here if m.warned}
        for warning in spells(warned, colour, END, 0.0):
            touched = any(warning.start < e.end and e.start < warning.end for e in events)
            assert touched or warning in used
    perfect = verification_table(verify(observed, observed, END, 0.0))
    assert perfect[["late", "misses", "false_alarms"]].to_numpy().sum() == 0


def test_a_brier_score_by_hand() -> None:
    score = brier(np.array([0.9, 0.9, 0.1, 0.1]), np.array([1, 0, 0, 0]), 10)
    assert score.score == pytest.approx((0.01 + 0.81 + 0.01 + 0.01) / 4)
    assert score.reliability == pytest.approx((2 * 0.4**2 + 2 * 0.1**2) / 4)
    assert score.resolution == pytest.approx(0.25**2)
    assert score.uncertainty == pytest.approx(0.25 * 0.75)
    assert (score.skill, score.forecasts) == (pytest.approx(1 - 0.21 / 0.1875), 4)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.booleans()), min_size=1, max_size=60), st.integers(1, 20))
def test_the_parts_make_the_score(pairs, classes) -> None:
    """Murphy's three and the two within classes sum to the score, whatever the classes."""
    p, o = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    b = brier(p, o, classes)
    assert b.reliability - b.resolution + b.uncertainty + b.within == pytest.approx(b.score, abs=1e-12)
    table = reliability_table(np.full(p.size, 2), p, o, classes)
    assert tuple(table.columns) == RELIABILITY.names
    assert table.groupby("colour")["forecasts"].sum().to_dict() == {"blue": 0, "yellow": p.size, "orange": 0, "red": 0}
    held = table[table["forecasts"] > 0]
    assert ((held["mean_p"] >= held["from_p"] - 1e-9) & (held["mean_p"] <= held["to_p"] + 1e-9)).all()
    assert (held["forecasts"] * held["observed"]).sum() == pytest.approx(o.sum())


@pytest.mark.parametrize(("p", "o"), [([1.1], [1]), ([0.5], [2]), ([], []), ([0.5, 0.5], [1])])
def test_what_is_no_probability(p, o) -> None:
    with pytest.raises(ValueError, match=r"0 to 1|0 or 1|n >= 1"):
        brier(np.array(p), np.array(o), 10)
