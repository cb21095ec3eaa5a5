"""Bad city packs: each defect is named with file, place, value and what is expected; nothing is half read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Polygon

from data.checks import check_city
from data.errors import Finding, InputError
from data.readers.city import read_city
from tests.pack_files import affine, cut, edit_raster, edit_table, edit_text, edit_vectors, write_pack
from tests.tiny_city import NORTH_M, WEST_M


@dataclass(frozen=True)
class Defect:
    name: str
    make: Callable[[Path], None]
    file: str
    place: str  # part of the place
    value: str  # part of the value found
    message: str  # part of the message
    remedy: str  # part of what is expected
    severity: str = "error"

    def fits(self, finding: Finding) -> bool:
        return (
            finding.severity == self.severity
            and Path(finding.file).name == self.file
            and self.place in finding.place
            and self.value in finding.value
            and self.message in finding.message
            and self.remedy in finding.remedy
        )


def _hole(pack: Path) -> None:
    edit_raster(pack, "terrain.tif", lambda z: np.where(np.arange(z.size).reshape(z.shape) == 605, np.nan, z))


def _sentinel(pack: Path) -> None:
    edit_raster(pack, "terrain.tif", lambda z: np.where(np.arange(z.size).reshape(z.shape) == 605, -9999.0, z))


def _no_crs(pack: Path) -> None:
    edit_text(pack, "city.toml", 'crs = "EPSG:32648"\n', "")
    edit_raster(pack, "terrain.tif", lambda z: z, crs=None)


def _geographic(pack: Path) -> None:
    edit_text(pack, "city.toml", 'crs = "EPSG:32648"\n', "")
    edit_raster(pack, "terrain.tif", lambda z: z, crs="EPSG:4326", transform=affine(104.05, 30.66, 1e-4, 1e-4))


def _swap(pack: Path) -> None:
    frame = pd.read_csv(pack / "shelters.csv", dtype=str)
    lon, lat = frame.loc[1, "lon"], frame.loc[1, "lat"]
    edit_table(pack, "shelters.csv", 1, "lon", lat)
    edit_table(pack, "shelters.csv", 1, "lat", lon)


def _bow_tie(pack: Path) -> None:
    tie = Polygon([(0, 0), (20, 20), (20, 0), (0, 20)])

    def change(frame):  # type: ignore[no-untyped-def]
        frame.loc[2, "geometry"] = Polygon([(x + WEST_M + 100, y + NORTH_M - 100) for x, y in tie.exterior.coords])
        return frame

    edit_vectors(pack, "buildings.gpkg", change)


def _island(pack: Path) -> None:
    def change(frame):  # type: ignore[no-untyped-def]
        x, y = WEST_M + 20.0, NORTH_M - 580.0
        rows = frame.iloc[:10].copy()
        rows["geometry"] = [LineString([(x + 7 * k, y), (x + 7 * k, y + 4)]) for k in range(10)]
        return pd.concat([frame, rows], ignore_index=True)

    edit_vectors(pack, "roads.gpkg", change)


DEFECTS = (
    Defect("hole in the terrain", _hole, "terrain.tif", "row 10, column 5", "1 cells", "hole", "fill_holes"),
    Defect("undeclared no-data", _sentinel, "terrain.tif", "row 10, column 5", "-9999", "below", "-500 to 9000 m"),
    Defect("no CRS", _no_crs, "terrain.tif", "crs", "", "no coordinate reference system", 'crs = "EPSG'),
    Defect("geographic CRS", _geographic, "terrain.tif", "crs", "EPSG:4326", "not metric", "EPSG:32648"),
    Defect(
        "land cover of another size",
        lambda p: edit_raster(p, "land_cover.tif", lambda z: z[:50, :40]),
        "land_cover.tif", "", "50 rows x 40 columns", "another size", "60 rows x 60 columns",
    ),
    Defect(
        "land cover elsewhere",
        lambda p: edit_raster(p, "land_cover.tif", lambda z: z, transform=affine(WEST_M + 100.0, NORTH_M, 10.0, 10.0)),
        "land_cover.tif", "", "west 410100", "elsewhere", "west 410000",
    ),
    Defect(
        "land-cover code without a row",
        lambda p: edit_raster(p, "land_cover.tif", lambda z: np.where(z == 2, 9, z).astype(np.uint8)),
        "land_cover.tif", "1800 cells", "9", "without a row", "land_cover.csv",
    ),
    Defect(
        "zero coordinates",
        lambda p: (edit_table(p, "shelters.csv", 0, "lon", 0), edit_table(p, "shelters.csv", 0, "lat", 0)),
        "shelters.csv", "row 2, lon, lat", "0, 0", "zero coordinates", "longitude and latitude", "warning",
    ),
    Defect("swapped lat/lon", _swap, "shelters.csv", "row 3, lon, lat", "30.6", "swapped", "lon first"),
    Defect(
        "shelter outside the terrain",
        lambda p: edit_table(p, "shelters.csv", 2, "lat", 31.5),
        "shelters.csv", "row 4", "31.5", "outside the terrain", "enlarge", "warning",
    ),
    Defect(
        "most people outside the terrain",
        lambda p: [edit_table(p, "people.csv", k, "lat", 31.5) for k in range(20)],
        "people.csv", "row 2", "31.5", "20 of 36 points lie outside", "check datum and crs",
    ),
    Defect(
        "population not a number",
        lambda p: edit_table(p, "people.csv", 4, "population_day", "nan"),
        "people.csv", "row 6, population_day", "nan", "not a finite number", "0 to 50000000 persons",
    ),
    Defect(
        "population empty",
        lambda p: edit_table(p, "people.csv", 4, "population_night", ""),
        "people.csv", "row 6, population_night", "", "empty", "0 to 50000000 persons",
    ),
    Defect(
        "population negative",
        lambda p: edit_table(p, "people.csv", 5, "population_night", -12),
        "people.csv", "row 7, population_night", "-12", "negative", "0 to 50000000 persons",
    ),
    Defect(
        "repeated id",
        lambda p: edit_table(p, "people.csv", 3, "id", "B00"),
        "people.csv", "row 5, id", "B00", "twice", "a value of its own",
    ),
    Defect(
        "unknown word",
        lambda p: edit_table(p, "shelters.csv", 3, "site_type", "castle"),
        "shelters.csv", "row 5, site_type", "castle", "unknown word", "one of park",
    ),
    Defect("invalid polygon", _bow_tie, "buildings.gpkg", "feature 3, geometry", "Self-inter", "invalid", "-makevalid"),
    Defect("disconnected roads", _island, "roads.gpkg", "", "", "10 of 274 road pieces", "snap_m", "warning"),
    Defect(
        "unknown section",
        lambda p: edit_text(p, "city.toml", "[barriers]", "[bariers]"),
        "city.toml", "bariers", "", "unknown key", "perhaps barriers",
    ),
    Defect(
        "unknown key",
        lambda p: edit_text(p, "city.toml", 'file = "people.csv"', 'file = "people.csv"\ndatun = "WGS84"'),
        "city.toml", "[people] datun", "", "unknown key", "perhaps datum",
    ),
    Defect(
        "unknown datum",
        lambda p: edit_text(p, "city.toml", 'datum = "WGS84"', 'datum = "BD-09"'),
        "city.toml", "[people] datum", "BD-09", "unknown choice", "WGS84, GCJ-02",
    ),
    Defect(
        "missing file",
        lambda p: (p / "shelters.csv").unlink(),
        "city.toml", "[shelters] file", "shelters.csv", "no such file", "an existing file",
    ),
    Defect(
        "unknown parent of an area",
        lambda p: edit_vectors(p, "areas.gpkg", lambda f: f.assign(parent=["", "510100", "519999"])),
        "areas.gpkg", "feature 3, parent", "519999", "unknown parent", "the code of an area",
    ),
    Defect(
        "layer in another place",
        lambda p: edit_vectors(p, "rivers.gpkg", lambda f: f.set_geometry(f.translate(1e5, 0))),
        "rivers.gpkg", "", "510560", "outside the terrain", "features within",
    ),
    Defect("truncated terrain", lambda p: cut(p, "terrain.tif", 0.6), "terrain.tif", "", "", "truncated", "GeoTIFF"),
    Defect("truncated vectors", lambda p: cut(p, "areas.gpkg", 0.4), "areas.gpkg", "", "", "truncated", "GeoPackage"),
    Defect("truncated table", lambda p: cut(p, "people.csv", 0.5), "people.csv", "row 1", "", "truncated", "12 fields"),
    Defect(
        "empty table", lambda p: (p / "people.csv").write_text(""), "people.csv", "", "", "empty file", "a CSV file"
    ),
    Defect(
        "missing column",
        lambda p: edit_text(p, "people.csv", "population_day", "population"),
        "people.csv", "column population_day", "", "missing column", "People present by day".lower(),
    ),
    Defect(
        "column named twice",
        lambda p: edit_text(p, "people.csv", "population_night", "population_day"),
        "people.csv", "row 1, column 6", "population_day", "occurs twice", "one column",
    ),
    Defect(
        "binary junk in place of a table",
        lambda p: (p / "people.csv").write_bytes(bytes(range(256)) * 20),
        "people.csv", "", "", "not UTF-8", "a CSV file in UTF-8",
    ),
    Defect(
        "binary junk in place of a layer",
        lambda p: (p / "buildings.gpkg").write_bytes(bytes(range(256)) * 200),
        "buildings.gpkg", "", "", "not a readable vector file", "GeoPackage",
    ),
    Defect(
        "a huge number",
        lambda p: edit_table(p, "people.csv", 0, "population_day", "1e300"),
        "people.csv", "row 2, population_day", "1e300", "above the range", "0 to 50000000",
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def good_pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pack(tmp_path_factory.mktemp("packs") / "good")


@pytest.fixture
def pack(good_pack: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good_pack, tmp_path / "pack"))


def test_good_pack_has_no_finding(pack: Path) -> None:
    assert check_city(pack) == []
    read_city(pack)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_defect_is_named(pack: Path, defect: Defect) -> None:
    defect.make(pack)
    findings = check_city(pack)
    assert any(defect.fits(finding) for finding in findings), findings
    if defect.severity == "warning":
        assert not [finding for finding in findings if finding.severity == "error"]
        city = read_city(pack)
        assert any(defect.message.partition(":")[0] in note for note in city.notes)
        return
    with pytest.raises(InputError) as raised:
        read_city(pack)
    assert raised.value.exit_code == 2
    assert defect.file in str(raised.value)


def test_check_lists_every_defect_at_once(pack: Path) -> None:
    """Defects in eight files, two in one of them: each is found although the others are there too."""
    names = (
        "hole in the terrain", "land cover of another size", "zero coordinates", "swapped lat/lon", "invalid polygon",
        "population negative", "population not a number", "unknown key", "disconnected roads",
        "unknown parent of an area", "layer in another place",
    )  # fmt: skip
    chosen = [defect for defect in DEFECTS if defect.name in names]
    assert len(chosen) == len(names)
    for defect in chosen:
        defect.make(pack)
    findings = check_city(pack)
    for defect in chosen:
        assert any(defect.fits(finding) for finding in findings), defect.name


def test_other_layers_are_checked_without_a_terrain(pack: Path) -> None:
    (pack / "terrain.tif").write_bytes(b"junk")
    edit_table(pack, "people.csv", 5, "population_night", -12)
    _bow_tie(pack)
    found = {Path(finding.file).name for finding in check_city(pack)}
    assert found == {"terrain.tif", "people.csv", "buildings.gpkg"}


def test_bad_rows_beyond_fifty_are_counted(pack: Path) -> None:
    frame = pd.read_csv(pack / "people.csv", dtype=str)
    frame = pd.concat([frame] * 3, ignore_index=True).assign(population_day="-1", id=[str(k) for k in range(108)])
    frame.to_csv(pack / "people.csv", index=False)
    findings = [f for f in check_city(pack) if "population_day" in f.place]
    assert len(findings) == 51
    assert "58 more rows after row 51" in findings[-1].place


@pytest.mark.parametrize("content", ["", "name = ", "\x00\x01", "[terrain\n", "name = 'x'\n[terrain]\nfile = 3\n"])
def test_broken_city_file_is_one_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "city.toml").write_text(content)
    findings = check_city(tmp_path)
    assert findings
    assert all(Path(finding.file).name == "city.toml" for finding in findings)
    with pytest.raises(InputError):
        read_city(tmp_path)


def test_missing_pack_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_city(tmp_path / "nowhere")
    assert len(check_city(tmp_path)) == 1
