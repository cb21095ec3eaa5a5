"""Measures on a sewer network of four pipes: the tables and the SWMM text change together."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InputError
from data.rules_file import load_rules
from data.run_folder import check_output
from data.schema import RANKING
from data.swmm.inp import inp_of, sections
from data.swmm.network import read_network
from data.swmm.prepare import PrepareOptions, prepare_inp
from hazards.drains.engine import SwmmEngine
from sim.apply_measures import apply_measures
from sim.compare import compare
from sim.flood_jobs import FloodOutcome, flood_outcome
from sim.measures import Inlets, Pipes, Tank
from sim.pipe_screen import pipes_worth_repairing, risk_near
from sim.rulebook import pipe_capacity_share
from sim.scenario import Flood, Scenario, Storm
from tests.tiny_city import WEST_M, tiny_city

RULES = load_rules()


def _inp(units="CMS", metre=1.0, offsets="DEPTH"):
    """Five manholes 100 m apart down to an outfall; `metre` is one metre in the units of the file."""
    south = tiny_city().grid.south_m
    lines = ["[OPTIONS]", f"FLOW_UNITS {units}", f"LINK_OFFSETS {offsets}", "FLOW_ROUTING DYNWAVE", "[JUNCTIONS]"]
    lines += [f"J{k} {(498.0 - 0.3 * k) * metre:.6f} {2.5 * metre:.6f}" for k in range(4)]
    lines += ["[OUTFALLS]", f"OUT {496.0 * metre:.6f} FREE", "[CONDUITS]"]
    names = ["J0", "J1", "J2", "J3", "OUT"]
    ends = ["*", "*"] if offsets == "ELEVATION" else ["0", "0"]
    pairs = enumerate(pairwise(names))
    lines += [f"C{k} {a} {b} {100 * metre:.6f} 0.013 {' '.join(ends)}" for k, (a, b) in pairs]
    lines += ["[XSECTIONS]", *(f"C{k} CIRCULAR {0.6 * metre:.6f} 0 0 0" for k in range(3)),
              f"C3 RECT_CLOSED {0.8 * metre:.6f} {1.2 * metre:.6f} 0 0 2 ; twin box", "[COORDINATES]"]  # fmt: skip
    lines += [f"{name} {WEST_M + 100 + 100 * k} {south + 300}" for k, name in enumerate(names)]
    return inp_of(lines, "net.inp")


def _city(network=None):
    city = tiny_city()
    network = network or read_network(_inp(), target_crs=city.grid.crs)
    links = network.links.assign(condition_grade=[3, 1, 4, 0], blocked_share=[0.0, 0.2, 0.5, 0.0],
                                 repair_cost=[10.0, 5.0, np.nan, np.nan])  # fmt: skip
    return replace(city, drainage=replace(network, links=links))


def _built(measure, city=None):
    return apply_measures(city or _city(), (measure,), RULES).drainage


def test_repair_makes_pipes_sound_and_leaves_the_file_as_it_is():
    before = _city().drainage
    after = _built(Pipes("pipes", "r", ids=("C0", "C2")))
    assert after.links["condition_grade"].tolist() == [1, 1, 1, 0]
    assert after.links["blocked_share"].tolist() == [0.0, 0.2, 0.0, 0.0]
    assert after.inp == before.inp


def test_pipes_of_an_area_are_those_with_their_middle_in_it():
    after = _built(Pipes("pipes", "r", areas=("510101",)))  # the western half, to x = 300 m
    assert after.links["condition_grade"].tolist() == [1, 1, 4, 0]


@pytest.mark.parametrize(("units", "metre"), [("CMS", 1.0), ("CFS", 1.0 / 0.3048)])
def test_wider_pipes_carry_more_by_the_power_of_eight_thirds(units, metre):
    city = _city(read_network(_inp(units, metre), target_crs=tiny_city().grid.crs))
    before, after = city.drainage, _built(Pipes("pipes", "r", ids=("C0", "C3"), diameter_factor=1.5), city)
    ratio = (after.links["full_flow_m3_s"] / before.links["full_flow_m3_s"]).to_numpy()
    np.testing.assert_allclose(ratio, [1.5 ** (8 / 3), 1.0, 1.0, 1.5 ** (8 / 3)], rtol=1e-6)
    assert after.links["height_m"].tolist() == pytest.approx([0.9, 0.6, 0.6, 1.2], rel=1e-6)
    rows = {row.tokens[0]: row for row in sections(after.inp)["XSECTIONS"]}
    assert float(rows["C3"].tokens[3]) == pytest.approx(1.8 * metre, rel=1e-6)
    assert rows["C3"].tokens[6] == "2"
    assert len(after.inp.lines) == len(before.inp.lines)


def test_inlets_are_cleaned_and_more_of_them_made():
    city = _city()
    row = {
        "id": "I1", "node": "J1", "lon": 0.0, "lat": 0.0, "weir_length_m": 2.0, "orifice_area_m2": 0.1,
        "blocked_share": 0.4, "source": "", "x_m": WEST_M + 200, "y_m": city.grid.south_m + 300, "node_index": 1,
    }  # fmt: skip
    city = replace(city, drainage=replace(city.drainage, inlets=pd.DataFrame([row])))
    clean = _built(Inlets("inlets", "c", nodes=("J1",)), city).inlets
    assert clean[["weir_length_m", "blocked_share"]].to_numpy().tolist() == [[2.0, 0.0]]
    more = _built(Inlets("inlets", "c", areas=("510101",), factor=2.0), city).inlets
    assert more["node"].tolist() == ["J1", "J0"]
    assert more["weir_length_m"].tolist() == [4.0, 2.0 * RULES.number("drainage.manhole_weir_length_m")]
    assert more["node_index"].tolist() == [1, 0]
    with pytest.raises(InputError, match="no inlet"):
        _built(Inlets("inlets", "c", nodes=("J0",)), city)


@pytest.mark.parametrize(("units", "metre", "offsets"), [("CMS", 1.0, "DEPTH"), ("CFS", 1 / 0.3048, "ELEVATION")])
def test_a_tank_at_a_node_is_a_storage_node_behind_an_orifice_at_the_crown(units, metre, offsets):
    city = _city(read_network(_inp(units, metre, offsets), target_crs=tiny_city().grid.crs))
    network = _built(Tank("tank", "t", volume_m3=1000.0, node="J2"), city)
    tank = network.nodes.iloc[-1]
    crown = 498.0 - 0.6 + 0.6
    assert (tank["name"], tank["kind"], tank["invert_m"]) == ("tank:t", "storage", pytest.approx(crown - 5.0, rel=1e-6))
    inlet = network.links.iloc[-1]
    assert (inlet["kind"], inlet["tail"], inlet["head"]) == ("orifice", 2, len(network.nodes) - 1)
    assert inlet["tail_invert_m"] == pytest.approx(crown, abs=1e-5)
    curve = [row.tokens for row in sections(network.inp)["CURVES"]]
    area = float(curve[0][3]) / metre**2
    assert area * 5.0 == pytest.approx(1000.0, rel=1e-6)
    again = read_network(network.inp, target_crs=city.grid.crs)
    assert again.nodes["name"].tolist() == network.nodes["name"].tolist()


def test_unknown_pipes_and_nodes_are_named():
    for measure in (Pipes("pipes", "m", ids=("C9",)), Inlets("inlets", "m", nodes=("X",)),
                    Tank("tank", "m", volume_m3=1.0, node="X")):  # fmt: skip
        with pytest.raises(InputError, match='measure "m"'):
            _built(measure)


def _flood(risk, fill=None):
    pipes = None if fill is None else pd.DataFrame({"name": ["C0", "C1", "C2", "C3"], "max_fill": fill})
    return FloodOutcome(pd.DataFrame(), {}, 0.0, 0.0, np.zeros((60, 60)), risk, pipes)


@pytest.mark.parametrize(
    ("measure", "key"),
    [
        (Tank("tank", "t", volume_m3=1.0, node="OUT"), "node"),
        (Tank("tank", "my tank", volume_m3=1.0, node="J1"), "id"),
        (Tank("tank", "t;", volume_m3=1.0, node="J1"), "id"),
        (Tank("tank", "t\n[OPTIONS]", volume_m3=1.0, node="J1"), "id"),
    ],
)
def test_a_tank_that_would_break_the_network_is_refused_in_its_own_name(measure, key):
    """Not as a line of the city's file that the file does not have."""
    with pytest.raises(InputError) as caught:
        _built(measure)
    assert caught.value.place == f'[measure "{measure.id}"] {key}'


