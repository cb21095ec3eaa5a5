"""Pumps, gates, lifelines and river series of a pack: what is read, and each defect by name and place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.checks import check_city
from data.datum import gcj02_from_wgs84
from data.errors import InputError
from data.readers.city import read_city
from tests.pack_files import edit_table, edit_text, edit_vectors, full_city, write_pack
from tests.unit.test_pack_bad_input import Defect


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pack(tmp_path_factory.mktemp("packs") / "whole")


@pytest.fixture
def pack(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "pack"))


def _set(name: str, row: int, **values: object) -> Callable[[Path], None]:
    def change(pack: Path) -> None:
        for column, value in values.items():
            edit_table(pack, name, row, column, value)

    return change


def _reach(**values: str) -> Callable[[Path], None]:
    return lambda pack: edit_vectors(pack, "rivers.gpkg", lambda frame: frame.assign(**values))


def _gate(**values: object) -> Callable[[Path], None]:
    return lambda pack: edit_vectors(pack, "gates.gpkg", lambda frame: frame.assign(**values))


def _without(section: str, file: str) -> Callable[[Path], None]:
    def change(pack: Path) -> None:
        edit_text(pack, "city.toml", f"[{section}]\n", f"[provenance]\n{section} = 'synthetic: no'\n[old]\n")
        text = (pack / "city.toml").read_text(encoding="utf-8")
        start = text.index("[provenance]\n" + section)
        end = text.find("\n[", text.index("[old]", start) + 1)
        (pack / "city.toml").write_text(text[:start] + (text[end + 1 :] if end > 0 else ""), encoding="utf-8")
        (pack / file).unlink()

    return change


DEFECTS = [
    Defect("stops above its start", _set("pumps.csv", 1, off_depth_m=0.2), "pumps.csv", "row 3, off_depth_m", "0.2",
           "not below on_depth_m", ""),
    Defect("half a place to lift to", _set("pumps.csv", 0, to_lat=""), "pumps.csv", "row 2, to_lon, to_lat", "",
           "one of to_lon and to_lat is missing", "both or none"),
    Defect("two places to lift to", _set("pumps.csv", 0, to_node="M1"), "pumps.csv", "row 2, to_node", "M1",
           "to a place and to a node", "one of them"),
    Defect("lifts out of the terrain", _set("pumps.csv", 0, to_lon=104.3), "pumps.csv", "row 2, to_lon, to_lat", "",
           "outside the terrain", "a place on the terrain"),
    Defect("lifts to no node", _set("pumps.csv", 2, to_node="M33"), "pumps.csv", "id P3, to_node", "M33",
           "no such node", "perhaps M3"),
    Defect("a rate not a number", _set("pumps.csv", 2, rate_m3_s="nan"), "pumps.csv", "row 4, rate_m3_s", "nan",
           "not a finite number", ""),
    Defect("a huge rate", _set("pumps.csv", 2, rate_m3_s="1e308"), "pumps.csv", "row 4, rate_m3_s", "1e308",
           "above the range", "0 to 1000"),
    Defect("underpass lifts to no node",
           lambda p: edit_vectors(p, "underpasses.gpkg", lambda frame: frame.assign(pump_node="X")),
           "underpasses.gpkg", "id U1, pump_node", "X", "no such node", "one of M1"),
    Defect("a gate upside down", _gate(closed_m=498.0), "gates.gpkg", "feature 1, closed_m", "498",
           "not above sill_m", ""),
    Defect("power for an unknown pump", _set("lifelines.csv", 0, asset_id="P9"), "lifelines.csv", "row 2, asset_id",
           "P9", "no pump of this id", "one of P1, P2, P3"),
    Defect("power for an unknown shelter", _set("lifelines.csv", 2, asset_id="Z"), "lifelines.csv", "row 4, asset_id",
           "Z", "no shelter of this id", "one of S1, S2, S3, S4"),
    Defect("power for an unknown kind", _set("lifelines.csv", 1, asset_kind="tram"), "lifelines.csv",
           "row 3, asset_kind", "tram", "unknown word", ""),
    Defect("power for gates that are not there", _without("gates", "gates.gpkg"), "lifelines.csv", "row 5, asset_id",
           "G1", "no gate of this id", "the layer gates, which the pack lacks"),
    Defect("river series missing", lambda p: (p / "upper.csv").unlink(), "rivers.gpkg", "feature 1, inflow_series",
           "upper.csv", "no such file", "a CSV file in"),
    Defect("river series outside the pack", _reach(stage_series="../lower.csv"), "rivers.gpkg",
           "feature 1, stage_series", "../lower.csv", "not a file of the pack", "beside this layer"),
    Defect("one series for both", _reach(stage_series="upper.csv"), "rivers.gpkg", "feature 1, stage_series",
           "upper.csv", "one file for the inflow and for the stage", ""),
    Defect("series of another kind", lambda p: (p / "lower.csv").write_text("time_s,flow_m3_s\n0,1\n"), "lower.csv",
           "column stage_m", "", "missing column", ""),
    Defect("times out of order", _set("upper.csv", 1, time_s=-5.0), "upper.csv", "row 3, time_s", "-5", "negative", ""),
    Defect("junk in place of a series", lambda p: (p / "upper.csv").write_bytes(b"\xff\x00\xfe"), "upper.csv", "", "",
           "not UTF-8", "a CSV file"),
    Defect("a bus without seats", _set("teams.csv", 2, seats=0), "teams.csv", "row 4, seats", "0",
           "bus without seats", "at least 1 seat in a bus"),
    Defect("a rescue team without room", _set("teams.csv", 0, seats=0), "teams.csv", "row 2, seats", "0",
           "rescue without seats", "at least 1 place"),
    Defect("a pump crew without a pump", _set("teams.csv", 3, pump_m3_s=""), "teams.csv", "row 5, pump_m3_s", "0",
           "pump without pump_m3_s", "above 0 m3/s"),
    Defect("a team of no kind", _set("teams.csv", 1, kind="taxi"), "teams.csv", "row 3, kind", "taxi",
           "unknown word", "ambulance"),
    Defect("a post off the map", _set("teams.csv", 5, lon=104.9), "teams.csv", "row 7, lon, lat", "104.9",
           "lies outside the terrain", "enlarge the terrain", "warning"),
    Defect("nodes without a network", _without("drainage", "network.inp"), "pumps.csv", "to_node", "M3",
           "the pack has no drainage network", "[drainage]", "warning"),
]  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_defect_is_named(pack: Path, defect: Defect) -> None:
    defect.make(pack)
    findings = check_city(pack)
    assert any(defect.fits(finding) for finding in findings), findings
    if defect.severity == "error":
        with pytest.raises(InputError) as raised:
            read_city(pack)
        assert defect.file in str(raised.value)
    else:
        assert any(defect.message in note for note in read_city(pack).notes)


def test_places_of_pumps_may_be_in_the_chinese_datum(pack: Path) -> None:
    """Intake and outlet both; a pump without an outlet keeps none."""
    city = full_city()
    assert city.pumps is not None
    frame = pd.read_csv(pack / "pumps.csv")
    for lon, lat in (("lon", "lat"), ("to_lon", "to_lat")):
        known = frame[lon].notna().to_numpy()
        moved = gcj02_from_wgs84(frame.loc[known, lon].to_numpy(), frame.loc[known, lat].to_numpy())
        frame.loc[known, lon], frame.loc[known, lat] = moved
    frame.to_csv(pack / "pumps.csv", index=False)
    edit_text(
        pack,
        "city.toml",
        '[pumps]\nfile = "pumps.csv"\ndatum = "WGS84"',
        '[pumps]\nfile = "pumps.csv"\ndatum = "GCJ-02"',
    )
    pumps = read_city(pack).pumps
    assert pumps is not None
    for column in ("x_m", "y_m", "to_x_m", "to_y_m"):
        np.testing.assert_allclose(pumps[column], city.pumps[column], atol=0.1)
    assert np.isnan(pumps["to_x_m"]).tolist() == [False, True, True]


def test_a_pump_off_the_terrain_is_left_out(pack: Path) -> None:
    edit_table(pack, "pumps.csv", 1, "lat", 30.9)
    city = read_city(pack)
    assert city.pumps is not None
    assert list(city.pumps["id"]) == ["P1", "P3"]
    assert "P2 of the pumps lies outside the terrain and is left out" in city.notes
    (told,) = [finding for finding in check_city(pack) if "P2" in finding.message]
    assert (told.severity, Path(told.file).name, told.place) == ("warning", "pumps.csv", "row 3, lon, lat")


def test_series_may_lie_in_a_folder_and_serve_several_reaches(pack: Path) -> None:
    (pack / "series").mkdir()
    (pack / "upper.csv").rename(pack / "series" / "upper.csv")

    def twice(frame):  # type: ignore[no-untyped-def]
        return pd.concat([frame, frame], ignore_index=True).assign(inflow_series="series/upper.csv", stage_series="")

    edit_vectors(pack, "rivers.gpkg", twice)
    city = read_city(pack)
    assert list(city.river_series) == ["series/upper.csv"]
    assert city.river_series["series/upper.csv"]["flow_m3_s"].tolist() == [1.0, 8.5]


def test_structures_are_checked_without_a_terrain(pack: Path) -> None:
    (pack / "terrain.tif").write_bytes(b"junk")
    edit_table(pack, "pumps.csv", 1, "off_depth_m", 0.5)
    edit_table(pack, "lifelines.csv", 3, "asset_id", "G9")
    (pack / "lower.csv").unlink()
    found = {Path(finding.file).name for finding in check_city(pack)}
    assert found == {"terrain.tif", "pumps.csv", "lifelines.csv", "rivers.gpkg"}
