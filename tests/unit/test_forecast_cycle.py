"""The forecast cycle on a tiny city: all levels, kept states, late rain, lost states, members anywhere."""

from __future__ import annotations

import os
import signal
import time as time_module
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.rules_file import load_rules
from data.schema import City
from hazards import RainForcing
from sim.forecast.cycle import ForecastCycle
from sim.forecast.depth_field import read_depth
from sim.forecast.local_pool import LocalRunner
from sim.forecast.outlook import Outlook
from sim.forecast.rain_ahead import RainAhead
from sim.forecast.terms import ForecastTerms
from sim.scenario import CHINA
from tests.small_network import small_network
from tests.tiny_city import tiny_city

EPOCH = datetime(2026, 7, 15, 20, 0, tzinfo=CHINA)
RULES = load_rules()
TERMS = ForecastTerms(horizon_s=1800.0)
WET = RainForcing(np.array([0.0, 1800.0, 5400.0]), np.array([80.0, 150.0]) / 3.6e6)
DRY = RainForcing(np.array([0.0, 7200.0]), np.zeros(1))


def cycle_of(city: City, folder: Path | None = None, **more: object) -> ForecastCycle:
    return ForecastCycle(city, RULES, more.pop("terms", TERMS), folder=folder, threads=1, **more)  # type: ignore[arg-type]


def run(cycle: ForecastCycle, minute: float, rain: RainForcing = WET, members: int = 1) -> Outlook:
    """The cycle at a minute of a rain that is known beforehand."""
    time = EPOCH + timedelta(minutes=minute)
    ahead = RainAhead((rain,), "supplied", EPOCH, "test")
    return cycle.run(time, rain.until(max(minute * 60.0, 1.0)), EPOCH, ahead, members=members)


def said(outlook: Outlook) -> object:
    """Everything an outlook says but how long it took and what it says of its making."""
    return replace(outlook, wall_s=0.0, plan=outlook.plan.to_csv(), notes=())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def city() -> City:
    return tiny_city()


@pytest.fixture(scope="module")
def sewered() -> City:
    bare = tiny_city()
    return replace(bare, drainage=small_network(bare.grid))


def test_every_area_of_every_level_has_an_outlook(city: City) -> None:
    with cycle_of(city) as cycle:
        outlook = run(cycle, 20)
        assert cycle.detail is not None
        assert cycle.detail.planned == 0
    assert [(area.area, area.area_level, area.parent) for area in outlook.areas] == [
        ("510100", "city", ""), ("510101", "street", "510100"), ("510102", "street", "510100"),
    ]  # fmt: skip
    west = outlook.areas[1]
    assert west.colour >= 3  # 90 mm fall until the horizon, and the hollow lies there
    assert {"rain_3h_expected", "people_told"} <= {one.rule for one in west.evidence}
    assert west.people > 0
    assert west.probability[1] == 1.0
    assert outlook.time <= west.onset <= outlook.time + timedelta(seconds=1800)  # type: ignore[operator]
    assert west.shelters
    assert west.leave_by is not None
    assert west.leave_by >= outlook.time
    told = int(outlook.plan.loc[outlook.plan["area"] == "510101", "persons"].sum())
    assert told >= west.people
    assert outlook.cycle == "20260715T122000Z"
    assert outlook.rain == "supplied"
    assert set(outlook.notes) == {"forecast.note.cold_start", "forecast.note.one_member"}


def test_a_cold_start_begins_with_the_rain(city: City, tmp_path: Path) -> None:
    """Dry hours before the rain are not run, and older rain than the rules ask for is left out."""
    late = RainForcing(np.array([0.0, 36000.0, 37200.0, 43200.0]), np.array([0.0, 60.0, 60.0]) / 3.6e6)
    with cycle_of(city, tmp_path, terms=ForecastTerms(horizon_s=300.0)) as cycle:
        run(cycle, 620, late)
        state = cycle.analysis.states.read(EPOCH + timedelta(hours=24))[0]
        assert state.epoch == EPOCH + timedelta(hours=10)
        assert (state.time_s, state.rained_s) == (1200.0, 1200.0)
        run(cycle, 620 + 24 * 60 + 110, late)  # a day after the rain has ended
        state = cycle.analysis.states.read(EPOCH + timedelta(days=3))[-1]
        assert state.time_s == 0.0


