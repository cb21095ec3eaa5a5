"""`rongan city check` and `rongan city network` on drainage networks: what they print, write and refuse."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from lxml import html

from api.cli.main import run
from data.schema.networks import CENSUS, FINDINGS
from tests.pack_files import write_pack
from tests.small_network import small_inp
from tests.tiny_city import CRS


@pytest.fixture
def inp(tmp_path: Path) -> Path:
    file = tmp_path / "sewers.inp"
    file.write_text("\n".join(small_inp()))
    return file


def test_a_network_by_itself_is_checked(inp: Path, capsys: pytest.CaptureFixture) -> None:
    assert run(["city", "check", str(inp), "--crs", CRS]) == 0
    told = capsys.readouterr().out
    assert "6 junctions, 1 outfall; 6 conduits; 0.6 km of conduits, 0 rings; CMS" in told
    assert "census of pipes: 0% of 0.6 km known" in told
    assert told.endswith("0 errors, 0 warnings\n")


def test_an_error_names_section_and_line_and_ends_with_2(inp: Path, capsys: pytest.CaptureFixture) -> None:
    inp.write_text(inp.read_text().replace("P2 M2", "P2 M99"))
    assert run(["city", "check", str(inp)]) == 2
    assert f"{inp}, [CONDUITS] line 25: unknown node (found 'M99')" in capsys.readouterr().out
    assert run(["city", "check", str(inp), "--json"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert [(row["severity"], row["place"]) for row in found] == [("error", "[CONDUITS] line 25")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["city", "check", "{inp}", "--crs", "EPSG:0"], "unknown coordinate reference system"),
        (["city", "network", "{inp}"], "an .inp does not say its CRS"),
        (["city", "check", "{pack}", "--crs", CRS], "the pack says its own CRS"),
        (["city", "check", "{folder}"], "no city pack here"),
    ],
)
def test_wrong_commands_are_refused(
    inp: Path, tmp_path: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture
) -> None:
    names = {"inp": str(inp), "pack": str(tmp_path / "pack"), "folder": str(tmp_path)}
    if "{pack}" in arguments:
        write_pack(tmp_path / "pack")
    assert run([argument.format(**names) for argument in arguments]) == 2
    assert message in capsys.readouterr().err


def test_the_network_of_a_pack_is_exported(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    pack = write_pack(tmp_path / "pack")
    text = (pack / "network.inp").read_text().replace("M5 497.5 2.7", "M5 496.0 4.2")
    (pack / "network.inp").write_text(text)
    out = tmp_path / "net"
    assert run(["city", "network", str(pack), "--out", str(out)]) == 0
    assert "1 warnings, 0 errors" in capsys.readouterr().out
    assert sorted(file.name for file in out.iterdir()) == ["census.csv", "findings.csv", "map.html", "network.geojson"]

    features = json.loads((out / "network.geojson").read_text())["features"]
    pipe = next(feature for feature in features if feature["id"] == "link:P4")
    assert (pipe["properties"]["from"], pipe["properties"]["to"]) == ("M5", "M4")
    assert len(pipe["geometry"]["coordinates"]) == 3
    assert all(104.0 < x < 104.1 and 30.6 < y < 30.7 for x, y in pipe["geometry"]["coordinates"])
    assert sum(feature["properties"]["part"] == "node" for feature in features) == 7

    findings = pd.read_csv(out / "findings.csv")
    assert tuple(findings.columns) == FINDINGS.names
    assert findings["message"].tolist() == ["adverse slope"]
    assert findings["lon"].between(104.0, 104.1).all()
    census = pd.read_csv(out / "census.csv", dtype={"code": str})
    assert tuple(census.columns) == CENSUS.names
    assert census["code"].tolist() == ["all", "510100", "510101", "510102"]
    assert census["conduit_m"].tolist() == [600.0, 600.0, 200.0, 400.0]  # P1, P2 in the west; P3's middle on 305 m
    assert census["known_m"].tolist() == [300.0, 300.0, 200.0, 100.0]
    assert census["poor_m"].tolist() == [200.0, 200.0, 100.0, 100.0]

    assert run(["city", "network", str(pack), "--out", str(out)]) == 0  # an earlier one is replaced
    assert run(["city", "network", str(pack), "--out", str(pack)]) == 2  # anything else is not


def test_the_page_holds_everything_and_asks_for_nothing(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack")
    text = (pack / "network.inp").read_text().replace("M5 497.5 2.7", "M5 496.0 4.2")
    (pack / "network.inp").write_text(text)
    for name in ("one", "two"):
        assert run(["city", "network", str(pack), "--out", str(tmp_path / name)]) == 0
    page = (tmp_path / "one" / "map.html").read_text(encoding="utf-8")
    assert page == (tmp_path / "two" / "map.html").read_text(encoding="utf-8")
    document = html.fromstring(page)
    assert [address for address in document.xpath("//@src | //@href") if not address.startswith("#")] == []
    words = document.text_content()
    for text in ("逆坡", "adverse slope", "管道普查完整率", "Completeness of the pipe census", "西街", "West Street"):
        assert text in words
    data = json.loads(re.search(r"networkMap\(map_map, (\{.*\})\);", page)[1])  # type: ignore[index]
    assert [link[0] for link in data["links"]] == ["P1", "P2", "P3", "P4", "P5", "P6"]
    assert data["findings"][0][3] == ["逆坡", "adverse slope"]
    assert len(data["inlets"]) == 2


def test_every_finding_of_the_catalogue_is_one_that_the_checks_tell() -> None:
    """Words of the catalogue stand in the code of the checks, so that no translation is left behind."""
    from api.messages import catalogue

    code = " ".join(file.read_text() for file in Path("data/swmm").glob("check_*.py"))
    for key, entry in catalogue().items():
        words = entry["en"]
        if key.startswith("network.finding.") and not words.startswith(("SWMM", "missing")):
            assert words in code, key
