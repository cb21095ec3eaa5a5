"""`rongan site` from outside: the verdict first, files left behind, one clear error for what makes no sense."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import sim.siting
from api.cli.main import run
from data.city_writer import write_city
from data.errors import RunStopped
from data.schema import CANDIDATES, SHELTERS, SITING
from sim.siting_result import SitingQuestion
from tests.api.siting_factory import make_siting
from tests.tiny_city import tiny_city

BASE = """
[city]
path = "tiny"
[storm]
return_period_a = 5
duration_min = 30
lead_min = 0
[flood]
duration_h = 1
[plan]
open_air = true
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    city = tiny_city()
    write_city(city, folder / "tiny")
    write_city(replace(city, candidates=None), folder / "bare")
    (folder / "base.toml").write_text(BASE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def sited(folder) -> Path:
    assert run(["site", "--scenario", str(folder / "base.toml"), "--count", "1", "--out", str(folder / "out")]) == 0
    return folder / "out"


@pytest.fixture
def asked(monkeypatch) -> list[SitingQuestion]:
    """The questions that reach the search, which answers with a made-up siting."""
    questions: list[SitingQuestion] = []

    def find_sites(city, scenario, rules, question, **_):
        questions.append(question)
        return make_siting(question=question, scenario=scenario)

    monkeypatch.setattr(sim.siting, "find_sites", find_sites)
    return questions


def test_a_siting_leaves_its_files(sited):
    names = {path.name for path in sited.iterdir()}
    assert {"siting.json", "siting.csv", "siting.gpkg", "siting.html", "chosen.csv", "scenario.toml"} <= names
    assert tuple(pd.read_csv(sited / "siting.csv").columns) == SITING.names
    assert tuple(pd.read_csv(sited / "chosen.csv").columns) == SHELTERS.names
    told = json.loads((sited / "siting.json").read_text(encoding="utf-8"))
    totals = told["totals"]
    assert totals["served_more"] == totals["served_after"] - totals["served_before"]
    assert told["proof"]["most_served"] >= totals["served_after"]
    assert totals["chosen"] == len(told["chosen"]) == 1
    assert totals["served_more"] > 0


def test_the_chosen_sites_can_be_tried_by_adequacy(folder, sited, tmp_path):
    out = tmp_path / "adequacy"
    options = ["--scenario", str(folder / "base.toml"), "--add", str(sited / "chosen.csv"), "--out", str(out)]
    assert run(["adequacy", *options]) == 0
    chosen = pd.read_csv(sited / "chosen.csv")["id"].tolist()
    assert chosen
    assert set(chosen) <= set(pd.read_csv(out / "sites.csv")["id"])


def test_the_page_of_a_real_search_asks_for_nothing(sited):
    page = (sited / "siting.html").read_text(encoding="utf-8")
    assert not re.findall(
        r"""(?:src|href)=["'](?!#|data:)[^"']+""", re.sub(r"<script.*?</script>", "", page, flags=re.S)
    )
    assert page.count('class="zh"') == page.count('class="en"')


def test_the_terminal_says_the_verdict_first(folder, tmp_path, asked, capsys):
    assert run(["site", str(folder / "tiny"), "--out", str(tmp_path / "out")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("EXERCISE")
    assert lines[1].startswith("Synthetic data: ")
    assert re.match(r"The best 6 of 20 candidate sites serve 35,900 more people; no other set can serve more", lines[2])
    assert lines[3] == "There are 2 candidates, fewer than the 23 asked for."
    assert lines[-1].startswith("Page: ")
    assert len([line for line in lines if "Candidate site" in line]) == 6


def test_what_is_not_asked_comes_from_plan_and_rules(folder, tmp_path, asked):
    command = ["site", str(folder / "tiny"), "--out", str(tmp_path / "out")]
    assert run(command) == 0
    assert run([*command, "--budget", "500"]) == 0
    assert run([*command, "--count", "1", "--budget", "500", "--stay", "long", "--time-limit", "7"]) == 0
    assert run([*command, "--count", "1", "--cover", "750", "--limit", "510101=1", "--limit", "510102=0"]) == 0
    assert asked == [
        SitingQuestion(2, None, (), 1000.0, 120.0),
        SitingQuestion(None, 500.0, (), 1000.0, 120.0),
        SitingQuestion(1, 500.0, (), 2500.0, 7.0),
        SitingQuestion(1, None, (("510101", 1), ("510102", 0)), 750.0, 120.0),
    ]


def test_json_alone_is_printed_when_asked_for(folder, tmp_path, asked, capsys):
    assert run(["site", str(folder / "tiny"), "--json", "--out", str(tmp_path / "out")]) == 0
    assert json.loads(capsys.readouterr().out)["lead"]["en"].startswith("The best 6 of 20")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--count", "0"], "--count: nothing to choose (found 0)"),
        (["--count", "-4"], "--count"),
        (["--count", "1.5"], "--count"),
        (["--budget", "nan"], "--budget: not a usable number (found nan)"),
        (["--budget", "inf"], "--budget"),
        (["--budget", "0"], "--budget"),
        (["--cover", "-10"], "--cover"),
        (["--time-limit", "nan"], "--time-limit"),
        (["--stay", "shrt"], "perhaps short"),
        (["--limit", "510111=2"], "perhaps 510101"),
        (["--limit", "510101"], "AREA=N"),
        (["--limit", "510101=-1"], "AREA=N"),
        (["--limit", "=2"], "AREA=N"),
        (["--limit", "510101=1", "--limit", "510101=2"], "area limited twice"),
        (["--storm", "5"], "not a storm"),
        (["--candidates", "gone.csv"], "gone.csv"),
        (["--scenario", "gone.toml"], "gone.toml"),
    ],
)
def test_a_question_that_makes_no_sense_ends_with_2(folder, tmp_path, monkeypatch, options, words, capsys):
    monkeypatch.setattr(sim.siting, "find_sites", None)  # nothing long is begun
    out = tmp_path / "out"
    assert run(["site", str(folder / "tiny"), "--out", str(out), *options]) == 2
    assert not out.exists()
    assert words in " ".join(capsys.readouterr().err.split())


def _candidates(**changes) -> pd.DataFrame:
    frame = tiny_city().candidates
    return frame.loc[:, list(CANDIDATES.names)].assign(**changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lon": 0.0, "lat": 0.0}, "row 2"),
        ({"area_m2": 0.0}, "row 2, area_m2"),
        ({"area_m2": "wide"}, "row 2"),
        ({"site_type": "moon"}, "row 2"),
        ({"cost": -1.0}, "row 2"),
        ({"id": "C1"}, "row 3"),
    ],
)
def test_a_file_of_candidates_without_use_is_told_by_row(folder, tmp_path, monkeypatch, changes, words, capsys):
    monkeypatch.setattr(sim.siting, "find_sites", None)
    file = tmp_path / "candidates.csv"
    _candidates(**changes).to_csv(file, index=False)
    out = tmp_path / "out"
    assert run(["site", str(folder / "tiny"), "--candidates", str(file), "--out", str(out)]) == 2
    assert not out.exists()
    told = " ".join(capsys.readouterr().err.split())
    assert "candidates.csv" in told
    assert words in told


