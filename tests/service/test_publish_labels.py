"""How messages of the service are labelled: event codes of a table that whoever runs it has given."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.warning.notice import Notice
from data.errors import InputError
from tests.publish_case import OFFICER, publisher

TABLE = '[waterlogging]\nsystem = "GB/T 35561"\ncode = "X1"\nsource = "made up for a test"\n'


def test_event_codes_are_those_of_the_table_given_else_our_own_words(tmp_path: Path) -> None:
    table = tmp_path / "codes.toml"
    table.write_text(TABLE, encoding="utf-8")
    made = publisher(tmp_path, event_codes=table)
    water = made.issue("510104", 2, OFFICER, event="waterlogging").message
    rain = made.issue("510105", 2, OFFICER, event="rainstorm").message
    assert water is not None
    assert rain is not None
    assert Notice.from_json(water.notice).event_code == ("GB/T 35561", "X1")
    assert b"<value>X1</value>" in water.cap
    assert Notice.from_json(rain.notice).event_code == ("rongan:event", "rainstorm")


def test_a_table_that_cannot_be_read_keeps_the_service_from_its_start(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="table of event codes"):
        publisher(tmp_path, event_codes=tmp_path / "absent.toml")
