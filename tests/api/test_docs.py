"""The commands that the docs give are run, in order, with the tiny city in place of the sample city."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import Point

import data.sample
from api.cli.main import run
from api.command_files import EVENTS, PAGE, REVIEW
from data.datum import WGS84, transform
from sim import run as run_module
from sim.measures import MEASURE_KINDS
from sim.outages import check_failures
from sim.scenario import Scenario, read_scenario
from sim.summary import evacuation_summary
from tests.shared_data import ROOT
from tests.tiny_city import tiny_city

PAGES = ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
# What these need is not in the repository; their own tests run them.
ELSEWHERE = ("flood ", "evacuate ", "city build ")


def _blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def _commands(page: str) -> list[list[str]]:
    lines = [line for block in _blocks(page, "sh") for line in block.splitlines()]
    found = [re.sub(r"^(\.venv/bin/)?rongan ", "", line) for line in lines if re.match(r"(\.venv/bin/)?rongan ", line)]
    return [shlex.split(line, comments=True) for line in found if not line.startswith(ELSEWHERE)]


@pytest.mark.parametrize("page", [page for page in PAGES if _commands(page)])
def test_the_commands_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(data.sample, "sample_city", lambda size, seed=1: tiny_city())
    monkeypatch.setattr(run_module, "sample_city", lambda size: tiny_city())
    for number, block in enumerate(_blocks(page, "toml")):
        named = re.match(r"# (\S+\.toml)\n", block)
        name = named[1] if named else "my-drill.toml" if number == 0 else f"block-{number}.toml"
        Path(name).write_text(block, encoding="utf-8")
    for arguments in _commands(page):
        assert run(arguments) == 0, " ".join(arguments)


def test_the_scenario_of_the_drill_page_reads_as_written(tmp_path):
    (block,) = _blocks("docs/drill.md", "toml")
    file = tmp_path / "s.toml"
    file.write_text(block, encoding="utf-8")
    read, default = read_scenario(file), Scenario()
    assert replace(read, name=default.name, evacuation=default.evacuation, flood=default.flood) == default


def test_the_failures_of_the_page_are_those_that_the_sample_city_knows(tmp_path):
    (block,) = _blocks("docs/waterlogging.md", "toml")
    file = tmp_path / "s.toml"
    file.write_text(block, encoding="utf-8")
    scenario, city = read_scenario(file), data.sample.sample_city("small")
    check_failures(city, scenario.failure)
    (breach,) = scenario.breach
    (wall,) = city.barriers[city.barriers["id"] == breach.barrier].itertuples()
    x, y = transform(np.array([breach.lon]), np.array([breach.lat]), WGS84, city.grid.crs)
    assert wall.geometry.distance(Point(x[0], y[0])) < breach.width_m / 2
    assert breach.to_m < wall.crest_m


def test_the_measures_of_the_page_are_every_kind_and_read_as_written(tmp_path):
    _, block = _blocks("docs/compare-measures.md", "toml")
    file = tmp_path / "s.toml"
    file.write_text(block, encoding="utf-8")
    assert {measure.kind for measure in read_scenario(file).measure} == set(MEASURE_KINDS)


def test_the_drill_page_knows_every_figure_of_the_evacuation_and_every_file():
    text = (ROOT / "docs/drill.md").read_text(encoding="utf-8")
    keys = evacuation_summary(None, None, 0.0, 0.0, 0)
    assert [key for key in keys if f"`{key}`" not in text] == []
    assert [name for name in (EVENTS, PAGE, REVIEW) if f"`{name}`" not in text] == []


@pytest.mark.parametrize("page", PAGES)
def test_links_of_a_page_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", text):
        assert ((ROOT / page).parent / target).exists(), target
