"""CSV tables and series: typed, checked, with the row of each defect."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InputError
from data.readers.report import Report
from data.readers.series import read_rain_series, read_series
from data.readers.tables import read_table
from data.schema import FLOW_SERIES, LAND_COVER, RAIN_SERIES, SHELTERS, STAGE_SERIES

HEAD = "id,name,lon,lat,site_type,area_m2"


def _write(folder: Path, text: str | bytes) -> Path:
    file = folder / "table.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return file


def test_defaults_and_types(tmp_path: Path) -> None:
    """A byte-order mark, Windows line ends, blanks, an empty line and Chinese truth values are all read."""
    rows = ("S1 ,一校,104.05, 30.6,school,200,是,0", "", "S2,二园,104.06,30.6,park,1e3,no,")
    text = f"\ufeff{HEAD},indoor,water\r\n" + "\r\n".join(rows) + "\r\n"
    frame = read_table(_write(tmp_path, text), SHELTERS)
    assert frame["id"].tolist() == ["S1", "S2"]
    assert frame["area_m2"].tolist() == [200.0, 1000.0]
    assert frame["indoor"].tolist() == [True, False]
    assert frame["water"].tolist() == [False, False]
    assert frame["fit_for_flood"].tolist() == [True, True]
    assert frame["usable_share"].tolist() == [1.0, 1.0]
    assert frame["shelter_class"].tolist() == ["fixed", "fixed"]
    assert list(frame.columns) == list(SHELTERS.names)


def test_numbers_come_back_as_written(tmp_path: Path) -> None:
    numbers = np.random.default_rng(5).uniform(0, 1e5, 500)
    rows = "".join(f"{k},{value!r}\n" for k, value in enumerate(numbers.tolist()))
    frame = read_series(_write(tmp_path, "time_s,flow_m3_s\n" + rows), FLOW_SERIES)
    assert np.array_equal(frame["flow_m3_s"].to_numpy(), numbers)


def test_unknown_column_is_a_warning_with_the_closest_name(tmp_path: Path) -> None:
    report = Report()
    read_table(_write(tmp_path, f"{HEAD},usable_shar\nS1,一校,104,30,school,200,0.5\n"), SHELTERS, report)
    assert [(f.severity, f.place, f.remedy) for f in report.findings] == [
        ("warning", "column usable_shar", "perhaps usable_share")
    ]


BAD_ROWS = (
    ("S1,x,104,30,school,-1", "row 2, area_m2", "negative"),
    ("S1,x,104,30,school,1_000", "row 2, area_m2", "not a finite number"),
    ("S1,x,104,30,school,inf", "row 2, area_m2", "not a finite number"),
    ("S1,x,104,30,school,1.2.3", "row 2, area_m2", "not a finite number"),
    ("S1,x,104,30,school,2e9", "row 2, area_m2", "above the range"),
    ("S1,x,104,95,school,1", "row 2, lat", "above the range"),
    ("S1,,104,30,school,1", "row 2, name", "empty"),
    ("S1,x,104,30,School,1", "row 2, site_type", "unknown word"),
    ("S1,x,104,30,school", "row 2", "wrong number of fields"),
    ("S1,x,104,30,school,1,2", "row 2", "wrong number of fields"),
    ("S1,x,104,30,school,1\nS1,y,104,30,park,1", "row 3, id", "value occurs twice"),
)


@pytest.mark.parametrize(("row", "place", "message"), BAD_ROWS)
def test_bad_row_is_named(tmp_path: Path, row: str, place: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        read_table(_write(tmp_path, f"{HEAD}\n{row}\n"), SHELTERS)
    assert raised.value.place == place
    assert message in raised.value.message


def test_bad_flag_and_whole_number(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"row 2, indoor: not a truth value \(found 'maybe'\)"):
        read_table(_write(tmp_path, f"{HEAD},indoor\nS1,x,104,30,school,1,maybe\n"), SHELTERS)
    with pytest.raises(InputError, match="row 2, code: not a whole number"):
        read_table(_write(tmp_path, "code,name,manning_n\n1.5,street,0.02\n"), LAND_COVER)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n\n",
        b"\x00\x01\x02",
        "编号,名称\n一,二\n".encode("gb18030"),
        b'time_s,rain_mm_h\n0,"1\n',
        b"time_s,rain_mm_h\n" + b"9" * 200_000 + b",1\n",
        b"time_s\n0\n",
        b"time_s,rain_mm_h\n",
        b"time_s;rain_mm_h\n0;1\n",
        b"time_s,rain_mm_h,\n0,1,\n",
        b"time_s,time_s\n0,1\n",
        b"time_s,rain_mm_h\n0,1" + b"0" * 400 + b"\n",
    ],
)
def test_hostile_content_is_an_input_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError) as raised:
        read_series(_write(tmp_path, content), RAIN_SERIES)
    assert "table.csv" in str(raised.value)


@given(st.binary(max_size=200))
def test_random_bytes_never_end_in_another_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "random.csv"
    file.write_bytes(content)
    with pytest.raises(InputError):
        read_table(file, SHELTERS)


@given(st.text(alphabet="time_s,rain_mm_h\n0123456789.-e\"' \r\t", max_size=120))
def test_random_text_reads_or_is_an_input_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "random_text.csv"
    file.write_text("time_s,rain_mm_h\n" + text, encoding="utf-8")
    try:
        frame = read_series(file, RAIN_SERIES)
    except InputError:
        return
    assert (np.diff(frame["time_s"]) > 0).all()
    assert (frame["rain_mm_h"] >= 0).all()


@pytest.mark.parametrize(
    ("rows", "place", "message"),
    [
        ("0,1\n60,2\n60,3\n", "row 4, time_s", "time occurs twice"),
        ("0,1\n\n120,2\n60,3\n", "row 5, time_s", "times not in order"),
        ("0,1\n60,-2\n", "row 3, rain_mm_h", "negative"),
        ("-5,1\n60,2\n", "row 2, time_s", "negative"),
        ("0,1\n60,5000\n", "row 3, rain_mm_h", "above the range"),
    ],
)
def test_bad_series(tmp_path: Path, rows: str, place: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        read_series(_write(tmp_path, "time_s,rain_mm_h\n" + rows), RAIN_SERIES)
    assert (raised.value.place, raised.value.message) == (place, message)


def test_collecting_report_lists_values_and_times(tmp_path: Path) -> None:
    report = Report(collect=True)
    with report.attempt():
        read_series(_write(tmp_path, "time_s,rain_mm_h\n0,-1\n60,nan\n60,2\n30,1\n"), RAIN_SERIES, report)
    assert sorted(finding.message for finding in report.findings) == [
        "negative", "not a finite number", "time occurs twice", "times not in order",
    ]  # fmt: skip


def test_stage_may_be_below_zero(tmp_path: Path) -> None:
    frame = read_series(_write(tmp_path, "time_s,stage_m\n0,-2.5\n"), STAGE_SERIES)
    assert frame["stage_m"].tolist() == [-2.5]


def test_rain_series_ends_by_a_zero_or_after_one_more_step(tmp_path: Path) -> None:
    edges, rate = read_rain_series(_write(tmp_path, "time_s,rain_mm_h\n0,36\n600,72\n1500,0\n"))
    assert edges.tolist() == [0.0, 600.0, 1500.0]
    assert rate == pytest.approx([1e-5, 2e-5], rel=1e-12)
    edges, rate = read_rain_series(_write(tmp_path, "time_s,rain_mm_h\n0,36\n600,72\n"))
    assert edges.tolist() == [0.0, 600.0, 1200.0]
    with pytest.raises(InputError, match="a single row"):
        read_rain_series(_write(tmp_path, "time_s,rain_mm_h\n0,36\n"))
