"""The check of a network: each defect is found once, named by section and line, and a sound network has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.checks import check_city, check_inp
from data.errors import Finding, InputError
from data.readers.city import read_city
from data.schema import DrainageNetwork
from data.swmm import inp_of
from data.swmm.check import check_network
from data.swmm.network import read_network
from data.swmm.telling import CheckLimits
from tests.pack_files import edit_table, write_pack
from tests.small_network import small_inp
from tests.tiny_city import CRS, NORTH_M, WEST_M, tiny_city

Lines = list[str]


def _check(lines: Lines, *, coupled: bool = True, engine: bool = False, crs: str | None = None) -> list[Finding]:
    city = tiny_city()
    network = read_network(inp_of(lines, "net.inp"), crs=crs, target_crs=CRS)
    return check_network(network, grid=city.grid, terrain=city.terrain, coupled=coupled, engine=engine)


def _put(*pairs: tuple[str, str]) -> Lines:
    """The small network with the beginning of some rows changed."""
    lines = small_inp()
    for old, new in pairs:
        rows = [k for k, line in enumerate(lines) if line.startswith(old)]
        assert rows, old
        lines[rows[0]] = lines[rows[0]].replace(old, new, 1)
    return lines


def _with(section: str, *rows: str) -> Lines:
    return [*small_inp(), f"[{section}]", *rows]


def _moved(dx: float, dy: float, turn: bool = False) -> Lines:
    """All coordinates moved, or turned about."""
    begin = small_inp().index("[COORDINATES]")
    lines = small_inp()
    for k in range(begin + 1, len(lines)):
        parts = lines[k].split()
        if len(parts) == 3:
            x, y = float(parts[1]) + dx, float(parts[2]) + dy
            lines[k] = f"{parts[0]} {y if turn else x} {x if turn else y}"
    return lines


def _basin(shape: str = "FUNCTIONAL 50 0 0") -> Lines:
    """A storage at the end of a pipe from M6, 6 m deep."""
    lines = small_inp()
    lines.insert(lines.index("[COORDINATES]") + 1, f"S1 {WEST_M + 455.0:.2f} {NORTH_M - 305.0:.2f}")
    pipe = ["[CONDUITS]", "PS M6 S1 100 0.013 0 0", "[XSECTIONS]", "PS CIRCULAR 0.6 0 0 0"]
    return [*lines, "[STORAGE]", f"S1 496 6 0 {shape} 0 0", *pipe]


def test_a_sound_network_has_no_finding() -> None:
    assert _check(small_inp(), engine=True) == []
    assert check_network(read_network(inp_of(small_inp(), "net.inp"))) == []


@dataclass(frozen=True)
class Defect:
    name: str
    lines: Callable[[], Lines]
    severity: str
    place: str
    message: str
    value: str = ""


DEFECTS = [
    Defect("no coordinates", lambda: small_inp()[: small_inp().index("[COORDINATES]")], "error", "[COORDINATES]",
           "no node has coordinates", "7 nodes"),
    Defect("one without", lambda: _put((f"M2 {WEST_M + 155:.2f}", ";")), "warning", "[JUNCTIONS] line 14, M2",
           "node without coordinates"),
    Defect("off the terrain", lambda: _put((f"M5 {WEST_M + 355:.2f}", f"M5 {WEST_M + 3550:.2f}")), "error",
           "[JUNCTIONS] line 17, M5", "node outside the terrain", "413550.0, 3391895.0"),
    Defect("outfall off", lambda: _put((f"OUT {WEST_M + 565:.2f}", f"OUT {WEST_M + 665:.2f}")), "warning",
           "[OUTFALLS] line 21, OUT", "its water leaves the model"),
    Defect("another CRS", lambda: _moved(50_000.0, 0.0), "error", "[COORDINATES] M1", "coordinates in another CRS?"),
    Defect("swapped", lambda: _moved(0.0, 0.0, turn=True), "error", "[COORDINATES] M1", "x and y swapped"),
    Defect("below its pipe", lambda: _put(("P2 M2 M3 100 0.013 0 0", "P2 M2 M3 100 0.013 2.5 0")), "error",
           "[JUNCTIONS] line 14, M2", "manhole ends below its pipe", "rim 500.00 m, pipe 500.10 m"),
    Defect("below the crown", lambda: _put(("M1 497.9 2.2", "M1 497.9 0.2")), "warning", "[JUNCTIONS] line 13, M1",
           "below the crown", "rim 498.10 m, crown 498.20 m"),
    Defect("not surveyed", lambda: _put(("M3 497.0 1.5", "M3 0 498.5")), "error", "[JUNCTIONS] line 15, M3",
           "invert missing", "0 m"),
    Defect("sentinel", lambda: _put(("M1 497.9 2.2", "M1 -9999 10499")), "error", "[JUNCTIONS] line 13, M1",
           "invert missing", "-9999 m"),
    Defect("adverse", lambda: _put(("M5 497.5 2.7", "M5 496.0 4.2")), "warning", "[CONDUITS] line 27, P4",
           "adverse slope", "rises 0.90 m over 100.0 m"),
    Defect("steep", lambda: _put(("P4 M5 M4 100 0.013 0 0", "P4 M5 M4 0.5 0.013 0 0")), "warning",
           "[CONDUITS] line 27, P4", "falls by more than its length"),
    Defect("shrinking", lambda: _put(("P5 CIRCULAR 0.6", "P5 CIRCULAR 0.35")), "warning", "[CONDUITS] line 28, P5",
           "smaller than the pipe above it", "0.096 m2 after 0.126 m2"),
    Defect("roughness", lambda: _put(("P5 M4 M6 100 0.013", "P5 M4 M6 100 1.3")), "warning", "[CONDUITS] line 28, P5",
           "unusual roughness", "1.3"),
    Defect("length", lambda: _put(("P5 M4 M6 100", "P5 M4 M6 10")), "warning", "[CONDUITS] line 28, P5",
           "stated and drawn length", "10.0 m, drawn 100.0 m"),
    Defect("rim", lambda: _put(("M6 496.5 3.3", "M6 496.5 5.3")), "warning", "[JUNCTIONS] line 18, M6",
           "rim off the street level", "rim 501.80 m"),
    Defect("datum", lambda: [line.replace(" 497.", " 447.").replace(" 496.", " 446.") for line in small_inp()], "error",
           "[JUNCTIONS]", "different vertical datums", "rims -50"),
    Defect("loop", lambda: _with("CONDUITS", "P9 M4 M1 310 0.013 0 0", "[XSECTIONS]", "P9 CIRCULAR 0.5 0 0 0"),
           "warning", "[CONDUITS] P1", "conduits form a loop", "P1, P2, P3, P9"),
    Defect("itself", lambda: _with("CONDUITS", "P9 M4 M4 10 0.013 0 0", "[XSECTIONS]", "P9 CIRCULAR 0.6 0 0 0"),
           "warning", "[CONDUITS] P9", "link from a node to itself"),
    Defect("isolated", lambda: _put(("P4 M5 M4", "P4 M5 M7"), ("M6 496.5 3.3 0 0 0", "M6 496.5 3.3 0 0 0\nM7 496.9 3")),
           "warning", "M5", "isolated part of 2 nodes"),
    Defect("dead end", lambda: _put(("P4 M5 M4", "P4 M4 M5")), "warning", "[JUNCTIONS] line 17, M5", "dead end"),
    Defect("unknown outfall", lambda: _with("OUTFALLS", "O2 495 FREE"), "warning", "[OUTFALLS] line 52, O2",
           "unknown outfall"),
    Defect("idle outfall", lambda: _put(("P6 M6 OUT", "P6 OUT M6")), "warning", "[OUTFALLS] line 21, OUT",
           "receives nothing"),
    Defect("lone node", lambda: _with("JUNCTIONS", "M9 497 3"), "warning", "[JUNCTIONS] line 52, M9",
           "node without a link"),
    Defect("crest", lambda: _with("WEIRS", "W1 M4 M6 TRANSVERSE 5 1.8 NO", "[XSECTIONS]", "W1 RECT_OPEN 1 2 0 0"),
           "warning", "[WEIRS] line 52, W1", "crest above the rim", "crest 501.90 m, rim 499.90 m"),
    Defect("pump", lambda: _with("PUMPS", "W1 M4 M6 * ON 0.5 1.5"), "warning", "[PUMPS] line 52, W1",
           "stops at a greater depth", "starts at 0.5, stops at 1.5"),
    Defect("ideal pump", lambda: _with("PUMPS", "W1 M4 M6 * ON 0 0"), "warning", "[PUMPS] line 52, W1", "ideal pump"),
    Defect("closed basin", _basin, "warning", "[STORAGE] line 53, S1", "storage without an opening"),
    Defect("street below", lambda: _put(("M2 497.6 2.4", "M2 500.9 0")), "warning", "[JUNCTIONS] line 14, M2",
           "street below the bottom of the node", "invert 500.90 m"),
    Defect("rain file", lambda: _with("RAINGAGES", "G1 VOLUME 0:05 1 FILE absent.dat S MM"), "warning",
           "[RAINGAGES] line 52, G1", "missing rain file: not needed", "absent.dat"),
    Defect("series file", lambda: _with("TIMESERIES", "Q FILE absent.dat"), "error", "[TIMESERIES] line 52, Q",
           "missing time series file", "absent.dat"),
]  # fmt: skip


def _lines_of(defect: Defect) -> Lines:
    return "\n".join(defect.lines()).split("\n")


@pytest.mark.parametrize("defect", DEFECTS, ids=[defect.name for defect in DEFECTS])
def test_each_defect_is_found_where_it_is(defect: Defect) -> None:
    found = _check(_lines_of(defect))
    fitting = [
        finding for finding in found
        if defect.message in finding.message and finding.place.endswith(defect.place) and defect.value in finding.value
    ]  # fmt: skip
    assert len(fitting) == 1, found
    assert fitting[0].severity == defect.severity
    assert fitting[0].file == "net.inp"
    assert fitting[0].remedy


SHAFT = "\n".join(("TABULAR S1 0 0", "[CURVES]", "S1 STORAGE 0 900", "S1 5.4 900", "S1 5.5 1.2", "[STORAGE]", ";"))


@pytest.mark.parametrize(
    ("shape", "rim_m2"),
    [
        ("FUNCTIONAL 2 1 5", 17), ("CYLINDRICAL 10 4 0", 31), ("CONICAL 4 2 1", 101), ("PARABOLOID 8 4 12", 13),
        ("PYRAMIDAL 4 2 1", 224), ("FUNCTIONAL 1 1 3.9", 0), (SHAFT, 0),
    ],
)  # fmt: skip
def test_a_basin_is_open_where_it_is_wide_at_its_rim(shape: str, rim_m2: int) -> None:
    """6 m deep: 2 x 6 + 5; pi/4 x 40; pi/4 x 16 x 8; pi/4 x 32 x 6/12; 16 x 14; two narrower than 10 m2 are none."""
    lines = "\n".join(_basin(shape)).split("\n")
    told = [finding.value for finding in _check(lines) if "without an opening" in finding.message]
    assert told == ([f"{rim_m2} m2 at the rim"] if rim_m2 else [])


def test_a_wet_well_lies_under_its_station() -> None:
    lines = [*_basin(), "[PUMPS]", "PU S1 OUT * ON 0.5 0.2"]
    assert not any("without an opening" in finding.message for finding in _check(lines))


@pytest.mark.parametrize("name", ["no coordinates", "off the terrain", "below its pipe", "not surveyed", "datum"])
def test_by_itself_a_network_is_only_doubted(name: str) -> None:
    """What the engine accepts is no error while nothing is coupled to it."""
    defect = next(defect for defect in DEFECTS if defect.name == name)
    assert not any(finding.severity == "error" for finding in _check(_lines_of(defect), coupled=False))


def test_without_a_street_a_missing_rain_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "net.inp").write_text("\n".join(_with("RAINGAGES", "G1 VOLUME 0:05 1 FILE absent.dat S MM")))
    checked = check_inp(tmp_path / "net.inp")
    assert checked.errors == 1
    assert checked.findings[0].place == "[RAINGAGES] line 52, G1"


def test_what_the_engine_refuses_is_told_in_its_words_with_the_line() -> None:
    lines = [*_put(("OUT 496.0 FREE NO", "OUT 496.0 TIDAL NOCURVE NO")), "[CONTROLS]", "RULE R1", "IF NODE X DEPTH > 1"]
    found = [finding for finding in _check(lines, engine=True) if finding.severity == "error"]
    assert [(finding.place, finding.message[:14]) for finding in found] == [
        ("[OUTFALL] line 21", "SWMM error 209"), ("[CONTROL] line 53", "SWMM error 209"),
    ]  # fmt: skip
    assert found[0].value == "OUT 496.0 TIDAL NOCURVE NO"


def test_a_thousand_findings_of_a_sort_are_counted_not_listed() -> None:
    rows = [f"X{k} 497 3" for k in range(200)]
    lone = [f for f in _check(_with("JUNCTIONS", *rows)) if f.message == "node without a link"]
    assert len(lone) == 51
    assert lone[-1].place == "150 more after X49"


def test_a_hot_start_file_of_something_else_is_told(tmp_path: Path) -> None:
    (tmp_path / "start.hsf").write_bytes(b"no hot start")
    network = read_network(inp_of(small_inp(), "net.inp"), target_crs=CRS, hotstart=tmp_path / "start.hsf")
    found = check_network(network, engine=False)
    assert [(finding.severity, Path(finding.file).name) for finding in found] == [("error", "start.hsf")]


def test_limits_come_from_the_rules() -> None:
    limits = CheckLimits.of()
    assert limits.rim_off_street_m == 1.0
    assert limits.shrink_share == 0.95


# Whole packs: what the command says, and that a run refuses the pack.


def _pack(tmp_path: Path, change: Callable[[str], str]) -> Path:
    pack = write_pack(tmp_path / "pack")
    file = pack / "network.inp"
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
    return pack


BROKEN = [
    ("unknown section", lambda text: text.replace("[VERTICES]", "[VERTEXES]"), "line 48", "unknown section"),
    ("no coordinates", lambda text: text[: text.index("[COORDINATES]")], "[COORDINATES]", "no node has coordinates"),
    ("another CRS", lambda text: text.replace(" 4100", " 6100").replace(" 4101", " 6101").replace(" 4102", " 6102")
     .replace(" 4103", " 6103").replace(" 4104", " 6104").replace(" 4105", " 6105"), "[COORDINATES] M1", "another CRS"),
    ("truncated", lambda text: text[: text.index("P3 M3 M4") + 8], "[CONDUITS] line 26", "too few items"),
    ("cut sections", lambda text: text[: text.index("[XSECTIONS]")], "[CONDUITS] line 24", "without a cross-section"),
    ("nan", lambda text: text.replace("M3 497.0", "M3 nan"), "[JUNCTIONS] line 15, invert", "not a finite number"),
    ("huge", lambda text: text.replace("M3 497.0", "M3 1e308"), "[JUNCTIONS] line 15, invert", "out of range"),
    ("binary", lambda text: text[:40] + "\0\1\2" + text[40:], "", "not a text file"),
    ("empty", lambda text: "", "line 1", "no section"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "place", "message"), BROKEN, ids=[case[0] for case in BROKEN])
def test_a_broken_network_stops_the_pack_and_is_listed(
    tmp_path: Path, name: str, change: Callable[[str], str], place: str, message: str
) -> None:
    pack = _pack(tmp_path, change)
    with pytest.raises(InputError) as caught:
        read_city(pack)
    assert message in caught.value.message
    assert caught.value.place == place
    assert Path(caught.value.file).name == "network.inp"
    listed = [finding for finding in check_city(pack) if finding.severity == "error"]
    assert any(message in finding.message and finding.place == place for finding in listed)


def test_a_run_on_a_doubtful_network_says_so_in_one_note(tmp_path: Path) -> None:
    pack = _pack(tmp_path, lambda text: text.replace("M5 497.5 2.7", "M5 496.0 4.2").replace("P5 C", "P5 M", 0))
    notes = [note for note in read_city(pack).notes if "drainage network" in note]
    assert notes == ["1 doubt about the drainage network, listed by rongan city check"]


def test_an_inlet_off_the_terrain_stops_the_pack(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack")
    edit_table(pack, "inlets.csv", 1, "lon", 110.0)
    with pytest.raises(InputError, match="1 of 2 street inlets lie outside the terrain") as caught:
        read_city(pack)
    assert caught.value.place == "inlets, id I2, lon, lat"


def test_a_basin_with_inlets_of_its_own_is_not_doubted() -> None:
    """Nor one of a network that runs by itself; nothing is said of levels where places are wrong."""
    city = tiny_city()
    network = read_network(inp_of(_basin(), "net.inp"), target_crs=CRS)
    own = replace(network, inlets=_inlet(network, "S1"))
    for checked, coupled in ((own, True), (network, False)):
        found = check_network(checked, grid=city.grid, terrain=city.terrain, coupled=coupled, engine=False)
        assert not any("without an opening" in finding.message for finding in found)
    moved = _check(_moved(50_000.0, 0.0))
    assert not any("street below" in finding.message for finding in moved)


def test_an_inlet_below_the_bottom_of_its_node_is_told() -> None:
    """The street lies at 500 to 501 m; M1 begins at 505 m there."""
    city = tiny_city()
    network = read_network(inp_of(_put(("M1 497.9 2.2", "M1 505 2.2")), "net.inp"), target_crs=CRS)
    found = check_network(
        replace(network, inlets=_inlet(network, "M1")),
        grid=city.grid, terrain=city.terrain, coupled=True, engine=False,
    )  # fmt: skip
    (told,) = [finding for finding in found if finding.message == "street inlet below the bottom of its node"]
    assert (told.severity, told.place) == ("warning", "inlets, id I1, lon, lat")
    assert told.value.startswith("street 500.")
    assert told.value.endswith("invert of M1 505.00 m")


def _inlet(network: DrainageNetwork, node: str) -> pd.DataFrame:
    row = network.nodes[network.nodes["name"] == node].iloc[0]
    return pd.DataFrame(
        {"id": ["I1"], "node": [node], "lon": [104.0], "lat": [30.6], "weir_length_m": [1.8], "orifice_area_m2": [0.1],
         "blocked_share": [0.0], "x_m": [row["x_m"]], "y_m": [row["y_m"]]}
    )  # fmt: skip


def test_a_hole_in_the_terrain_is_outside() -> None:
    city = tiny_city()
    terrain = city.terrain.copy()
    row, col = city.grid.cell_of(WEST_M + 355.0, NORTH_M - 105.0)
    terrain[row, col] = np.nan
    network = read_network(inp_of(small_inp(), "net.inp"), target_crs=CRS)
    found = check_network(network, grid=city.grid, terrain=terrain, coupled=True, engine=False)
    assert [(finding.severity, finding.place) for finding in found] == [("error", "[JUNCTIONS] line 17, M5")]
