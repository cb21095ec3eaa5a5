"""`rongan evacuate` from outside: what it prints, what it writes, how it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from api.cli.main import run
from data.run_folder import check_output
from data.schema import CASE_LINKS, CASE_SITES, CASE_TIMELINE
from tests.road_files import write_tntp

CASE = """
[network]
file = "square_net.tntp"
length_unit = "km"
time_unit = "min"
[people]
trips = "square_trips.tntp"
[[shelter]]
name = "six"
node = 6
capacity = 350
[run]
duration_h = 4
"""


@pytest.fixture
def case(tmp_path: Path) -> Path:
    write_tntp(tmp_path)
    file = tmp_path / "case.toml"
    file.write_text(CASE, encoding="utf-8")
    return file


def test_tables_follow_the_schema_and_json_is_the_summary(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = case.parent / "out"
    assert run(["evacuate", str(case), "--out", str(out), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert printed["people"] == {
        "total": 400, "off_network": 0, "home": 0, "moving": 0, "at_door": 0, "sheltered": 350, "stranded": 0,
        "refused": 0, "turned_away": 50, "cut_off": 0,
    }  # fmt: skip
    assert printed["t50_min"] > 0.0
    assert printed["t90_min"] is None  # seven in eight are in, and no more fit
    for table in (CASE_TIMELINE, CASE_LINKS, CASE_SITES):
        frame = pd.read_csv(out / table.name, keep_default_na=False, na_values={"full_s": "", "capacity": ""})
        check_output(table, frame)
        assert len(frame)
    (site,) = pd.read_csv(out / "shelters.csv").itertuples()
    assert (site.sent, site.sheltered, site.turned_at_door) == (400, 350, 50)
    assert 0.0 < site.full_s < 4 * 3600.0


def test_words_for_people(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evacuate", str(case), "--out", str(case.parent / "out")]) == 0
    told = capsys.readouterr().err
    assert "350 of 400 people in a shelter; 50 % after" in told
    assert "50 turned away" in told


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("node = 6", "node = 66", "no such node"),
        ("square_net", "circle_net", "no such file"),
        ("duration_h = 4", "duration_h = -4", "out of range"),
        ('length_unit = "km"', "", "missing key"),
    ],
)
def test_bad_input_writes_nothing(
    case: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    case.write_text(CASE.replace(old, new), encoding="utf-8")
    out = case.parent / "out"
    assert run(["evacuate", str(case), "--out", str(out), "--json"]) == 2
    caught = capsys.readouterr()
    assert message in caught.err
    assert caught.out == ""
    assert not out.exists()


def test_a_folder_of_others_is_left_alone(case: Path) -> None:
    out = case.parent / "mine"
    out.mkdir()
    (out / "letter.txt").write_text("dear")
    assert run(["evacuate", str(case), "--out", str(out)]) == 2
    assert [file.name for file in out.iterdir()] == ["letter.txt"]