def test_candidates_of_a_file_take_the_place_of_those_of_the_pack(folder, tmp_path):
    frame = _candidates()
    existing = tiny_city().shelters.iloc[0]
    twin = frame.iloc[[0]].assign(id="C9", lon=existing["lon"], lat=existing["lat"])
    file = tmp_path / "candidates.csv"
    pd.concat([frame.iloc[[1]], twin]).to_csv(file, index=False)
    out = tmp_path / "out"
    options = ["--scenario", str(folder / "base.toml"), "--candidates", str(file), "--out", str(out)]
    assert run(["site", *options]) == 0
    told = json.loads((out / "siting.json").read_text(encoding="utf-8"))
    assert [row["id"] for row in told["candidates"]] == ["C2"]
    assert [(row["id"], row["reason"]) for row in told["left_out"] if row["layer"] == "candidates"] == [
        ("C9", "existing")
    ]


def test_a_pack_without_candidates_says_what_to_give(folder, tmp_path, capsys):
    assert run(["site", str(folder / "bare"), "--out", str(tmp_path / "out")]) == 2
    assert "--candidates" in capsys.readouterr().err


def test_a_foreign_folder_is_refused_before_anything_is_read(folder, tmp_path, capsys):
    (tmp_path / "letter.txt").write_text("dear")
    assert run(["site", str(folder / "nowhere"), "--out", str(tmp_path)]) == 2
    assert "will not overwrite" in capsys.readouterr().err
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_a_flood_that_stops_itself_ends_with_3(folder, tmp_path, monkeypatch):
    def stop(*_, **__):
        raise RunStopped("depth is not a number", time_s=60.0)

    monkeypatch.setattr(sim.siting, "find_sites", stop)
    assert run(["site", str(folder / "tiny"), "--out", str(tmp_path / "out")]) == 3
    assert not (tmp_path / "out").exists()
