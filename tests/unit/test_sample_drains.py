"""The sewers of the sample city: sound pipes, gullies that can drain, a design storm that they carry."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import shapely

from benchmarks.lattice_drains import lattice_ground, lattice_network
from data.rules_file import load_rules
from data.sample import sample_city
from data.sample.drains import LEAST_COVER_M, runoff_area_m2
from data.sample.drains_inlets import LEAST_FALL_M, REACH_M, SPACING_M, WEIR_M
from data.sample.drains_sizes import LEAST_FALL, OUTFALL_ABOVE_BED_M, rain_intensity_m_s
from data.sample.raster import burn
from data.schema import City, DrainageNetwork
from hazards.drains.engine import SwmmEngine

_MM = 2e-3  # levels in the file are rounded to 1 mm, a difference of two to 2 mm


@cache
def _city() -> City:
    return sample_city("small", 1)


def _network() -> DrainageNetwork:
    network = _city().drainage
    assert network is not None
    return network


def _ends(network: DrainageNetwork, kind: str) -> np.ndarray:
    """Row of the links that end in nodes of a kind."""
    return np.flatnonzero(network.nodes["kind"].to_numpy()[network.links["head"]] == kind)


def test_every_pipe_falls_and_none_sticks_out_of_the_ground() -> None:
    pipes = _network().links.query("kind == 'conduit'")
    fall = pipes["tail_invert_m"] - pipes["head_invert_m"]
    assert (fall >= LEAST_FALL * pipes["length_m"] - _MM).all()
    rim = _network().nodes["rim_m"].to_numpy()[pipes["tail"]]
    assert (rim - pipes["tail_invert_m"] - pipes["height_m"] >= LEAST_COVER_M - _MM).all()


def test_no_pipe_is_smaller_than_one_that_enters_it() -> None:
    pipes = _network().links.query("kind == 'conduit'")
    largest_in = np.zeros(len(_network().nodes))
    np.maximum.at(largest_in, pipes["head"].to_numpy(), pipes["full_area_m2"].to_numpy())
    assert (pipes["full_area_m2"] >= largest_in[pipes["tail"]] - 1e-9).all()


def test_every_manhole_reaches_an_outfall() -> None:
    network = _network()
    following = np.arange(len(network.nodes))
    links = network.links[~network.links["kind"].isin(("weir",))]
    following[links["tail"]] = links["head"]
    at = np.arange(len(following))
    for _ in range(len(following)):
        onward = following[at]
        if (onward == at).all():
            break
        at = onward
    assert (network.nodes["kind"].to_numpy()[at] == "outfall").all()


def test_outfalls_lie_in_the_river_above_its_bed_or_at_the_edge() -> None:
    city, network = _city(), _network()
    outfalls = network.nodes[network.nodes["kind"] == "outfall"]
    rows, cols = city.grid.cell_of(outfalls["x_m"].to_numpy(), outfalls["y_m"].to_numpy())
    river = burn(city.grid, list(city.rivers.geometry))[rows, cols]
    edge = (rows == city.grid.rows - 1) | (cols == city.grid.cols - 1)
    assert (river | edge).all()
    assert river.sum() > 30
    above = outfalls["invert_m"].to_numpy() - city.terrain[rows, cols]
    assert (above[river] >= OUTFALL_ABOVE_BED_M - _MM).all()


def test_gullies_lie_over_their_manhole_and_on_open_ground() -> None:
    city, network = _city(), _network()
    inlets = network.inlets
    raised = city.terrain + 3.0 * burn(city.grid, list(city.buildings.geometry))
    cells = city.grid.cell_of(inlets["x_m"].to_numpy(), inlets["y_m"].to_numpy())
    nodes = network.nodes.iloc[inlets["node_index"]]
    assert (raised[cells] - nodes["invert_m"].to_numpy() > LEAST_FALL_M - _MM).all()
    away = np.hypot(inlets["x_m"].to_numpy() - nodes["x_m"], inlets["y_m"].to_numpy() - nodes["y_m"])
    assert away.max() <= REACH_M + 1.0
    closed = burn(city.grid, [*city.rivers.geometry, *city.buildings.geometry, *city.underpasses.geometry])
    assert not closed[cells].any()
    assert len(set(zip(*cells, strict=True))) == len(inlets)
    in_streets = (inlets["weir_length_m"] >= WEIR_M).sum()
    assert 0.9 < city.roads.edges["length_m"].sum() / 2 / SPACING_M / in_streets < 1.1


def test_the_gate_stands_on_the_bank_and_closes_above_the_ground() -> None:
    city = _city()
    gate = city.gates.iloc[0]
    assert not gate.geometry.intersects(shapely.union_all(city.rivers.geometry))
    cells = city.grid.cell_of(*shapely.get_coordinates(gate.geometry).T)
    assert gate["sill_m"] < city.terrain[cells].min()  # open, it holds nothing back
    assert city.terrain[cells].max() < gate["close_above_m"] < gate["closed_m"]


def test_each_asset_hangs_on_one_substation() -> None:
    city = _city()
    lines = city.lifelines
    known = {
        "pump": set(city.pumps["id"]),
        "underpass": set(city.underpasses["id"]),
        "gate": set(city.gates["id"]),
        "shelter": set(city.shelters["id"]),
    }
    assert not lines.duplicated(["asset_kind", "asset_id"]).any()
    for kind, rows in lines.groupby("asset_kind"):
        assert set(rows["asset_id"]) <= known[kind]
    assert set(lines.query("asset_kind == 'underpass'")["asset_id"]) == known["underpass"]
    assert set(city.underpasses["pump_node"]) <= set(_network().nodes["name"])


def test_the_old_town_has_the_worse_pipes() -> None:
    links = _network().links
    seen = links[links["condition_grade"] > 0]
    assert 0.7 < len(seen) / len(links) < 0.9
    old = seen["system"] == "combined"
    assert seen["condition_grade"][old].mean() > seen["condition_grade"][~old].mean() + 0.5


@pytest.mark.slow
def test_the_design_storm_fills_the_pipes_and_leaves_through_the_outfalls() -> None:
    """Steady rain of 3 years and 60 minutes on all ground: 99 % of it must leave through the outfalls again."""
    city, network = _city(), _network()
    manholes = network.nodes[network.nodes["kind"] == "junction"]
    area = runoff_area_m2(city.grid, city.land_cover, manholes["x_m"].to_numpy(), manholes["y_m"].to_numpy())
    rain = rain_intensity_m_s(load_rules(), 3.0, 60.0)
    with SwmmEngine(network.inp.lines, coupled=list(manholes["name"])) as engine:
        engine.lateral[:] = area * rain
        engine.advance(3_600.0)
        engine.lateral[:] = 0.0
        engine.advance(7_200.0)
        result = engine.finish()
    assert abs(result.continuity_error_percent) < 0.5
    assert result.totals["inflow"] == pytest.approx(area.sum() * rain * 3_600.0, rel=0.01)
    assert result.totals["flooding"] < 0.01 * result.totals["inflow"]
    assert result.totals["outflow"] > 0.97 * result.totals["inflow"]
    assert (result.outfalls["volume_m3"] > 0.0).all()
    full = result.links["full_s"] > 0.0
    assert 0.02 < full.mean() < 0.6


def test_a_lattice_lies_under_its_ground() -> None:
    network = lattice_network(12)
    manholes = network.nodes[network.nodes["kind"] == "junction"]
    assert len(manholes) == 144
    grid, ground = lattice_ground(12)
    rows, cols = grid.cell_of(manholes["x_m"].to_numpy(), manholes["y_m"].to_numpy())
    # manholes lie on cell corners, so up to half a cell of the fall of 3 per mille from the middle of their cell
    assert np.abs(ground[rows, cols] - manholes["rim_m"].to_numpy()).max() <= 0.5 * grid.cell_m * 0.003 + _MM
    links = network.links
    assert (links["tail_invert_m"] >= links["head_invert_m"] - _MM).all()
