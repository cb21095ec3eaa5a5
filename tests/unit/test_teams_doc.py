"""The page on teams shows rows and orders that can be read, and figures of the rules."""

from __future__ import annotations

import re
from pathlib import Path

from data.readers.report import Report
from data.readers.teams import read_teams
from data.rules_file import load_rules
from data.sample.plan import city_plan
from data.strict_toml import read_toml
from sim.command.script import read_injects, read_orders
from sim.command_rules import CommandTerms, command_terms
from tests.shared_data import ROOT

PAGE = (ROOT / "docs" / "teams.md").read_text(encoding="utf-8")


def _block(kind: str) -> str:
    return PAGE.split(f"```{kind}\n")[1].split("```")[0]


def test_its_rows_are_teams_of_the_sample_city(tmp_path: Path) -> None:
    file = tmp_path / "teams.csv"
    file.write_text(_block("csv"), encoding="utf-8")
    teams = read_teams(file, city_plan("small", 1).grid, datum="WGS84", report=Report())
    assert teams is not None
    assert teams["kind"].tolist() == ["rescue", "ambulance", "bus", "pump", "road", "rescue"]
    assert teams["regional"].tolist() == [False] * 5 + [True]


def test_its_orders_can_be_given(tmp_path: Path) -> None:
    file = tmp_path / "case.toml"
    file.write_text(_block("toml"), encoding="utf-8")
    top = read_toml(file)
    assert [order.kind for order in read_orders(top)] == ["pump", "send_buses"]
    assert [(one.kind, one.targets) for one in read_injects(top)] == [("team_lost", ("A001",))]


def test_its_figures_are_those_of_the_rules() -> None:
    terms = command_terms(load_rules())
    assert terms == CommandTerms()
    for words in (
        f"{terms.bus_stop_s:g} + {terms.bus_board_s:g} s per person to board",
        f"{terms.bus_alight_stop_s:g} + {terms.bus_alight_s:g} s per person to get off",
        f"{terms.ambulance_load_s:g} s per person, {terms.handover_s:g} s to hand over",
        f"{terms.rescue_load_s:g} s per person, {terms.handover_s:g} s to hand over",
        f"{terms.barrier_s / 60:g} min",
        f"{terms.pump_setup_s / 60:g} min until it pumps",
        f"stops within\n  {terms.more_stops_s / 60:g} min",
        f"after {terms.bus_idle_s / 60:g} min with nobody to fetch",
        f"After {terms.stuck_s / 60:g} min people on board get off",
        f"{terms.boat_speed_m_s:g} m/s, in water of {terms.boat_from_depth_m:g} m or more",
        f"{terms.boat_max_depth_speed_m2_s:g} m2/s",
        f"{terms.circle_s / 60:g}-minute circle",
        f"{terms.regional_circle_s / 3600:g}-hour circle",
    ):
        assert re.search(re.escape(words), PAGE), words
