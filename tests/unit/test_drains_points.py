"""Where a network meets the raster: levels of crests, inlets of the pack, roofs, the rim of the raster, outfalls."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.datum import WGS84, transform
from data.schema import DrainageNetwork, Grid
from data.swmm import inp_of
from data.swmm.network import read_network
from hazards.drains.points import ExchangePoints, InletDefaults, exchange_points, outfall_cells

GRID = Grid(rows=4, cols=5, cell_m=10.0, west_m=411000.0, north_m=3392040.0, crs="EPSG:32648")
GROUND = 500.0 + np.arange(20.0).reshape(4, 5)
EVERYWHERE = np.ones((4, 5), bool)
DEFAULTS = InletDefaults(weir_length_m=6.0, orifice_area_m2=0.4, rim_above_street_m=0.5)


def centre(row: int, col: int) -> str:
    return f"{GRID.west_m + (col + 0.5) * 10.0} {GRID.north_m - (row + 0.5) * 10.0}"


def network(junctions: dict[str, tuple[str, str]], extra: str = "", inlets: Path | None = None) -> DrainageNetwork:
    """Junctions by name: (invert, depth and surcharge depth; place), each drained to the outfall O at row 3, col 4."""
    lines = ["[OPTIONS]", "FLOW_UNITS CMS", "[JUNCTIONS]"]
    lines += [f"{name} {levels}" for name, (levels, _) in junctions.items()]
    lines += ["[OUTFALLS]", "O 490 FREE", "[CONDUITS]", *(f"C{name} {name} O 20 0.01 0 0" for name in junctions)]
    lines += ["[XSECTIONS]", *(f"C{name} CIRCULAR 1 0 0 0" for name in junctions), "[COORDINATES]", f"O {centre(3, 4)}"]
    lines += [f"{name} {place}" for name, (_, place) in junctions.items()]
    text = inp_of([*lines, *extra.splitlines()], "net.inp")
    return read_network(text, crs=GRID.crs, target_crs=GRID.crs, inlets=inlets)


def lay(net: DrainageNetwork, street: np.ndarray = EVERYWHERE, **more: object) -> ExchangePoints:
    return exchange_points(net, GRID, GROUND, street, DEFAULTS, **more)  # type: ignore[arg-type]


def test_a_manhole_opens_at_its_street_with_the_inlets_of_the_rules() -> None:
    points = lay(network({"A": ("499 3.2 0 0 0", centre(0, 2)), "B": ("500 4 0 0 0", centre(1, 0))}))
    assert points.nodes == ("A", "B")
    assert points.cell.tolist() == [2, 5]
    assert points.weir_length_m.tolist() == [6.0, 6.0]
    assert points.area_m2.tolist() == [0.4, 0.4]
    # A's rim (502.2) is within half a metre of its cell (502), B's (504) lies below it (505): both open at the street.
    assert points.street_m.tolist() == points.crest_m.tolist() == [502.0, 505.0]


def test_a_raised_chamber_and_a_bolted_lid_open_above_the_street() -> None:
    points = lay(network({"A": ("499 4 0 0 0", centre(0, 2)), "B": ("500 5 0 2.5 0", centre(1, 0))}))
    assert points.street_m.tolist() == [502.0, 505.0]
    assert points.crest_m.tolist() == [503.0, 507.5]


def test_rows_of_the_pack_replace_the_inlets_of_the_rules(tmp_path: Path) -> None:
    x = GRID.west_m + np.array([45.0, 5.0])
    y = GRID.north_m - np.array([5.0, 25.0])
    lon, lat = transform(x, y, GRID.crs, WGS84)
    rows = [
        f"{k},A,{a!r},{b!r},1.5,0.2,{blocked}"
        for k, (a, b, blocked) in enumerate(zip(lon.tolist(), lat.tolist(), (0.25, 1.0), strict=True))
    ]
    file = tmp_path / "inlets.csv"
    file.write_text("id,node,lon,lat,weir_length_m,orifice_area_m2,blocked_share\n" + "\n".join(rows) + "\n")
    net = network({"A": ("499 6 0 0 0", centre(0, 2)), "B": ("500 5 0 0 0", centre(1, 0))}, inlets=file)
    points = lay(net)
    assert points.node.tolist() == [0, 0, 1]
    assert points.cell.tolist() == [4, 10, 5]
    assert points.weir_length_m == pytest.approx([1.125, 0.0, 6.0])
    assert points.area_m2 == pytest.approx([0.15, 0.0, 0.4])
    assert points.crest_m.tolist() == points.street_m.tolist()  # a gully lies in the street, whatever the rim


def test_a_crest_never_lies_below_the_bottom_of_its_shaft(tmp_path: Path) -> None:
    """Else an empty shaft would drain onto a street below it, water from nowhere."""
    lon, lat = transform(np.array([GRID.west_m + 5.0]), np.array([GRID.north_m - 5.0]), GRID.crs, WGS84)
    file = tmp_path / "inlets.csv"
    file.write_text(f"id,node,lon,lat,weir_length_m,orifice_area_m2\n1,A,{float(lon[0])!r},{float(lat[0])!r},1.5,0.2\n")
    points = lay(network({"A": ("510 2 0 0 0", centre(3, 3)), "B": ("507 0 0 0 0", centre(0, 2))}, inlets=file))
    assert points.street_m.tolist() == [500.0, 502.0]
    assert points.crest_m.tolist() == [510.0, 507.0]


def test_a_manhole_under_a_roof_opens_to_the_nearest_street() -> None:
    street = EVERYWHERE.copy()
    street[0, 1:3] = False
    points = lay(network({"A": ("499 3 0 0 0", centre(0, 2))}), street)
    assert points.cell.tolist() in ([3], [7])
    far = lay(network({"A": ("499 3 0 0 0", centre(0, 2))}), np.zeros((4, 5), bool))
    assert far.count == 0
    assert far.nodes == ()


def test_nodes_off_the_raster_or_without_a_place_stay_uncoupled_unless_a_pump_lifts_into_them() -> None:
    net = network({"A": ("499 3 0 0 0", "410000 3392000"), "B": ("499 3 0 0 0", centre(0, 2))})
    assert lay(net).nodes == ("B",)
    lifted = lay(net, also=["A"])
    assert lifted.nodes == ("A", "B")
    assert lifted.node.tolist() == [1]
    assert lifted.node_start.tolist() == [0, 0, 1]


def test_outfalls_end_in_open_water_or_where_the_case_says() -> None:
    net = network({"A": ("499 3 0 0 0", centre(0, 0))})
    water = np.zeros((4, 5), bool)
    assert outfall_cells(net, GRID, water).names == ()
    assert outfall_cells(net, GRID, water, ["O"]).cell.tolist() == [19]
    water[3, 3] = True
    assert outfall_cells(net, GRID, water).names == ()
    assert outfall_cells(net, GRID, water, most_moved_m=10.0).cell.tolist() == [18]  # the bank is one cell away


def test_points_refuse_what_the_kernels_could_not_bear() -> None:
    level, size = np.zeros(2), np.ones(2)
    for node, length, crest in (([1, 0], size, level), ([0, 2], size, level), ([0, 1], -size, level)):
        with pytest.raises(ValueError, match=r"node|weir_length_m|sorted"):
            ExchangePoints(("A", "B"), np.array([0, 1]), np.array(node), length, size, level, crest)
    with pytest.raises(ValueError, match="crest"):
        ExchangePoints(("A", "B"), np.array([0, 1]), np.array([0, 1]), size, size, level, level - 1.0)