def test_dry_weather_has_no_colour(city: City) -> None:
    with cycle_of(city) as cycle:
        outlook = run(cycle, 20, DRY)
    assert [area.colour for area in outlook.areas] == [0, 0, 0]
    assert all(area.onset is None and area.event == "" and area.shelters == () for area in outlook.areas)
    assert outlook.plan.empty


def test_rain_alone_where_the_terrain_says_nothing(city: City) -> None:
    """70 mm by 20:52:30 with rain going on: the 3 h sum of orange (50 mm) is reached, nobody is counted."""
    with cycle_of(city, terms=ForecastTerms(flood=False, horizon_s=1800.0)) as cycle:
        outlook = run(cycle, 30)
    assert "forecast.note.rain_only" in outlook.notes
    assert {area.event for area in outlook.areas} == {"rainstorm"}
    assert {area.people for area in outlook.areas} == {0}
    assert len({area.colour for area in outlook.areas}) == 1
    assert outlook.areas[0].colour == 4
    assert outlook.areas[0].colour_now == 0  # 40 mm so far


def test_a_cycle_goes_on_from_the_last_one_as_if_it_had_never_stopped(city: City, tmp_path: Path) -> None:
    """Three cycles from state to state say what one from the start says.

    Their time steps end at other moments, so depths differ by less than 1 mm; what is said is in cm.
    """
    with cycle_of(city, tmp_path) as cycle:
        run(cycle, 10)
        run(cycle, 20)
    with cycle_of(city, tmp_path) as again:  # the service was started anew
        outlook = run(again, 30)
    assert "forecast.note.cold_start" not in outlook.notes
    with cycle_of(city) as cycle:
        alone = run(cycle, 30)
    assert "forecast.note.cold_start" in alone.notes
    assert said(outlook) == said(alone)


def test_sewers_go_on_from_their_hot_start(sewered: City, tmp_path: Path) -> None:
    """A hot start is float32 and its engine eases in anew, so depths agree closely and not to the bit."""
    with cycle_of(sewered, tmp_path) as cycle:
        for minute in (10, 20):
            run(cycle, minute)
        stepped = run(cycle, 30)
        assert cycle.detail is not None
        steps = cycle.detail.depth
    with cycle_of(sewered) as cycle:
        alone = run(cycle, 30)
        assert cycle.detail is not None
        once = cycle.detail.depth
    assert "forecast.note.cold_start" not in stepped.notes
    assert steps is not None
    assert once is not None
    assert np.nanmax(once.worst) > 0.3
    assert np.nanmax(np.abs(steps.now - once.now)) < 0.01
    assert np.nanmax(np.abs(steps.worst - once.worst)) < 0.01
    assert [area.colour for area in stepped.areas] == [area.colour for area in alone.areas]


def test_late_rain_sends_the_analysis_back(city: City, tmp_path: Path) -> None:
    """Rain between minutes 10 and 20 that comes in at minute 30 is computed again from minute 10."""
    edges = np.array([0.0, 600.0, 1200.0, 1800.0, 5400.0])
    known = RainForcing(edges, np.array([60.0, 0.0, 60.0, 60.0]) / 3.6e6)
    late = RainForcing(edges, np.array([60.0, 90.0, 60.0, 60.0]) / 3.6e6)
    with cycle_of(city, tmp_path) as cycle:
        run(cycle, 10, known)
        run(cycle, 20, known)
        outlook = run(cycle, 30, late)
        following = run(cycle, 40, late)
    assert "forecast.note.went_back" in outlook.notes
    assert not {"forecast.note.went_back", "forecast.note.cold_start"} & set(following.notes)
    with cycle_of(city) as cycle:
        assert said(outlook) == said(run(cycle, 30, late))


