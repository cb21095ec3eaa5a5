"""The sewers of Bellinge under generated ground: a drill through the command line, and what the check tells of them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray

from api.cli.main import run
from data.checks import Checked, check_pack
from data.datum import WGS84, transform
from data.swmm import read_inp
from data.swmm.network import read_network
from tests.real.bellinge_pack import CRS, write_bellinge
from tests.shared_data import shared

INP = "BellingeSWMM_v021_nopervious.inp"
SCENARIO = """name = "bellinge"
[storm]
return_period_a = 50.0
duration_min = 40.0
lead_min = 0.0
[flood]
duration_h = 0.75
threads = 1
"""


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bellinge(shared("swmm_bellinge", INP), tmp_path_factory.mktemp("packs") / "bellinge")


@pytest.fixture(scope="module")
def checked(pack: Path) -> Checked:
    return check_pack(pack)


@pytest.fixture(scope="module")
def drill(pack: Path) -> Path:
    scenario, out = pack.parent / "scenario.toml", pack.parent / "drill"
    scenario.write_text(SCENARIO, encoding="utf-8")
    assert run(["drill", str(pack), "--scenario", str(scenario), "--out", str(out), "--json"]) == 0
    return out


def test_the_coordinates_are_utm_32() -> None:
    """The small model's polygons carry their CRS (WGS 84 / UTM 32, within 1 m of ETRS89); they are those of the inp."""
    small = gpd.read_file(shared("swmm_bellinge", "bellinge_small_subcatchments.geojson"))
    assert small.crs == "EPSG:32632"
    subcatchments = read_network(read_inp(shared("swmm_bellinge", INP)), crs=CRS).subcatchments
    assert subcatchments is not None
    twins = subcatchments.set_index("name").loc[small["Name"]].geometry.centroid
    theirs = small.geometry.centroid.set_crs(CRS, allow_override=True)
    assert twins.distance(theirs, align=False).max() < 1e-3
    lon, lat = transform(twins.x.to_numpy(), twins.y.to_numpy(), CRS, WGS84)
    assert np.abs(lon - 10.32).max() < 0.02
    assert np.abs(lat - 55.335).max() < 0.02


def test_every_kind_of_finding_is_told(checked: Checked) -> None:
    assert Counter((finding.severity, finding.message) for finding in checked.findings) == {
        ("warning", "missing rain file: not needed while rain falls on the grid"): 2,
        ("warning", "rim off the street level"): 10,  # of the generated ground, which smooths over them
        ("warning", "stated and drawn length of the conduit differ"): 1,
        ("warning", "manhole ends below the crown of its pipe: taken as high as the crown"): 3,
        ("warning", "adverse slope"): 16,
        ("warning", "smaller than the pipe above it"): 39,
        ("warning", "SWMM warning 04: minimum elevation drop used"): 10,
        ("warning", "SWMM warning 10: crest elevation raised to downstream invert"): 1,
    }


def test_the_ground_lies_on_the_rims(checked: Checked) -> None:
    """Rims against ground, from which the streets were lowered by 0.1 m: half of them within 0.2 m of that."""
    assert checked.city is not None
    assert checked.network is not None
    nodes = checked.network.nodes[checked.network.nodes["kind"] == "junction"]
    row, col = checked.city.grid.cell_of(nodes["x_m"].to_numpy(), nodes["y_m"].to_numpy())
    off = nodes["rim_m"].to_numpy() - checked.city.terrain[row, col] - 0.1
    assert np.median(np.abs(off)) < 0.2
    assert np.abs(np.quantile(off, [0.05, 0.95])).max() < 0.5
    assert set(checked.city.synthetic) == {"terrain", "land_cover"}
    assert checked.city.provenance["terrain"].startswith("synthetic")


@pytest.mark.slow
def test_a_cloudburst_fills_the_sewers_and_comes_up(drill: Path, checked: Checked) -> None:
    """40 min of a 50-year storm on cells of 10 m.

    The surface balances to the rounding of float32 sums, the exchange to that of float64. What the engine shows as
    error is mostly the half of the last pipes that it gives to the outfalls (docs/verification.md), below 2 % while all
    is full; of all water of street and sewer that is less than 0.1 %.
    """
    summary = json.loads((drill / "summary.json").read_text(encoding="utf-8"))
    flood, drains = summary["flood"], summary["drains"]
    assert flood["continuity_error"] < 1e-6
    assert abs(drains["exchange_error_m3"]) < 1e-6 * drains["to_sewers_m3"]
    assert abs(drains["engine_error"]) < 0.02
    assert drains["total_error"] < 1e-3
    assert drains["flooded_m3"] == 0.0  # every node that can overflow does so onto the street
    assert drains["to_sewers_m3"] > 30_000.0
    assert 4_000.0 < drains["to_street_m3"] < 0.3 * drains["to_sewers_m3"]
    assert 0.5 < flood["max_depth_m"] < 2.5  # hollows of the ground are 1 m deep
    nodes = pd.read_csv(drill / "nodes.csv").set_index("name")
    assert checked.network is not None
    of_file = checked.network.nodes.set_index("name")
    manholes = of_file.index[of_file["kind"] == "junction"]
    filled = nodes.loc[manholes, "max_head_m"] >= of_file.loc[manholes, "rim_m"]
    given = nodes.loc[manholes, "lateral_m3"] < -1.0
    assert 150 < filled.sum() < 300
    assert 40 < given.sum() < 150  # gave more to the street than they took from it
    with xarray.open_dataset(drill / "flood.nc") as data:
        assert float(data["depth"].min()) >= 0.0
