"""docs/evacuation-case.md: its example runs as printed, its keys are those that the reader takes."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from api.cli.main import run
from data.rules_file import load_rules
from sim.evacuation_case import read_evacuation_case
from tests.shared_data import ROOT

PAGE = (ROOT / "docs" / "evacuation-case.md").read_text(encoding="utf-8")


def _files() -> dict[str, str]:
    """The blocks of the page that carry a file name."""
    return {name: text for _, name, text in re.findall(r"```(\w+) (\S+)\n(.*?)```", PAGE, flags=re.DOTALL)}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in _files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_run_as_printed(here: Path) -> None:
    commands = re.findall(r"^\S*/rongan (evacuate .*)$", PAGE, flags=re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        assert run(shlex.split(command)) == 0
    summary = json.loads((here / "out" / "town" / "summary.json").read_text(encoding="utf-8"))
    people = summary["people"]
    assert people["total"] == 1200
    assert people["sheltered"] == 1200
    assert summary["balance_error"] == 0
    assert 0.0 < summary["t50_min"] < summary["t95_min"] < 120.0
    timeline = pd.read_csv(here / "out" / "town" / "timeline.csv")
    assert (timeline.drop(columns="time_s").sum(axis=1) == 1200).all()
    sites = pd.read_csv(here / "out" / "town" / "shelters.csv").set_index("name")
    assert sites.loc["East School", "sheltered"] == 500
    assert sites.loc["East School", "turned_at_door"] > 0
    assert sites["sheltered"].sum() == 1200
    links = pd.read_csv(here / "out" / "town" / "links.csv")
    assert set(links["mode"]) == {"walk", "car"}
    assert links["worst_queue"].is_monotonic_decreasing


def test_every_key_of_the_page_is_known(here: Path) -> None:
    """The planner's example, with empty files where it names some."""
    for name in ("SiouxFalls_net.tntp", "SiouxFalls_trips.tntp"):
        (here / name).touch()
    case = read_evacuation_case(here / "sioux-falls.toml", load_rules())
    assert case.people.trips
    assert case.car_share == 1.0
    assert case.car_persons == 1
    assert not case.network.junctions
    assert [shelter.node for shelter in case.shelters] == [1, 20]


def test_every_output_is_on_the_page() -> None:
    from data.schema import CASE_TIMELINE

    for name in CASE_TIMELINE.names:
        assert f"`{name}`" in PAGE
