"""`rongan compare` and `rongan headroom` from outside: one line first, files left behind, exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from api.cli.main import run
from api.report.change_map import change_classes
from api.report.compare_page import render_compare
from api.report.compare_words import lead
from data.city_writer import write_city
from data.errors import RunStopped
from data.rules_file import load_rules
from data.schema import COMPARE, RANKING
from sim import storm_flood
from sim.compare import Comparison, compare
from sim.measures import Drainage, Sponge
from sim.scenario import Flood, Scenario, Storm
from tests.tiny_city import tiny_city

RULES = load_rules()
BASE = "[storm]\nduration_min = 30\nlead_min = 0\n[flood]\nduration_h = 1\n"
WITH = """
name = "soaked"
[[measure]]
kind = "sponge"
id = "soak"
name = "海绵"
name_en = "Sponge"
cost = 10
storage_mm = 40
[[measure]]
kind = "drainage"
id = "drain"
mm_h = 6
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("compare")
    write_city(tiny_city(), folder / "tiny")
    (folder / "base.toml").write_text('[city]\npath = "tiny"\n' + BASE, encoding="utf-8")
    (folder / "with.toml").write_text(WITH, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def compared(folder) -> Path:
    arguments = ["compare", str(folder / "base.toml"), str(folder / "with.toml"), "--each"]
    assert run([*arguments, "--out", str(folder / "out")]) == 0
    return folder / "out"


def test_a_comparison_leaves_its_files(compared):
    assert {path.name for path in compared.iterdir()} == {
        "compare.csv", "ranking.csv", "compare.json", "compare.html",
    }  # fmt: skip
    assert tuple(pd.read_csv(compared / "compare.csv").columns) == COMPARE.names
    assert tuple(pd.read_csv(compared / "ranking.csv").columns) == RANKING.names
    told = json.loads((compared / "compare.json").read_text(encoding="utf-8"))
    assert told["exercise"] is True
    assert told["change"]["person_risk"] == pytest.approx(
        told["after"]["person_risk"] - told["before"]["person_risk"], abs=1e-6
    )
    assert [row["id"] for row in told["ranking"]] == ["soak", "drain"]
    assert len(told["areas"]) == 3


def test_the_terminal_says_it_in_one_line_first(folder, capsys):
    assert run(["compare", str(folder / "base.toml"), str(folder / "with.toml")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("EXERCISE")
    assert re.match(r"soaked: \d+ people fewer in danger \(\d+ down to \d+\), person-risk down by \d+%\.", lines[2])


def test_json_alone_is_printed_when_asked_for(folder, capsys):
    assert run(["compare", str(folder / "base.toml"), str(folder / "with.toml"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lead"]["en"].startswith("soaked")


def test_the_page_asks_for_nothing_and_has_both_languages(compared):
    page = (compared / "compare.html").read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)[^"']+""", page)
    assert "default-src 'none'" in page
    for words in ("措施前后对比", "Before and after", "海绵（海绵地面）", "Sponge (sponge ground)", "演练 EXERCISE"):
        assert words in page
    assert page.count('class="zh"') == page.count('class="en"')


@pytest.mark.parametrize(
    ("base", "text", "options"),
    [
        ("gone.toml", WITH, []),
        ("base.toml", "sponge = 1", []),
        ("base.toml", '[[measure]]\nkind = "sponge"\nstorage_mm = 5\nareas = ["nowhere"]', []),
        ("base.toml", '[city]\nsample = "city"', []),
        ("base.toml", "name = 'x'", ["--each"]),
        ("base.toml", WITH, ["--pipes", "3"]),
        ("base.toml", WITH, ["--pipes", "-1"]),
        ("tiny", WITH, []),  # a pack is no run folder
    ],
)
def test_bad_input_ends_with_2_and_writes_nothing(folder, tmp_path, base, text, options, capsys):
    (tmp_path / "with.toml").write_text(text, encoding="utf-8")
    out = tmp_path / "out"
    assert run(["compare", str(folder / base), str(tmp_path / "with.toml"), "--out", str(out), *options]) == 2
    assert not out.exists()
    assert "rror" in capsys.readouterr().err


def test_a_foreign_folder_is_refused_before_the_floods(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(storm_flood, "flood_city", None)
    (tmp_path / "letter.txt").write_text("dear")
    for command in (["compare", str(folder / "base.toml"), str(folder / "with.toml")], ["headroom"]):
        assert run([*command, "--out", str(tmp_path)]) == 2
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_a_flood_that_stops_itself_ends_with_3(folder, tmp_path, monkeypatch):
    def stop(*_):
        raise RunStopped("depth is not a number", time_s=60.0)

    monkeypatch.setattr(storm_flood, "flood_city", stop)
    out = tmp_path / "out"
    assert run(["compare", str(folder / "base.toml"), str(folder / "with.toml"), "--out", str(out)]) == 3
    assert not out.exists()
    assert run(["headroom", str(folder / "tiny"), "--out", str(out)]) == 3
    assert json.loads((out / "headroom.json").read_text(encoding="utf-8"))["stopped"]["time_s"] == 60.0


def test_headroom_leaves_its_files_and_says_how_much_more(folder, tmp_path, capsys):
    out = tmp_path / "headroom"
    arguments = ["headroom", str(folder / "tiny"), "--storm", "5a/30min", "--class", "new_town", "--tolerance", "0.3"]
    assert run([*arguments, "--out", str(out)]) == 0
    line = capsys.readouterr().out.splitlines()[2]
    assert re.match(r"The city (just )?(takes|does not take)|Every limit holds", line)
    told = json.loads((out / "headroom.json").read_text(encoding="utf-8"))
    assert {(limit["criterion"], limit["drainage_class"]) for limit in told["limits"]} == {
        ("drain_down", "new_town"), ("sea", "new_town"),
    }  # fmt: skip
    page = (out / "headroom.html").read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)[^"']+""", page)
    assert page.count("<circle") + page.count('h-10Z"') == 2 * 2 * len(told["probes"])  # two criteria, two sizes


@pytest.mark.parametrize(
    "options", [["--class", "village"], ["--least", "2"], ["--tolerance", "0"], ["--storm", "5"], ["--class", "hub"]]
)
def test_a_search_that_makes_no_sense_ends_with_2(folder, tmp_path, options):
    out = tmp_path / "out"
    assert run(["headroom", str(folder / "tiny"), "--out", str(out), *options]) == 2
    assert not out.exists()


def _comparison(*measures) -> Comparison:
    base = Scenario(storm=Storm(duration_min=30.0, lead_min=0.0), flood=Flood(duration_h=1.0))
    other = Scenario(name="x", storm=base.storm, flood=base.flood, measure=measures)
    return compare(tiny_city(), base, other, RULES, workers=1)


def test_what_makes_it_worse_is_called_worse():
    worse = _comparison(Drainage("drainage", "blocked", "堵塞", "Blocked drains", mm_h=0.0))
    words = lead(worse)
    assert words.en.startswith("Blocked drains: ")
    assert "person-risk up by" in words.en
    assert "人员风险升高" in words.zh
    assert "drainage_class" not in render_compare(worse, RULES)


def test_nothing_changed_is_said_as_such():
    words = lead(_comparison(Sponge("sponge", "s", "微", "Tiny", storage_mm=1e-9)))
    assert "as many people in danger as before" in words.en
    assert "the same person-risk" in words.en


def test_the_map_tells_lower_from_higher_and_wet_from_dry():
    before = [[0.0, 0.04, 0.5, 0.5, 0.5, 0.5, 1.0, float("nan")]]
    after = [[0.0, 0.04, 0.52, 0.40, 0.65, 0.30, 0.4, float("nan")]]

    assert change_classes(np.array(before), np.array(after)).tolist() == [[0, 0, 1, 2, 6, 3, 4, 0]]
