"""Teams in a drill of the tiny city: with people who move by themselves, water, orders and mishaps around them."""

from __future__ import annotations

import numpy as np
import pytest

from data.schema.drills import CIRCLES, RESCUES, TRIPS
from sim.command.incident import Incident, run_incident
from sim.command.record import DrillRecord
from sim.movement.units import STATES
from tests.command_case import CITY, EAST, WEST, drill_setup, inject, order

MANY = (2000, 2000, 900, 900)
PEOPLE = {"bus": 0.3, "impaired": 0.2, "assisted": 0.1}


def _moved(record: DrillRecord) -> int:
    return int(record.trips.query("purpose == 'to_shelter' and arrive_s == arrive_s")["persons"].sum())


def test_whoever_waits_is_fetched_and_every_ride_is_in_the_books() -> None:
    setup = drill_setup(
        order("leave", 1.0, WEST, EAST), order("send_buses", 5.0, CITY, count=2), teams=True, capacity=MANY,
        people=PEOPLE, until_s=36_000.0,
    )  # fmt: skip
    record = run_incident(setup)
    end = record.outcome.timeline.iloc[-1]
    assert record.outcome.balance_error == 0
    assert end[list(STATES)].sum() == end["ordered"] == end["sheltered"]
    assert _moved(record) == record.outcome.ridden > 400
    calls = record.rescues
    assert set(calls["reason"]) == {"assisted"}
    assert calls["done_s"].notna().all()
    assert (
        calls["persons"].sum()
        == _moved(record) - record.trips.query("kind == 'bus' and purpose == 'to_shelter'")["persons"].sum()
    )
    for table, frame in ((TRIPS, record.trips), (RESCUES, record.rescues), (CIRCLES, record.circles)):
        assert tuple(frame.columns) == table.names


def test_who_waits_for_a_bus_that_never_comes_is_counted_at_home() -> None:
    record = run_incident(drill_setup(order("leave", 1.0, WEST), people={"bus": 0.3}))
    outcome = record.outcome
    assert outcome.waiting_by_block.sum() == outcome.final("waiting") > 0


@pytest.mark.parametrize("depth_m", [0.6, 1.5])
def test_water_under_vehicles_loses_nobody(depth_m: float) -> None:
    """Most roads under water from a quarter of an hour to an hour and more; at every exchange all are counted."""
    wet = {edge: depth_m for edge in range(528) if edge % 264 % 5}
    setup = drill_setup(
        order("leave", 1.0, WEST, EAST), order("send_buses", 5.0, CITY, count=2), order("close_road", 12.0, "R3"),
        teams=True, capacity=MANY, people=PEOPLE, depth_m={900.0: wet, 4000.0: {}}, until_s=10_800.0,
        injects=(inject("team_lost", 20.0, "A1", until_min=40.0),),
    )  # fmt: skip
    incident = Incident(setup)
    for minute in range(0, 180, 5):
        incident.step_to(60.0 * minute)
        count = dict(zip(STATES, incident.movement.count_by_state().tolist(), strict=True))
        assert sum(count.values()) == 1440
        assert incident.fleet.on_board() == count["riding"]
    incident.run()
    record = run_incident(setup)
    assert record.outcome.balance_error == 0
    assert record.outcome.rescued > 0
    assert (record.rescues["reached_s"] >= record.rescues["answered_s"]).equals(record.rescues["reached_s"].notna())


def test_a_barrier_stands_when_the_crew_has_been_there() -> None:
    """Two minutes to turn out, the drive, three minutes for the barrier; without teams at once."""
    script = (order("close_road", 10.0, "R3"),)
    with_crew, without = (run_incident(drill_setup(*script, teams=teams)) for teams in (True, False))
    done = with_crew.orders["done_s"].iloc[0]
    drive_s = float(np.diff(with_crew.trips[["leave_s", "arrive_s"]].to_numpy()[0])[0])
    assert done == pytest.approx(600.0 + 120.0 + drive_s + 180.0)
    assert without.orders["done_s"].tolist() == [600.0]
    assert without.trips.empty


def test_free_crews_are_counted_as_they_are() -> None:
    """Whatever is sent out, lost and back again: the count by kind is that of the vehicles, at every exchange."""
    mishaps = (inject("team_lost", 10, "B1", until_min=40.0), inject("team_lost", 20, "R1", until_min=21.0))
    setup = drill_setup(
        order("leave", 1, CITY), order("send_buses", 2, CITY, count=3), order("close_road", 3, "R7", "R30"),
        injects=mishaps, teams=True, people={"bus": 0.3, "impaired": 0.2, "assisted": 0.5},
    )  # fmt: skip
    incident = Incident(setup)
    busy = 0
    while not incident.over:
        incident.step_to(incident.env.now + 60.0)
        fleet = incident.fleet
        for kind, vehicles in fleet._of_kind.items():
            assert fleet._free[kind] == sum(vehicle.free for vehicle in vehicles)
            busy += len(vehicles) - fleet._free[kind]
    assert busy > 0