def test_a_broken_state_is_said_and_costs_nothing_but_time(city: City, tmp_path: Path) -> None:
    with cycle_of(city, tmp_path) as cycle:
        run(cycle, 10)
        run(cycle, 20)
        states = sorted((tmp_path / "states").iterdir())
        assert len(states) == 2
        content = bytearray(states[1].read_bytes())
        content[len(content) // 2] ^= 0xFF
        states[1].write_bytes(bytes(content))
        one = run(cycle, 30)
        assert "forecast.note.state_lost" in one.notes
        for state in (tmp_path / "states").iterdir():
            state.write_bytes(b"PK")
        none = run(cycle, 40)
    assert "forecast.note.state_lost" in none.notes
    with cycle_of(city) as cycle:
        assert said(one) == said(run(cycle, 30))
        assert said(none) == said(run(cycle, 40))
    assert len(list((tmp_path / "states").iterdir())) == 1


def test_a_cycle_run_again_keeps_what_rained_before_it(city: City, tmp_path: Path) -> None:
    """The state of its moment stays as it was: rain that comes in late would else not be noticed."""
    with cycle_of(city, tmp_path, terms=ForecastTerms(horizon_s=300.0)) as cycle:
        run(cycle, 10)
        first, again = run(cycle, 20), run(cycle, 20)
        last = cycle.analysis.states.read(EPOCH + timedelta(hours=1))[-1]
    assert said(first) == said(again)
    assert last.time_s - last.since_s == 600.0
    assert last.rain_mm.max() > 10.0


def test_a_state_of_another_layout_is_given_up(city: City, tmp_path: Path) -> None:
    with cycle_of(city, tmp_path, terms=ForecastTerms(horizon_s=300.0)) as cycle:
        run(cycle, 10)
        states = cycle.analysis.states
        whole = states.whole(states.read(EPOCH + timedelta(hours=1))[0])
        assert whole is not None
        water = {name: array for name, array in whole.water.items() if name != "window_end"}
        states.save(replace(whole, water=water), 3600.0)
        outlook = run(cycle, 20)
    assert "forecast.note.state_lost" in outlook.notes


def test_states_are_kept_for_an_hour_and_no_longer(city: City, tmp_path: Path) -> None:
    with cycle_of(city, tmp_path, terms=ForecastTerms(horizon_s=300.0)) as cycle:
        for minute in (10, 30, 60, 80):
            run(cycle, minute, DRY)
    assert len(list((tmp_path / "states").iterdir())) == 3  # of the minutes 30, 60 and 80


def test_another_city_does_not_take_up_the_state(city: City, tmp_path: Path) -> None:
    with cycle_of(city, tmp_path) as cycle:
        run(cycle, 10)
    other = replace(city, terrain=city.terrain + np.where(city.grid.x_centres > 0, 1.0, 0.0) * 0.5)
    with cycle_of(other, tmp_path) as cycle:
        assert "forecast.note.cold_start" in run(cycle, 20).notes


@pytest.fixture(scope="module")
def ensemble(city: City) -> Iterator[Outlook]:
    """Four members in this process, one after another."""
    with cycle_of(city, workers=1) as cycle:
        yield run(cycle, 20, members=4)


def test_members_differ_and_their_shares_are_probabilities(ensemble: Outlook) -> None:
    assert ensemble.rain == "ensemble"
    assert ensemble.members == 4
    assert "forecast.note.one_member" not in ensemble.notes
    shares = np.array([area.probability for area in ensemble.areas])
    assert np.isin(shares, [0.0, 0.25, 0.5, 0.75, 1.0]).all()
    assert ensemble.areas[1].people_range[0] < ensemble.areas[1].people_range[1]


def test_processes_give_the_same_outlook_and_those_that_die_or_hang_are_replaced(city: City, ensemble: Outlook) -> None:
    """One is killed with its member, the other is stopped with its own, which no death tells of."""
    struck: list[int] = []

    def strike(stage: str, fraction: float) -> None:
        runner = cycle.members.runner
        if stage != "Water ahead" or not isinstance(runner, LocalRunner):
            return
        if fraction > 0.0 and not struck:
            struck.extend(process.pid for process in runner.processes)
            os.kill(struck[0], signal.SIGKILL)
            os.kill(struck[1], signal.SIGSTOP)
            time_module.sleep(0.3)  # its next member has been sent where it had just finished one
            runner.processes[1]._sign.value -= 601.0

    with cycle_of(city, workers=2) as cycle:
        time = EPOCH + timedelta(minutes=20)
        ahead = RainAhead((WET,), "supplied", EPOCH, "test")
        outlook = cycle.run(time, WET.until(1200.0), EPOCH, ahead, members=4, tell=strike)
        runner = cycle.members.runner
        assert isinstance(runner, LocalRunner)
        assert runner.lost == 2
        pids = {process.pid for process in runner.processes}
        assert not pids & set(struck)
    assert said(outlook) == said(ensemble)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids | set(struck))


