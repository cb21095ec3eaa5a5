"""Outlines of areas that do not fit together are told: who lives where would depend on the order of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.checks import check_city
from tests.pack_files import edit_vectors, write_pack


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return write_pack(tmp_path / "city")


def _buffer(pack: Path, code: str, metres: float) -> list:
    """The findings after an area is blown up or shrunk."""
    edit_vectors(
        pack,
        "areas.gpkg",
        lambda f: f.set_geometry(f.geometry.where(f["code"] != code, f.geometry.buffer(metres, join_style="mitre"))),
    )
    return check_city(pack)


def test_an_area_over_its_neighbour_and_out_of_its_parent_is_told(pack: Path) -> None:
    """The east street, 300 m x 600 m, grown by 100 m: 100 m x 600 m of the west street, 500 m x 800 m in all."""
    found = _buffer(pack, "510102", 100.0)
    assert [(one.severity, one.message, one.place, one.value) for one in found] == [
        ("warning", "areas of one level overlap", "feature 3", "33% shared with 510101"),
        ("warning", "area reaches out of its parent", "feature 3", "40% outside 510100"),
    ]


def test_a_city_smaller_than_its_streets_is_told(pack: Path) -> None:
    """Figures of the whole city would leave out people of its streets."""
    found = _buffer(pack, "510100", -150.0)
    assert [one.place for one in found if one.message == "area reaches out of its parent"] == ["feature 2", "feature 3"]


def test_borders_drawn_twice_are_no_overlap(pack: Path) -> None:
    """One metre in 300 is 0.3 %, less than the 1 % that counts."""
    assert _buffer(pack, "510102", 1.0) == []