def test_the_screen_weighs_damage_fill_and_people_near():
    city = _city()
    share = pipe_capacity_share(RULES)
    lost = {"C0": 1 - share[2], "C1": 0.2, "C2": 1 - share[3] * 0.5}
    everywhere = np.ones((60, 60), np.float32)
    found = pipes_worth_repairing(city, _flood(everywhere), RULES, 10)
    assert found.screened == 3  # the census has not seen C3
    assert [repair.ids[0] for repair in found.repairs] == sorted(lost, key=lambda name: -lost[name])
    assert {repair.id: repair.cost for repair in found.repairs} == {"C0": 10.0, "C1": 5.0, "C2": None}
    dry = pipes_worth_repairing(city, _flood(everywhere, [1.0, 1.0, 0.0, 1.0]), RULES, 1)
    assert dry.repairs[0].ids == ("C0",)
    west = np.zeros((60, 60), np.float32)
    west[:, 0] = 1.0  # within 300 m of the middle of C0 and C1 alone
    assert {repair.ids[0] for repair in pipes_worth_repairing(city, _flood(west), RULES, 2).repairs} == {"C0", "C1"}


@given(st.integers(0, 2**32 - 1))
def test_risk_near_a_pipe_is_that_of_its_square(seed):
    city = _city()
    risk = np.random.default_rng(seed).random((60, 60)).astype(np.float32)
    rows, cols = city.grid.cell_of(WEST_M + np.array([150.0, 250.0, 350.0, 450.0]), np.full(4, city.grid.south_m + 300))
    places = zip(rows.tolist(), cols.tolist(), strict=True)
    brute = [risk[max(r - 30, 0) : r + 31, max(c - 30, 0) : c + 31].sum(dtype=float) for r, c in places]
    lines = city.drainage.links.geometry.to_numpy()
    np.testing.assert_allclose(risk_near(city, risk, lines), brute, rtol=1e-9)
    assert risk_near(city, risk, np.array([None], object)).tolist() == [0.0]