def test_ctrl_c_on_the_terminal_leaves_the_processes_their_members(city: City) -> None:
    """It reaches every process; whoever watches finishes the cycle first."""

    def interrupt(stage: str, fraction: float) -> None:
        runner = cycle.members.runner
        if stage == "Water ahead" and isinstance(runner, LocalRunner):
            for process in runner.processes:
                if process.pid and fraction > 0.0:
                    os.kill(process.pid, signal.SIGINT)

    with cycle_of(city, workers=2) as cycle:
        time = EPOCH + timedelta(minutes=20)
        ahead = RainAhead((WET,), "supplied", EPOCH, "test")
        cycle.run(time, WET.until(1200.0), EPOCH, ahead, members=4, tell=interrupt)
        runner = cycle.members.runner
        assert isinstance(runner, LocalRunner)
        assert runner.lost == 0


def test_a_scheduler_gives_the_same_outlook(city: City, ensemble: Outlook) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None) as cluster,
        cycle_of(city, scheduler=cluster.scheduler_address, workers=1) as cycle,
    ):
        assert said(run(cycle, 20, members=4)) == said(ensemble)
        cluster.close()
        lost = run(cycle, 20, members=4)
        assert "forecast.note.scheduler_lost" in lost.notes
        assert said(lost) == said(ensemble)


def test_a_scheduler_that_is_not_there_is_named(city: City) -> None:
    with cycle_of(city, scheduler="tcp://127.0.0.1:1") as cycle, pytest.raises(InputError, match="scheduler"):
        run(cycle, 10, members=2)


def test_the_depth_of_now_and_the_worst_ahead_are_kept(city: City, tmp_path: Path) -> None:
    assert read_depth(tmp_path) is None
    with cycle_of(city, tmp_path) as cycle:
        run(cycle, 20)
    field = read_depth(tmp_path)
    assert field is not None
    assert city.people is not None
    hollow = city.people.iloc[[20]]  # its block holds the hollow
    found = field.at(float(hollow["lon"].iloc[0]), float(hollow["lat"].iloc[0]))
    assert found is not None
    assert 0.0 <= found[0] <= found[1]
    assert field.at(0.0, 0.0) is None
    content = (tmp_path / "depth.npz").read_bytes()
    flags = bytearray(content)
    flags[content.rindex(b"PK\x01\x02") + 8] ^= 0xFF  # how the last array is packed, in the table of the file
    for broken in (b"PK", bytes(flags)):
        (tmp_path / "depth.npz").write_bytes(broken)
        with pytest.raises(InputError):
            read_depth(tmp_path)


def test_a_time_without_its_offset_is_refused(city: City) -> None:
    with cycle_of(city, terms=ForecastTerms(flood=False)) as cycle, pytest.raises(InputError, match="offset"):
        cycle.run(datetime(2026, 7, 15, 20, 0), WET, EPOCH, RainAhead((WET,), "supplied", EPOCH, ""))
