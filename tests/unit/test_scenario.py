"""Scenario files: every key reaches its field, and what is wrong is named."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
import tomli_w

from data.errors import InputError
from sim.scenario import Scenario, Storm, parse_storm, read_scenario


def _write(folder, text):
    path = folder / "s.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_is_the_default(tmp_path):
    assert read_scenario(_write(tmp_path, "")) == Scenario()


def test_a_resolved_scenario_reads_back_equal(tmp_path):
    scenario = Scenario(name="x", seed=7, storm=Storm(return_period_a=20.0, uplift=1.1))
    text = tomli_w.dumps({**scenario.resolved(), "made_by": {"rongan": "0.1.0"}})
    assert read_scenario(_write(tmp_path, text)) == scenario


def test_a_resolved_scenario_reads_back_with_what_fails_everywhere(tmp_path):
    scenario = read_scenario(_write(tmp_path, '[[failure]]\nkind = "inlets"\nshare = 0.5'))
    assert read_scenario(_write(tmp_path, tomli_w.dumps(scenario.resolved()))) == scenario


def test_every_part_is_read(tmp_path):
    text = """
name = "n"
seed = 3
start = 2026-08-01T05:00:00+08:00
time_of_day = "day"
[city]
sample = "city"
[storm]
return_period_a = 20
duration_min = 60
peak_ratio = 0.5
lead_min = 0
uplift = 1.2
[flood]
duration_h = 2
output_step_min = 5
drainage_factor = 0.5
threads = 1
[plan]
demand = "all"
stay = "long"
nearest = 4
max_walk_min = 30
[evacuation]
compliance_share = 1.0
departure_sigma_min = 5
order_lead_min = 10
"""
    scenario = read_scenario(_write(tmp_path, text))
    assert scenario.start == datetime(2026, 8, 1, 5, tzinfo=timezone(timedelta(hours=8)))
    assert (scenario.sample, scenario.time_of_day, scenario.seed) == ("city", "day", 3)
    assert scenario.storm == Storm(20.0, 60.0, 0.5, 0.0, 1.2)
    assert (scenario.flood.drainage_factor, scenario.flood.threads) == (0.5, 1)
    assert (scenario.plan.demand, scenario.plan.stay, scenario.plan.nearest) == ("all", "long", 4)
    assert scenario.evacuation.compliance_share == 1.0


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("sed = 1", "sed"),
        ("[storm]\nreturn_period = 50", "return_period"),
        ("seed = -1", "seed"),
        ("seed = 1.5", "seed"),
        ("start = 2026-07-15T20:00:00", "start"),
        ("[flood]\nduration_h = 0", "duration_h"),
        ("[flood]\nduration_h = nan", "duration_h"),
        ("[flood]\nduration_h = 1e300", "duration_h"),
        ("[flood]\nduration_h = 1" + "0" * 400, "duration_h"),
        ("[plan]\ndemand = 'some'", "demand"),
        ("[city]\nsample = 'tiny'", "sample"),
        ("[city]\npath = 'nowhere'", "path"),
        ("[storm]\nseries = 'gone.csv'", "series"),
        ("[storm]\nseries = 's.toml'\nreturn_period_a = 5", "series"),
        ("[evacuation]\ncompliance_share = 1.2", "compliance_share"),
        ("storm = 3", "storm"),
        ("name = ", ""),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, place):
    path = _write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    assert caught.value.exit_code == 2
    assert place in caught.value.place
    assert str(path) in str(caught.value)


def test_storms_from_the_command_line(tmp_path):
    assert parse_storm("50a") == Storm(return_period_a=50.0)
    assert parse_storm("20a/60min") == Storm(return_period_a=20.0, duration_min=60.0)
    rain = tmp_path / "r.csv"
    rain.write_text("time_s,rain_mm_h\n0,1\n60,0\n")
    assert parse_storm(str(rain)).series == rain
    for wrong in ("50", "a50", "-5a", "50a/xmin", "gone.csv", ""):
        with pytest.raises(InputError):
            parse_storm(wrong)


def test_a_storm_of_the_command_line_keeps_what_it_does_not_name(tmp_path):
    rain = tmp_path / "rain.csv"
    rain.write_text("time_s,rain_mm_h\n0,10\n600,0\n")
    beside = Storm(duration_min=60.0, peak_ratio=0.5, lead_min=5.0, uplift=1.3)
    assert parse_storm("20a", beside) == Storm(20.0, 60.0, 0.5, 5.0, 1.3)
    assert parse_storm(str(rain), beside) == Storm(lead_min=5.0, uplift=1.3, series=rain)
    assert parse_storm("20a", Storm(series=rain, lead_min=5.0)) == Storm(20.0, lead_min=5.0)


@pytest.mark.parametrize(
    "text",
    [
        "[storm]\nuplift = 0",  # no rain is a series of zeros
        '[storm]\nseries = "s.toml"\nduration_min = 60',
        '[storm]\ngrid = "s.toml"\npeak_ratio = 0.4',
        "[flood]\noutput_step_min = 7",
    ],
)
def test_what_would_be_dropped_in_silence_is_refused(tmp_path, text):
    with pytest.raises(InputError):
        read_scenario(_write(tmp_path, text))
