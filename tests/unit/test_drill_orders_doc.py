"""The page on orders: its script can be run on the sample city, and it names every kind."""

from __future__ import annotations

import re
from pathlib import Path

from api.cli.console import COMMANDS
from data.sample import sample_city
from sim.area_map import warned_areas
from sim.behaviour.channels import CHANNELS
from sim.command.check import check_script
from sim.command.event_log import ENTRY_KINDS
from sim.command.places import places_of
from sim.command.script import INJECT_KINDS, ORDER_KINDS
from sim.leave_orders import blocks_of_areas
from sim.scenario import read_scenario

PAGE = (Path(__file__).parents[2] / "docs" / "drill-orders.md").read_text(encoding="utf-8")


def test_the_script_of_the_page_is_one_for_the_sample_city(tmp_path):
    (block,) = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    file = tmp_path / "orders.toml"
    file.write_text(block, encoding="utf-8")
    scenario = read_scenario(file)
    city = sample_city(scenario.sample)
    places = places_of(city, blocks_of_areas(city, warned_areas(city)), CHANNELS)
    check_script(places, scenario.order, scenario.inject, 7200.0)
    assert len(scenario.order) == 4
    assert len(scenario.inject) == 2


def test_the_page_names_every_kind():
    for word in (*ORDER_KINDS, *INJECT_KINDS, *ENTRY_KINDS, *CHANNELS):
        assert f"`{word}`" in PAGE, word
    for word in COMMANDS:
        assert re.search(rf"(^|`){word}\b", PAGE, re.MULTILINE) or word == "help", word
