"""What docs/messages.md says of messages is what they hold."""

from __future__ import annotations

import re

from api.warning.cap import cap_xml
from api.warning.event_codes import read_event_codes
from sim.result import ShelterUse
from tests.api.test_cap_reader import drill
from tests.api.test_notice import made
from tests.cap_reader import read_cap
from tests.shared_data import ROOT

PAGE = (ROOT / "docs" / "messages.md").read_text(encoding="utf-8")


def test_every_parameter_is_on_the_page_and_no_other() -> None:
    use = ShelterUse("S1", "锦河中学", "Jinhe School", 900, 14.0, 4000.0, ("人民路",), ("Renmin",), 104.06, 30.66)
    full = made(probability=(1.0, 0.8, 0.4, 0.1), made_from=("nowcast",), shelters=(use,))
    table = PAGE.split("## What a CAP message holds")[1].split("## What is checked")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    held = set()
    for notice in (full, *drill()):
        for info in read_cap(cap_xml(notice))["info"]:
            held |= {pair["valueName"] for pair in info["parameter"]}
    assert held == told


def test_the_table_of_event_codes_on_the_page_can_be_read(tmp_path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    (tmp_path / "codes.toml").write_text(block, encoding="utf-8")
    assert read_event_codes(tmp_path / "codes.toml") == {"waterlogging": ("GB/T 35561", "as printed there")}
