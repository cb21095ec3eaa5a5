"""A SWMM input as tables in SI: units, levels, full flows, census and inlets; bad rows named by section and line."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.datum import WGS84, gcj02_from_wgs84, transform
from data.errors import InputError
from data.readers.report import Report
from data.schema import DrainageNetwork
from data.swmm import inp_of
from data.swmm.network import read_network
from data.swmm.shapes import full_section
from tests.small_network import small_inp
from tests.tiny_city import CRS


def _read(lines: list[str], **options: object) -> DrainageNetwork:
    return read_network(inp_of(lines, "net.inp"), target_crs=CRS, **options)  # type: ignore[arg-type]


def _changed(old: str, new: str) -> list[str]:
    lines = small_inp()
    assert any(line.startswith(old) for line in lines), old
    return [line.replace(old, new, 1) if line.startswith(old) else line for line in lines]


def test_tables_hold_the_network_in_metres() -> None:
    network = _read(small_inp())
    nodes, links = network.nodes, network.links
    assert nodes["name"].tolist() == ["M1", "M2", "M3", "M4", "M5", "M6", "OUT"]
    assert nodes["kind"].tolist() == ["junction"] * 6 + ["outfall"]
    assert nodes["rim_m"].tolist()[:3] == pytest.approx([500.1, 500.0, 498.5])
    assert nodes["rim_m"].iloc[6] == pytest.approx(496.6)  # an outfall without a depth: crown of its pipe
    assert (links["tail"].tolist(), links["head"].tolist()) == ([0, 1, 2, 4, 3, 5], [1, 2, 3, 3, 5, 6])
    assert links["tail_invert_m"].tolist() == [497.9, 497.6, 497.0, 497.5, 496.9, 496.5]
    assert [len(line.coords) for line in links.geometry] == [2, 2, 2, 3, 2, 2]
    # Manning by hand: Q = A R^(2/3) S^(1/2) / n, P1 of 0.3 m falls 0.3 m over 100 m
    slope = 0.3 / math.sqrt(100.0**2 - 0.3**2)
    expected = math.pi / 4 * 0.3**2 * (0.3 / 4) ** (2 / 3) * math.sqrt(slope) / 0.013
    assert links["full_flow_m3_s"].iloc[0] == pytest.approx(expected, rel=1e-12)
    assert links["condition_grade"].tolist() == [0] * 6
    assert network.flow_units == "CMS"
    assert not network.has_subcatchments


def test_feet_and_metres_give_the_same_network() -> None:
    """All lengths divided by 0.3048 under FLOW_UNITS GPM: equal to rounding of the text (nine digits)."""

    def feet(line: str) -> str:
        tokens = line.split()
        at = {"M": (1, 2), "O": (1,), "P": (3, 2) if "CIRCULAR" not in line else (2,)}.get(line[:1], ())
        for position in at:
            if position < len(tokens) and tokens[position].replace(".", "").isdigit():
                tokens[position] = f"{float(tokens[position]) / 0.3048:.12g}"
        return " ".join(tokens)

    lines = small_inp()
    begin, end = lines.index("[JUNCTIONS]"), lines.index("[COORDINATES]")
    imperial = [feet(line) if begin < k < end else line for k, line in enumerate(lines)]
    imperial = [line.replace("FLOW_UNITS CMS", "FLOW_UNITS GPM") for line in imperial]
    one, other = _read(lines), _read(imperial)
    for frame in ("nodes", "links"):
        a, b = getattr(one, frame), getattr(other, frame)
        for column in a.columns:
            if a[column].dtype.kind == "f" and column not in ("x_m", "y_m"):
                assert np.allclose(a[column], b[column], rtol=1e-9, atol=1e-9, equal_nan=True), column


def test_offsets_count_from_the_invert_or_from_the_datum() -> None:
    lines = _changed("P1 M1 M2 100 0.013 0 0", "P1 M1 M2 100 0.013 0.25 -0.1")
    depth = _read(lines).links.iloc[0]
    assert (depth["tail_invert_m"], depth["head_invert_m"]) == pytest.approx((498.15, 497.6))  # none below the node
    level = [line.replace("0.013 0 0", "0.013 * *").replace("0.25 -0.1", "498.15 *") for line in lines]
    level.insert(level.index("FLOW_UNITS CMS"), "LINK_OFFSETS ELEVATION")
    raised = _read(level).links
    assert raised["tail_invert_m"].tolist() == pytest.approx([498.15, 497.6, 497.0, 497.5, 496.9, 496.5])
    assert raised["head_invert_m"].tolist() == pytest.approx([497.6, 497.0, 496.9, 496.9, 496.5, 496.0])


def test_barrels_count_and_the_least_slope_holds() -> None:
    two = _read(_changed("P1 CIRCULAR 0.3 0 0 0", "P1 CIRCULAR 0.3 0 0 0 2")).links
    one = _read(small_inp()).links
    assert two["full_flow_m3_s"].iloc[0] == pytest.approx(2 * one["full_flow_m3_s"].iloc[0])
    assert two["full_area_m2"].iloc[0] == pytest.approx(2 * one["full_area_m2"].iloc[0])
    flat = _changed("M2 497.6", "M2 497.9")
    level = _read(flat).links["full_flow_m3_s"].iloc[0]
    flat.insert(flat.index("FLOW_UNITS CMS"), "MIN_SLOPE 0.3")
    assert _read(flat).links["full_flow_m3_s"].iloc[0] > 10 * level


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["CIRCULAR", "RECT_CLOSED", "RECT_OPEN", "TRAPEZOIDAL", "TRIANGULAR", "PARABOLIC", "EGG", "ARCH",
                     "RECT_TRIANGULAR", "RECT_ROUND", "MODBASKETHANDLE", "HORIZ_ELLIPSE", "FILLED_CIRCULAR"]),
    st.floats(0.2, 4.0), st.floats(0.2, 4.0),
)  # fmt: skip
def test_sections_grow_with_the_square_and_their_radius_with_the_size(shape: str, height: float, width: float) -> None:
    """Twice the lengths: four times the area, twice the radius; a radius below half the height or width."""
    if shape == "FILLED_CIRCULAR":
        width = 0.4 * height
    third = {"RECT_TRIANGULAR": 0.5 * height, "RECT_ROUND": width, "MODBASKETHANDLE": width}.get(shape, 0.0)
    ratio = {"TRAPEZOIDAL": 1.0}.get(shape, 0.0)
    small = full_section(shape, (height, width, third or ratio, ratio))
    large = full_section(shape, (2 * height, 2 * width, 2 * third or ratio, ratio))
    assert large[2] == pytest.approx(4 * small[2], rel=1e-9)
    assert large[3] == pytest.approx(2 * small[3], rel=1e-9)
    if shape in ("CIRCULAR", "RECT_CLOSED", "RECT_OPEN", "TRIANGULAR", "PARABOLIC", "FILLED_CIRCULAR"):
        assert 0.0 < small[2] <= small[0] * small[1] * (1 + 1e-12)
        assert 0.0 < small[3] <= small[0]


def test_a_filled_circle_by_hand() -> None:
    """Half filled: half the circle, wetted along the arc and the flat filling."""
    height, width, area, radius = full_section("FILLED_CIRCULAR", (1.0, 0.5, 0.0, 0.0))
    assert (height, width) == (0.5, 1.0)
    assert area == pytest.approx(math.pi / 8, rel=1e-12)
    assert radius == pytest.approx(math.pi / 8 / (math.pi / 2 + 1.0), rel=1e-12)


def test_census_and_inlets_join_by_name(tmp_path: Path) -> None:
    pipes, inlets = tmp_path / "pipes.csv", tmp_path / "inlets.csv"
    pipes.write_text("id,condition_grade,blocked_share,system,repair_cost\nP3,4,0.5,combined,12.5\nP1,2,0,storm,\n")
    network = _read(small_inp())
    lon, lat = transform(network.nodes["x_m"].to_numpy()[:1], network.nodes["y_m"].to_numpy()[:1], CRS, WGS84)
    inlets.write_text(f"id,node,lon,lat,weir_length_m,orifice_area_m2\nI1,M1,{lon[0]:.12f},{lat[0]:.12f},1.8,0.1\n")
    joined = _read(small_inp(), pipes=pipes, inlets=inlets)
    assert joined.links["condition_grade"].tolist() == [2, 0, 4, 0, 0, 0]
    assert joined.links["blocked_share"].tolist() == [0, 0, 0.5, 0, 0, 0]
    assert joined.links["system"].tolist() == ["storm", "", "combined", "", "", ""]
    assert joined.inlets["node_index"].tolist() == [0]
    assert np.hypot(joined.inlets["x_m"] - network.nodes["x_m"].iloc[0],
                    joined.inlets["y_m"] - network.nodes["y_m"].iloc[0]).iloc[0] < 1e-3  # fmt: skip
    pipes.write_text("id,condition_grade\nP1,1\nP99,1\n")
    with pytest.raises(InputError, match=r"row 3, id.*unknown link.*P99"):
        _read(small_inp(), pipes=pipes)
    inlets.write_text(f"id,node,lon,lat,weir_length_m,orifice_area_m2\nI1,X9,{lon[0]:.12f},{lat[0]:.12f},1.8,0.1\n")
    with pytest.raises(InputError, match=r"row 2, node.*unknown node.*X9"):
        _read(small_inp(), inlets=inlets)


def test_coordinates_come_from_other_systems() -> None:
    """Degrees of WGS84 and of GCJ-02 lead to the same places: 1 cm."""
    straight = _read(small_inp())
    x, y = straight.nodes["x_m"].to_numpy(), straight.nodes["y_m"].to_numpy()
    lon, lat = transform(x, y, CRS, WGS84)
    for datum, (a, b) in (("WGS84", (lon, lat)), ("GCJ-02", gcj02_from_wgs84(lon, lat))):
        lines = small_inp()[: small_inp().index("[COORDINATES]") + 1]
        lines += [f"{name} {u:.10f} {v:.10f}" for name, u, v in zip(straight.nodes["name"], a, b, strict=True)]
        network = read_network(inp_of(lines, "net.inp"), crs="EPSG:4326", target_crs=CRS, datum=datum)
        assert np.hypot(network.nodes["x_m"] - x, network.nodes["y_m"] - y).max() < 0.01
        assert (network.crs, network.datum) == ("EPSG:4326", datum)
    alone = read_network(inp_of(lines, "net.inp"), crs="EPSG:4326")
    assert str(alone.links.crs) == "EPSG:32648"


BAD_ROWS = [
    ("M1 497.9", "M1 nan", "[JUNCTIONS] line 13, invert", "nan", "not a finite number"),
    ("M1 497.9", "M1 1e308", "[JUNCTIONS] line 13, invert", "1e308", "out of range"),
    ("M1 497.9", "M1 49_7.9", "[JUNCTIONS] line 13, invert", "49_7.9", "not a finite number"),
    ("M1 497.9 2.2", "M1 497.9 -2.2", "[JUNCTIONS] line 13, depth", "-2.2", "out of range"),
    ("M2 497.6 2.4 0 0 0", "M2", "[JUNCTIONS] line 14", "1", "too few items"),
    ("M2 497.6", "M1 497.6", "[JUNCTIONS] line 14", "M1", "name of two nodes"),
    ("OUT 496.0", "M3 496.0", "[OUTFALLS] line 21", "M3", "name of two nodes"),
    ("P2 M2", "P1 M2", "[CONDUITS] line 25", "P1", "name of two links"),
    ("P2 M2", "P2 M9", "[CONDUITS] line 25", "M9", "unknown node"),
    ("P2 M2 M3 100 0.013 0 0", "P2 M2 M3 100", "[CONDUITS] line 25", "4", "too few items"),
    ("P2 M2 M3 100", "P2 M2 M3 0", "[CONDUITS] line 25, length", "0", "out of range"),
    ("P2 M2 M3 100", "P2 M2 M3 inf", "[CONDUITS] line 25, length", "inf", "not a finite number"),
    ("P1 CIRCULAR 0.3", "P1 CIRCULAR 0", "[XSECTIONS] line 32", "0", "no height"),
    ("P1 CIRCULAR", "P1 ROUNDISH", "[XSECTIONS] line 32", "ROUNDISH", "unknown shape"),
    ("P1 CIRCULAR", "P9 CIRCULAR", "[XSECTIONS] line 32", "P9", "unknown link"),
    ("P6 CIRCULAR 0.6 0 0 0", "", "[CONDUITS] line 29", "P6", "conduit without a cross-section"),
    ("FLOW_UNITS CMS", "FLOW_UNITS LITRES", "[OPTIONS] line 5", "LITRES", "unknown flow units"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "value", "message"), BAD_ROWS, ids=[row[1] for row in BAD_ROWS])
def test_bad_rows_are_named_by_section_and_line(old: str, new: str, place: str, value: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        _read(_changed(old, new))
    assert caught.value.place == place
    assert str(caught.value.value) == value
    assert message in caught.value.message
    assert caught.value.file == "net.inp"


def test_a_collecting_report_gets_every_bad_row() -> None:
    lines = [line.replace("M1 497.9", "M1 nan").replace("P2 M2 M3 100", "P2 M2 M9 x") for line in small_inp()]
    report = Report(collect=True)
    with pytest.raises(InputError):
        _read(lines, report=report)
    assert [finding.place for finding in report.errors] == [
        "[JUNCTIONS] line 13, invert", "[CONDUITS] line 25", "[CONDUITS] line 25, length",
    ]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2000), st.sampled_from(["cut", "swap", "junk"]), st.integers(0, 2**31))
def test_damaged_text_is_read_or_refused_and_never_breaks(at: int, how: str, seed: int) -> None:
    text = "\n".join(small_inp())
    at = min(at, len(text) - 1)
    random = np.random.default_rng(seed)
    if how == "cut":
        text = text[:at]
    elif how == "swap":
        text = text[at:] + text[:at]
    else:
        text = text[:at] + "".join(chr(c) for c in random.integers(32, 127, 12)) + text[at:]
    report = Report(collect=True)
    try:
        network = read_network(inp_of(text.split("\n"), "net.inp"), target_crs=CRS, report=report)
    except InputError:
        assert report.errors
        return
    assert (network.links["tail"] >= 0).all()
    assert np.isfinite(network.nodes["invert_m"]).all()