def test_a_sound_network_has_nothing_to_repair():
    city = _city()
    sound = city.drainage.links.assign(condition_grade=1, blocked_share=0.0)
    with pytest.raises(InputError, match="damaged"):
        pipes_worth_repairing(
            replace(city, drainage=replace(city.drainage, links=sound)), _flood(np.ones((60, 60))), RULES, 1
        )


def _stored(network) -> tuple[float, float]:
    """Water (m3) in the network after an hour of 0.8 m3/s into its head, and the error of the engine in per cent."""
    wish = PrepareOptions(coupled=("J0", "J1", "J2", "J3"), longest_step_s=5.0, duration_s=3600.0, quiet=True)
    with SwmmEngine(prepare_inp(network, wish), coupled=wish.coupled, outfalls=()) as engine:
        engine.lateral[:] = [0.8, 0.0, 0.0, 0.0]
        while engine.time_s < 3600.0:
            engine.advance(60.0, 3600.0)
        done = engine.finish()
    return done.totals["stored"], done.continuity_error_percent


def test_a_tank_keeps_its_volume_in_the_engine():
    """0.8 m3/s are twice what the pipes carry free: the crown is passed at once, and the hour fills the tank."""
    city = _city()
    sound = _built(Pipes("pipes", "r", ids=("C0", "C1", "C2")), city)
    city = replace(city, drainage=sound)
    without, error = _stored(sound)
    assert abs(error) < 1.0
    with_tank, error = _stored(_built(Tank("tank", "t", volume_m3=300.0, node="J2"), city))
    assert abs(error) < 1.0
    assert with_tank - without == pytest.approx(300.0, rel=0.05)  # beside it the shaft over its top, and fuller pipes


@pytest.mark.slow
def test_pipes_are_repaired_one_by_one_in_floods_of_their_own():
    """No pipe that is sound is tried, and what each removes is what a flood with it alone gives."""
    base = Scenario(storm=Storm(duration_min=30.0, lead_min=0.0), flood=Flood(duration_h=1.0))
    found = compare(_city(), base, base, RULES, pipes=2, workers=1)
    assert found.screened == 3
    assert found.before.totals["to_sewers_m3"] > 0.0
    assert set(found.before.pipes["name"]) == {"C0", "C1", "C2", "C3"}
    check_output(RANKING, found.pipes)
    assert len(found.pipes) == 2
    assert set(found.pipes["id"]) < {"C0", "C1", "C2"}
    removed = found.pipes["person_risk_removed"].to_numpy()
    alone = flood_outcome(replace(base, measure=(Pipes("pipes", "x", ids=(found.pipes["id"][0],)),)), _city(), RULES)
    assert removed[0] == pytest.approx(found.before.totals["person_risk"] - alone.totals["person_risk"], abs=1e-3)
