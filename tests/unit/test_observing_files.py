"""Observations and sensors from files: rows that cannot be read are named, growing files are read once."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.city_writer import write_city
from data.errors import InputError
from data.readers.city import load_city, read_city
from data.readers.observations import Look, ObservationFolder, parse_row, read_observations
from data.readers.report import Report
from data.readers.swmm_rain import SwmmRainForm, read_swmm_rain
from data.sample.sensors import place_sensors
from sim.observing.intake import observed, sensor_book
from tests.shared_data import shared
from tests.tiny_city import tiny_city

HEAD = "sensor,time,value,unit\n"
CHINA = timezone(timedelta(hours=8))


def _file(tmp_path: Path, text: str, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_reads_as_written(tmp_path) -> None:
    path = _file(tmp_path, HEAD + "G1,2026-07-01T08:05:00+08:00,1.5,mm\nG2,2026-07-01T00:05:00Z,0,\n")
    first, second = read_observations(path)
    assert (first.sensor, first.value, first.unit, first.place) == ("G1", 1.5, "mm", "row 2")
    assert first.time == second.time == datetime(2026, 7, 1, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "place", "words"),
    [
        ("G1,2026-07-01T08:05:00,1,", "row 3, time", "without an offset"),
        ("G1,2026-07-01,1,", "row 3, time", "without an offset"),
        ("G1,yesterday,1,", "row 3, time", "not a time"),
        ("G1,2026-07-01T08:05:00+08:00,,", "row 3, value", "not a number"),
        ("G1,2026-07-01T08:05:00+08:00,nan,", "row 3, value", "not a finite number"),
        ("G1,2026-07-01T08:05:00+08:00,1_0,", "row 3, value", "not a number"),
        (",2026-07-01T08:05:00+08:00,1,", "row 3, sensor", "empty"),
        ("G1,2026-07-01T08:05:00+08:00,1", "row 3", "wrong number of fields"),
        ("G1,0001-01-01T00:00:00+14:00,1,", "row 3, time", "impossible time"),
    ],
)
def test_a_bad_row_is_named(tmp_path, row, place, words) -> None:
    path = _file(tmp_path, HEAD + "G1,2026-07-01T08:00:00+08:00,0,\n" + row + "\n")
    with pytest.raises(InputError, match=words) as caught:
        read_observations(path)
    assert caught.value.place == place
    report = Report(collect=True)
    assert len(read_observations(path, report)) == 1
    assert [finding.place for finding in report.findings] == [place]


@pytest.mark.parametrize("head", ["sensor,time\n", "sensor,time,value,value\n", "sensor,time,value,colour\n"])
def test_a_bad_header_is_refused(tmp_path, head) -> None:
    with pytest.raises(InputError, match="column"):
        read_observations(_file(tmp_path, head + "G1,2026-07-01T08:00:00Z,0\n"))


@pytest.mark.parametrize("field", [{"value": True}, {"value": [1]}, {"sensor": 3}, {"sensor": "a\x00"}, {"no": 1}])
def test_rows_of_json_are_as_strict(field) -> None:
    row = {"sensor": "G1", "time": "2026-07-01T08:00:00Z", "value": 1}
    assert parse_row(row, "row 1").value == 1.0
    with pytest.raises(InputError):
        parse_row({**row, **field}, "row 1")


LINES = [f"G{k},2026-07-01T{k // 60:02d}:{k % 60:02d}:00Z,{k}\n" for k in range(12)]


@settings(max_examples=60)
@given(cuts=st.lists(st.integers(0, 470), max_size=8), restart=st.booleans())
def test_a_growing_file_brings_each_row_once(tmp_path_factory, cuts, restart) -> None:
    """Whatever the moments at which it is looked at, also in the middle of a line, and after a restart."""
    folder = ObservationFolder(tmp_path_factory.mktemp("in"))
    whole = ("\ufeffsensor,time,value\n" + "".join(LINES)).encode()
    values: list[float] = []
    for cut in [*sorted(cuts), len(whole)]:
        (folder.folder / "a.csv").write_bytes(whole[:cut])
        look = folder.look()
        assert look.findings == []
        values += [one.value for one in look.observations]
        if restart:
            folder = ObservationFolder(folder.folder, dict(folder.seen))
    assert values == list(range(12))


def test_a_file_put_in_place_of_another_is_read_from_its_beginning(tmp_path) -> None:
    folder = ObservationFolder(tmp_path)
    path = _file(tmp_path, HEAD + "G1,2026-07-01T08:00:00Z,1,\nbad\nG1,2026-07-01T08:01:00Z,2,\n")
    look = folder.look()
    assert [one.value for one in look.observations] == [1.0, 2.0]
    assert [finding.place for finding in look.findings] == ["row 3"]
    path.write_text(HEAD + "G1,2026-07-01T08:02:00Z,3,\n", encoding="utf-8")
    assert [one.value for one in folder.look().observations] == [3.0]
    path.write_text("no,such,header\n", encoding="utf-8")
    assert [finding.message for finding in folder.look().findings] == ["unknown column"]
    assert folder.look().findings == []
    path.write_bytes(HEAD.encode() + b"\xff,2026-07-01T08:02:00Z,3,\nG1,2026-07-01T08:03:00Z,4,\n")
    look = folder.look()
    assert [one.value for one in look.observations] == [4.0]
    assert [finding.message for finding in look.findings] == ["not UTF-8 text"]


@pytest.mark.parametrize(
    "content",
    [
        b"sensor,time,value\rG1,2026-07-01T08:00:00Z,1\r",  # the line ends of an old Mac
        b"sensor,time,value" + b"," * 70_000,
        b"\x00" * 70_000,
        "sensor,time,value\n".encode("utf-16"),
        HEAD.encode() + b"\x00" * (2**20 + 1),
    ],
    ids=["returns", "endless header", "zeros", "utf-16", "endless line"],
)
def test_a_file_that_would_never_bring_a_row_is_told_once(tmp_path, monkeypatch, content) -> None:
    monkeypatch.setattr("data.readers.observations._MOST_BYTES", 2**20)
    (tmp_path / "a.csv").write_bytes(content)
    (tmp_path / "b.csv").write_text(HEAD + "G1,2026-07-01T08:00:00Z,1,\n", encoding="utf-8")
    folder = ObservationFolder(tmp_path)
    look = folder.look()
    assert [one.value for one in look.observations] == [1.0]  # the other file is read all the same
    assert [Path(finding.file).name for finding in look.findings] == ["a.csv"]
    assert folder.look() == Look([], [])


def test_a_backlog_comes_over_several_looks_and_keeps_no_other_file_waiting(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("data.readers.observations._MOST_ROWS_LOOK", 5)
    (tmp_path / "a.csv").write_text("sensor,time,value\n" + "".join(LINES), encoding="utf-8")
    (tmp_path / "b.csv").write_text("sensor,time,value\n" + "".join(LINES[:2]), encoding="utf-8")
    folder = ObservationFolder(tmp_path)
    looks = [folder.look() for _ in range(5)]
    assert [[one.value for one in look.observations] for look in looks] == [
        [0.0, 1.0, 2.0, 0.0, 1.0], [3.0, 4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0], [], [],
    ]  # fmt: skip
    assert [look.waiting > 0 for look in looks] == [True, True, False, False, False]


def test_a_pipe_in_the_folder_is_told_and_not_waited_for(tmp_path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("sensor,time,value\n" + LINES[1], encoding="utf-8")
    (tmp_path / "c.csv").symlink_to(tmp_path / "b.csv")
    look = ObservationFolder(tmp_path).look()
    assert [one.value for one in look.observations] == [1.0, 1.0]
    assert [(Path(one.file).name, one.message) for one in look.findings] == [("a.csv", "not a regular file")]


def test_a_file_larger_than_can_be_kept_is_refused_while_it_is_read(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("data.readers.observations._MOST_ROWS", 10)
    monkeypatch.setattr("data.readers.observations._CHUNK", 4)
    rows = [f"G1,2026-07-01T08:{k % 60:02d}:00Z,0,\n" for k in range(12)]
    assert len(read_observations(_file(tmp_path, HEAD + "".join(rows[:10])))) == 10
    with pytest.raises(InputError, match="too many rows") as caught:
        read_observations(_file(tmp_path, HEAD + "".join(rows) + "no row\n" * 100))
    assert caught.value.place == "row 13"  # what comes after it was not read


@pytest.mark.parametrize(
    "text",
    [
        "sensor;time;value\nG1;2026-07-01T08:00:00Z;1,5\n",
        "sensor,time,value\n2026-07-01T08:00:00Z,G1,1.5\n",
        "sensor,time,value\nG1,2026-07-01T08:00:00Z,1,5\n",
        'sensor,time,value\nG1,2026-07-01T08:00:00Z,"1,5"\n',
        "sensor,time,value\nG1,2026-07-01T08:00:00Z,1\x00\n",
        "sensor,time,value\nG1,2026-07-01T08:00:00Z,１．５\n",
        'sensor,time,value\n"G1,2026-07-01T08:00:00Z,1\n',
        "# gauges\nsensor,time,value\nG1,2026-07-01T08:00:00Z,1\n",
    ],
)
def test_what_other_programs_write_is_never_read_as_something_else(tmp_path, text) -> None:
    with pytest.raises(InputError):
        read_observations(_file(tmp_path, text))
    look = ObservationFolder(tmp_path).look()
    assert look.observations == []
    assert len(look.findings) == 1


def test_units_come_out_as_those_of_the_quantity(tmp_path) -> None:
    sensors = sensor_book(place_sensors(tiny_city().grid, np.random.default_rng(1)))
    name = next(iter(sensors))
    row = {"sensor": name, "time": "2026-07-01T08:00:00Z", "value": 0.5, "unit": "in"}
    now = datetime(2026, 7, 1, 8, 1, tzinfo=UTC)
    assert observed(parse_row(row, ""), sensors, now).value == pytest.approx(12.7)
    odd = observed(parse_row({**row, "unit": "hPa"}, ""), sensors, now)
    assert (odd.quality, odd.value) == ("unit", 0.5)
    assert observed(parse_row({**row, "quantity": "pond_depth"}, ""), sensors, now).quality == "unit"
    for wrong in ({"sensor": "RG9"}, {"quantity": "rian"}):
        with pytest.raises(InputError, match="unknown"):
            observed(parse_row({**row, **wrong}, "row 7"), sensors, now)


def test_sensors_of_a_pack(tmp_path) -> None:
    """They go through a pack and back; one that watches nothing is told; a pack without them is as good."""
    city = tiny_city()
    sensors = place_sensors(city.grid, np.random.default_rng(1))
    write_city(replace(city, sensors=sensors), tmp_path / "pack")
    again = read_city(tmp_path / "pack").sensors
    assert again is not None
    assert list(again["id"]) == list(sensors["id"])
    np.testing.assert_allclose(again["x_m"], sensors["x_m"], atol=1e-3)
    file = tmp_path / "pack" / "sensors.csv"
    file.write_text(
        file.read_text("utf-8").replace(",rain,", ",pond_depth,").replace(",300.0,,", ",300.0,U9,"), "utf-8"
    )
    report = Report(collect=True)
    load_city(tmp_path / "pack", report)
    assert any("watches what the pack does not have" in finding.message for finding in report.findings)
    write_city(replace(city, sensors=None), tmp_path / "bare")
    assert read_city(tmp_path / "bare").sensors is None


def _swmm(tmp_path: Path, text: str, form: SwmmRainForm, **more) -> list[tuple[str, float]]:
    rows = read_swmm_rain(_file(tmp_path, text, "rain.dat"), form, **more)
    return [(one.time.strftime("%d %H:%M"), round(one.value, 6)) for one in rows]


def test_swmm_rain_files(tmp_path) -> None:
    """Starts of intervals become ends, gaps are dry, hour 24 is the next day, intensities and sums become depths."""
    text = "; rain\nS 2004 1 17 22 0 1.5\nS 2004 1 17 24 0 0.5\n"
    hour = SwmmRainForm("VOLUME", 3600.0, zone=CHINA)
    assert _swmm(tmp_path, text, hour) == [("17 23:00", 1.5), ("18 00:00", 0.0), ("18 01:00", 0.5)]
    since = datetime(2004, 1, 17, 23, 0, tzinfo=CHINA)
    assert _swmm(tmp_path, text, hour, since=since) == [("18 00:00", 0.0), ("18 01:00", 0.5)]
    series = "01/17/2004 00:05 12\n00:10 24\n"
    assert _swmm(tmp_path, series, SwmmRainForm("INTENSITY", 300.0)) == [("17 00:10", 1.0), ("17 00:15", 2.0)]
    total = "01/17/2004 00:05 1\n01/17/2004 00:10 3\n01/17/2004 00:15 0.5\n"
    assert [v for _, v in _swmm(tmp_path, total, SwmmRainForm("CUMULATIVE", 300.0))] == [1.0, 2.0, 0.5]
    assert _swmm(tmp_path, "0 0:05 6\n", SwmmRainForm("VOLUME", 300.0, start=since)) == [("17 23:10", 6.0)]


@pytest.mark.parametrize(
    "text", ["", "S 2004 13 1 0 0 1\n", "S 2004 1 1 0 0 -1\n", "S 2004 1 1 1 0 1\nS 2004 1 1 0 0 1\n", "hello a b\n"]
)
def test_swmm_rain_that_cannot_be(tmp_path, text) -> None:
    with pytest.raises(InputError):
        _swmm(tmp_path, text, SwmmRainForm("VOLUME", 3600.0))


def test_real_swmm_rain() -> None:
    """A month of cumulative rain has 71.8 mm (its source), a month of minutes 91.6 mm."""
    folder = shared("swmm_tecnopolo_prato")
    prato = read_swmm_rain(folder / "EXT_RAIN_199401_MACAO_CUM_NEW_5MIN.DAT", SwmmRainForm("CUMULATIVE", 300.0))
    assert sum(one.value for one in prato) == pytest.approx(71.8)
    aalto = read_swmm_rain(shared("swmm_demo_catchment_aalto", "prec_mm.DAT"), SwmmRainForm("VOLUME", 60.0))
    assert len(aalto) == 30 * 1440
    assert {one.sensor for one in aalto} == {"STA01"}
    assert sum(one.value for one in aalto) == pytest.approx(91.6)
