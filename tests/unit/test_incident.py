"""A drill run by orders and injects: exact people, the same bytes again, and only later things changed by a change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.schema.drills import ORDERS_RESULT, WARNED
from sim.command.event_log import log_lines, replay_of
from sim.command.incident import Incident, run_incident
from sim.command.script import INJECT_KINDS, ORDER_KINDS
from sim.command.setup import GivenOrder
from tests.command_case import CITY, EAST, PERSONS, WEST, drill_setup, inject, order

PLANNED = 36 * (PERSONS - 10)  # people of the plan
MIXED = {"car": 0.2, "bus": 0.2, "impaired": 0.1, "assisted": 0.3, "compliance": 0.9, "shadow": 0.2}
LEAVE = (order("leave", 5, WEST), order("leave", 15, EAST))
EVERY_ORDER = (
    *LEAVE, order("stay", 21, WEST), order("close_shelter", 25, "S3"), order("open_shelter", 45, "S3"),
    order("redirect", 20, "S1", to="S4"), order("close_road", 10, "R7"), order("open_road", 40, "R7"),
    order("send_buses", 16, EAST, count=2), order("bulletin", 22),
)  # fmt: skip
EVERY_INJECT = (
    inject("rumour", 6, EAST, share=0.5, until_min=30.0),
    inject("channel_down", 8, WEST, channel="app", until_min=20.0),
    inject("road_blocked", 12, "R30", until_min=40.0), inject("shelter_power", 14, "S4", until_min=50.0),
    inject("team_lost", 18, "B1"), inject("power_cut", 9, EAST, until_min=35.0),
)  # fmt: skip


def _log(record):
    return list(log_lines(record.header, record.log))[1:]


def _events(record, kind):
    return [entry for entry in record.log if entry.kind == kind]


def _states(record):
    return record.outcome.timeline.drop(columns=["time_s", "ordered", "unordered"]).sum(axis=1)


def _check_books(record):
    line = record.outcome.timeline
    assert record.outcome.balance_error == 0
    assert (_states(record) == line["ordered"] + line["unordered"]).all()
    assert (line.drop(columns="time_s") >= 0).all(axis=None)


def test_everybody_told_leaves_and_is_counted():
    record = run_incident(drill_setup(*LEAVE))
    _check_books(record)
    line = record.outcome.timeline.set_index("time_s")
    assert line.loc[240.0, "ordered"] == 0
    assert line.loc[300.0, "ordered"] == PLANNED // 2
    assert line.loc[900.0, "ordered"] == PLANNED
    assert record.outcome.final("sheltered") >= 0.95 * PLANNED  # the rest has not heard, or gets ready
    assert record.outcome.first_order_s == 300.0
    assert list(record.orders.columns) == [name for name in ORDERS_RESULT.names if not name.startswith("worth")]
    assert record.orders["persons"].tolist() == [PLANNED // 2] * 2
    assert (record.orders["reached"] <= record.orders["persons"]).all()
    assert list(record.warned.columns) == list(WARNED.names)
    last = record.warned.groupby("area").last()
    assert last["reached"].tolist() == record.orders["reached"].tolist()
    assert (record.warned["left"] <= record.warned["reached"]).all()
    assert last["left"].sum() == line["ordered"].iloc[-1] - line["home"].iloc[-1]


def test_a_drill_of_everything_keeps_its_books_and_its_tables():
    record = run_incident(drill_setup(*EVERY_ORDER, injects=EVERY_INJECT, teams=True, people=MIXED))
    _check_books(record)
    assert record.orders["time_s"].is_monotonic_increasing
    assert set(record.orders["id"]) == {step.id for step in EVERY_ORDER}
    assert [entry.values["id"] for entry in _events(record, "order")] == record.orders["id"].tolist()
    assert {entry.values["id"] for entry in _events(record, "inject")} == {step.id for step in EVERY_INJECT}
    times = [entry.time_s for entry in record.log]
    assert times == sorted(times)
    assert [entry.seq for entry in record.log] == list(range(len(record.log)))
    assert record.site_queue.shape == record.site_open.shape == (len(record.site_time_s), 4)


def test_the_same_setup_gives_the_same_bytes_and_so_does_its_log():
    setup = drill_setup(*EVERY_ORDER, injects=EVERY_INJECT, teams=True, people=MIXED)
    first = run_incident(setup)
    again = run_incident(drill_setup(*EVERY_ORDER, injects=EVERY_INJECT, teams=True, people=MIXED))
    replayed = run_incident(replay_of(replace(setup, orders=(), injects=()), first.header))
    for other in (again, replayed):
        assert list(log_lines(other.header, other.log)) == list(log_lines(first.header, first.log))
        pd.testing.assert_frame_equal(other.outcome.timeline, first.outcome.timeline)
        pd.testing.assert_frame_equal(other.orders, first.orders)
        pd.testing.assert_frame_equal(other.trips, first.trips)


def test_another_seed_is_another_drill():
    one, two = (run_incident(drill_setup(*LEAVE, seed=seed)) for seed in (1, 2))
    assert _log(one) != _log(two)


@pytest.mark.parametrize("moved", [step for step in EVERY_ORDER if step.at_min >= 15])
def test_an_order_moved_changes_nothing_before_it(moved):
    """Everything in the log before the earlier of its two moments is the same line by line."""

    def run(at_min):
        steps = [replace(step, at_min=at_min) if step is moved else step for step in EVERY_ORDER]
        return run_incident(drill_setup(*steps, injects=EVERY_INJECT, teams=True, people=MIXED))

    here, later = run(moved.at_min), run(moved.at_min + 13.0)
    before = [entry for entry in here.log if entry.time_s < 60.0 * moved.at_min]
    assert before == [entry for entry in later.log if entry.time_s < 60.0 * moved.at_min]
    assert _log(here) != _log(later)


def test_whoever_has_not_left_stays_and_may_be_told_again():
    stay = run_incident(drill_setup(*LEAVE, order("stay", 20, CITY)))
    _check_books(stay)
    line = stay.outcome.timeline.set_index("time_s")
    went = PLANNED - line.loc[1200.0, "home"]
    assert 0 < went < PLANNED
    assert line["home"].iloc[-1] == PLANNED - went
    again = run_incident(drill_setup(*LEAVE, order("stay", 20, CITY), order("leave", 30, CITY)))
    _check_books(again)
    assert again.outcome.final("home") < 0.05 * PLANNED
    assert again.orders["persons"].tolist()[2:] == [PLANNED - went] * 2


def test_who_refuses_does_so_when_the_order_reaches_him():
    record = run_incident(drill_setup(order("leave", 5, CITY), people={"compliance": 0.75}))
    line = record.outcome.timeline.set_index("time_s")
    assert line.loc[300.0, "refused"] == 0
    assert 0.95 * 0.25 * PLANNED <= line["refused"].iloc[-1] <= 0.25 * PLANNED
    assert (np.diff(line["refused"]) >= 0).all()


def test_some_leave_at_the_first_warning_before_any_order():
    setup = drill_setup(order("leave", 60, CITY), people={"shadow": 0.3})
    setup = replace(setup, blocks=replace(setup.blocks, warned_s=np.full(36, 600.0)))
    record = run_incident(setup)
    _check_books(record)
    line = record.outcome.timeline.set_index("time_s")
    assert line.loc[600.0, "unordered"] == 0
    assert 0.9 * 0.3 * PLANNED <= line.loc[3540.0, "unordered"] <= 0.3 * PLANNED
    assert (np.diff(line["unordered"]) >= 0).all()  # told when they are gone: still of their own accord
    assert line["ordered"].iloc[-1] + line["unordered"].iloc[-1] == PLANNED


def test_a_channel_that_fails_makes_nobody_hear_earlier_and_takes_nothing_back():
    whole = run_incident(drill_setup(order("leave", 5, WEST)))
    broken = run_incident(
        drill_setup(order("leave", 5, WEST), injects=tuple(
            inject("channel_down", 8, WEST, channel=name, id=name) for name in ("app", "broadcast")
        ))
    )  # fmt: skip
    assert (broken.warned["reached"] <= whole.warned["reached"]).all()
    early = broken.warned["time_s"] <= 480.0
    assert (broken.warned["reached"][early] == whole.warned["reached"][early]).all()
    assert broken.warned["reached"].iloc[-1] < whole.warned["reached"].iloc[-1]


def test_a_rumour_moves_its_share_of_those_who_need_not_leave():
    record = run_incident(drill_setup(injects=(inject("rumour", 6, EAST, share=0.5, to="S3"),)))
    _check_books(record)
    spare = 18 * 10  # people of the east beside the plan
    assert _events(record, "inject")[0].values["persons"] == spare // 2
    line = record.outcome.timeline
    assert line["ordered"].iloc[-1] == 0
    assert 0.9 * spare / 2 <= line["unordered"].iloc[-1] <= spare / 2
    assert record.outcome.arrivals.sum(axis=0)[2] == line["sheltered"].iloc[-1]


def test_rumours_one_after_the_other_move_nobody_twice():
    rumours = (inject("rumour", 6, EAST, share=1.0), inject("rumour", 9, CITY, share=0.5))
    record = run_incident(drill_setup(injects=rumours))
    _check_books(record)
    spare = 18 * 10  # people beside the plan, of the east and of the west
    assert [entry.values["persons"] for entry in _events(record, "inject")] == [spare, spare // 2]


def test_a_shelter_closed_by_order_takes_nobody_until_it_is_opened_again():
    orders = (order("leave", 5, WEST), order("close_shelter", 10, "S1"), order("open_shelter", 40, "S1"))
    record = run_incident(drill_setup(*orders))
    _check_books(record)
    into = record.outcome.arrivals[:, 0]
    assert into[11:42].sum() == 0  # it opens two minutes after the order
    assert record.orders["done_s"].iloc[-1] == 2520.0
    assert [entry.time_s for entry in _events(record, "site_closed")] == [600.0 + 60.0]
    assert [entry.time_s for entry in _events(record, "site_opened")] == [2520.0]


def test_a_shelter_that_the_script_opens_is_shut_until_then():
    """The order at 30 min, the open door two minutes later; those who come before are sent on to another shelter."""
    record = run_incident(drill_setup(*LEAVE, order("open_shelter", 30, "S1")))
    _check_books(record)
    assert not record.site_open[record.site_time_s < 1920.0, 0].any()
    assert record.site_open[record.site_time_s >= 1920.0, 0].all()
    assert record.outcome.arrivals[:32, 0].sum() == 0
    assert record.outcome.arrivals[32:, 0].sum() > 0
    assert record.outcome.turned_at_door[0] > 0
    assert record.site_open[:, 1:].all()


def test_an_order_that_never_comes_leaves_its_shelter_shut():
    """What the order to open was worth is measured against a door that stays shut."""
    setup = drill_setup(*LEAVE, order("open_shelter", 30, "S1"))
    without = run_incident(replace(setup, orders=setup.orders[:2]))
    _check_books(without)
    assert without.outcome.arrivals[:, 0].sum() == 0


def test_a_shelter_closed_first_or_opened_live_is_open_from_the_start():
    closed_first = drill_setup(order("close_shelter", 10, "S1"), order("open_shelter", 40, "S1"))
    assert (closed_first.sites.opens_at_s == 0.0).all()
    live = [GivenOrder(order("open_shelter", 40, "S1"), "live")]
    assert (drill_setup().with_inputs(live, ()).sites.opens_at_s == 0.0).all()


def test_a_hall_without_power_closes_and_a_park_does_not():
    dark = (inject("shelter_power", 10, "S1", "S2", until_min=60.0),)
    record = run_incident(drill_setup(*LEAVE, injects=dark))
    _check_books(record)
    assert _events(record, "inject")[0].values["closed"] == ["S1"]
    assert record.outcome.arrivals[11:60, 0].sum() == 0
    assert record.outcome.arrivals[11:60, 1].sum() > 0
    assert _events(record, "site_closed")[0].values == {"site": "S1", "why": "dark"}


def test_a_power_cut_silences_what_needs_the_mains_and_closes_halls_of_its_area():
    whole = run_incident(drill_setup(*LEAVE))
    setup = drill_setup(*LEAVE, injects=(inject("power_cut", 8, WEST, until_min=60.0),))
    record = run_incident(setup)
    _check_books(record)
    west = {setup.sites.ids[site] for site in setup.places.sites[WEST]}
    halls = {name for name, dark in zip(setup.sites.ids, setup.sites.dark, strict=True) if dark}
    said = _events(record, "inject")[0].values
    assert said["channels"] == ["broadcast", "television"]
    assert set(said["closed"]) == west & halls != set()
    shut = np.isin(setup.sites.ids, said["closed"])
    dark = (record.site_time_s > 480.0) & (record.site_time_s < 3600.0)
    assert not record.site_open[dark][:, shut].any()
    assert record.site_open[dark][:, ~shut].all()
    assert record.site_open[record.site_time_s > 3600.0].all()
    # the same people hear later in the west, and nothing changes in the east
    for area, less in ((WEST, True), (EAST, False)):
        reached, of_all = (
            found.warned[found.warned["area"] == area].set_index("time_s")["reached"] for found in (record, whole)
        )
        assert (reached <= of_all).all()
        assert (reached < of_all).any() == less


def test_a_door_that_water_has_closed_is_not_opened():
    setup = drill_setup(*LEAVE, order("open_shelter", 30, "S1"), order("open_shelter", 40, "S1", "S2", id="both"))
    setup = replace(setup, sites=replace(setup.sites, closed_at_s=np.array([1200.0, np.inf, np.inf, np.inf])))
    record = run_incident(setup)
    _check_books(record)
    assert np.isnan(record.orders["done_s"].iloc[2])
    done = [entry.values for entry in _events(record, "done")][2:]
    assert done == [{"id": "open_shelter-30-S1", "refused": ["S1"]}, {"id": "both", "kept_shut": ["S1"]}]
    assert record.outcome.arrivals[21:, 0].sum() == 0


def test_a_power_cut_of_the_scenario_shuts_a_hall_until_the_power_is_back():
    setup = drill_setup(*LEAVE)
    spans = ((0, 600.0, 2400.0), (0, 900.0, 3000.0), (1, 600.0, np.inf))  # S2 needs no power
    record = run_incident(replace(setup, sites=replace(setup.sites, dark_spans=spans)))
    _check_books(record)
    assert [(e.time_s, e.values) for e in _events(record, "site_closed")] == [(660.0, {"site": "S1", "why": "dark"})]
    assert [(e.time_s, e.values) for e in _events(record, "site_opened")] == [(3060.0, {"site": "S1"})]
    assert record.outcome.arrivals[12:51, 0].sum() == 0 < record.outcome.arrivals[51:, 0].sum()


def test_a_road_blocked_stays_blocked_when_an_order_opens_it():
    setup = drill_setup(order("open_road", 20, "R7"), injects=(inject("road_blocked", 10, "R7", until_min=30.0),))
    edges = setup.places.roads["R7"]
    incident = Incident(setup)
    for minute, barred in ((9, False), (15, True), (25, True), (35, False)):
        incident.step_to(60.0 * minute)
        assert (incident.water.open[edges] == 2).all() == barred


def test_buses_are_for_all_who_would_ride_even_if_the_order_comes_too_late():
    people = {"bus": 0.25}
    late = run_incident(drill_setup(*LEAVE, order("send_buses", 119, CITY, count=1), teams=True, people=people))
    early = run_incident(drill_setup(*LEAVE, order("send_buses", 16, CITY, count=2), teams=True, people=people))
    assert late.orders["persons"].iloc[-1] == early.orders["persons"].iloc[-1] == PLANNED // 4
    assert late.orders["reached"].iloc[-1] == 0
    assert np.isnan(late.orders["done_s"].iloc[-1])
    assert 0 < early.orders["reached"].iloc[-1] <= PLANNED // 4
    assert early.outcome.ridden > late.outcome.ridden == 0


def test_underpasses_are_closed_and_pumped_by_crews():
    steps = (order("close_underpass", 10, "U1"), order("pump", 12, "U1"), order("open_underpass", 60, "U1"))
    setup = drill_setup(*steps, teams=True)
    edges = setup.places.roads["R40"]
    setup = replace(setup, places=replace(setup.places, underpasses={"U1": edges}))
    incident = Incident(setup)
    incident.step_to(600.0)
    assert (incident.water.open[edges] == 0).all()
    incident.step_to(3000.0)
    assert (incident.water.open[edges] == 2).all()
    record = run_incident(setup)
    closed, pumped, opened = record.orders["done_s"].tolist()
    assert 600.0 < closed < 3000.0  # the crew has to come first
    assert pumped > 720.0
    assert opened > 3600.0
    assert record.pumps[["team", "underpass", "called_s", "arrived_s"]].to_numpy().tolist() == [
        [record.pumps["team"].iloc[0], "U1", 720.0, pytest.approx(pumped, abs=1e-3)]
    ]


def test_two_orders_of_one_id_are_refused():
    with pytest.raises(InputError, match="one id"):
        run_incident(drill_setup(order("leave", 5, WEST, id="a"), order("leave", 6, EAST, id="a")))


def test_a_site_that_fills_up_is_told_once_and_one_without_places_never():
    record = run_incident(drill_setup(*LEAVE, capacity=(0, 100, 900, 900)))
    _check_books(record)
    (full,) = [entry for entry in _events(record, "site_full") if entry.values["site"] == "S2"]
    assert full.values == {"site": "S2", "persons": 100}
    assert "S1" not in {entry.values["site"] for entry in _events(record, "site_full")}
    assert record.outcome.peak.tolist()[:2] == [0, 100]


def test_roads_close_and_open_again_by_the_later_order():
    record = run_incident(drill_setup(order("close_road", 10, "R7"), order("open_road", 20, "R7")))
    assert record.orders["done_s"].tolist() == [600.0, 1200.0]  # without road teams at once


_KINDS = [kind for kind in ORDER_KINDS if "underpass" not in kind and kind != "pump"]  # there is no underpass
_ORDERS = st.lists(st.tuples(st.sampled_from(_KINDS), st.integers(0, 110), st.integers(0, 3)), max_size=6)
_INJECTS = st.lists(st.tuples(st.sampled_from(INJECT_KINDS), st.integers(0, 110), st.integers(1, 40)), max_size=4)


def _any_order(number, kind, at_min, which):
    targets = {"leave": (WEST, EAST, CITY, WEST), "stay": (WEST, EAST, CITY, EAST), "send_buses": (CITY,) * 4}
    target = targets.get(kind, (f"R{17 * which + 3}",) * 4 if "road" in kind else ("S1", "S2", "S3", "S4"))[which]
    more = {"to": "S4" if target != "S4" else "S1"} if kind == "redirect" else {}
    more |= {"count": 2} if kind == "send_buses" else {}
    return order(kind, at_min, *(() if kind == "bulletin" else (target,)), id=f"o{number}", **more)


def _any_inject(number, kind, at_min, lasts):
    targets = {"shelter_power": ("S3",), "road_blocked": ("R40", "R99"), "rumour": (CITY,), "team_lost": ("B1",)}
    targets["power_cut"] = (CITY,)
    more = {"rumour": {"share": 0.3}, "channel_down": {"channel": "app"}}.get(kind, {})
    return inject(kind, at_min, *targets.get(kind, ()), id=f"i{number}", until_min=at_min + lasts, **more)


@settings(max_examples=15, deadline=None)
@given(_ORDERS, _INJECTS)
def test_nobody_is_lost_whatever_is_ordered_and_goes_wrong(orders, injects):
    record = run_incident(
        drill_setup(
            *(_any_order(k, *values) for k, values in enumerate(orders)),
            injects=tuple(_any_inject(k, *values) for k, values in enumerate(injects)),
            teams=True, people=MIXED, capacity=(300, 500, 100, 200),
            depth_m={1800.0: dict.fromkeys(range(20, 60), 1.5), 3600.0: {}},
        )
    )  # fmt: skip
    _check_books(record)
