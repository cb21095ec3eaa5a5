"""Structures of a city under a scenario: which pumps, gates and breaches there are, and what fails when."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.errors import InputError
from data.readers.city import read_city
from data.rules_file import load_rules
from data.schema import City
from hazards import SurfaceFlow
from hazards.structures import Breach as BrokenWall
from hazards.structures import Gate, PumpStation
from sim.failures import Breach, Failure
from sim.ground import Ground, prepare_ground
from sim.outages import outages
from sim.scenario import Scenario
from sim.structures import city_structures, lifted_nodes
from tests.pack_files import write_pack
from tests.watered_city import degrees, watered_city
from tests.windows import run_windows

RULES = load_rules()
FOREVER = float("inf")


@pytest.fixture(scope="module")
def city() -> City:
    return watered_city()


@pytest.fixture(scope="module")
def ground(city: City) -> Ground:
    return prepare_ground(city, RULES, 1.0)


def _by_name(city: City, ground: Ground, scenario: Scenario | None = None, **options: Any) -> dict[str, Any]:
    found = city_structures(city, ground, scenario or Scenario(), RULES, **options)
    return {structure.name: structure for structure in found}


def test_pumps_gates_and_where_they_lift_to(city: City, ground: Ground) -> None:
    """U2 has no pump. Node numbers are places in the list of coupled nodes; one that is not coupled is the outside."""
    found = _by_name(city, ground, nodes=["N1", "N3", "N7"])
    assert list(found) == ["gate G1", "underpass U1", "pump P1", "pump P2", "pump P3"]
    under, to_river, away, to_node = (found[name] for name in list(found)[1:])
    assert isinstance(under, PumpStation)
    assert (under.node, under.on_depth_m, under.off_depth_m, under.rate_m3_s) == (2, 0.1, 0.05, 0.1)
    assert len(under.cells) >= 6  # 30 m x 20 m, and what the polygon touches
    assert (to_river.node, to_river.to_cell) == (None, 27 * 60 + 51)  # 325 m from the south, 515 m from the west
    assert to_river.cells.tolist() == [24 * 60 + 25]
    assert (away.node, away.to_cell) == (None, None)
    assert (to_node.node, to_node.to_cell) == (1, None)
    assert lifted_nodes(city) == ["N7", "N3"]
    alone = _by_name(city, ground)
    assert alone["underpass U1"].node is None
    gate = found["gate G1"]
    assert isinstance(gate, Gate)
    assert gate.faces.count == 2
    assert gate.reopen_fall_m == 0.1


def test_a_pump_under_a_roof_takes_the_nearest_open_ground(city: City, ground: Ground) -> None:
    building = ground.building.copy()
    building[23:26, 24:27] = True
    roofed = replace(ground, building=building)
    (cell,) = _by_name(city, roofed)["pump P1"].cells.tolist()
    assert not building.reshape(-1)[cell]
    assert np.hypot(cell // 60 - 24, cell % 60 - 25) == 2.0
    building[20:40, 15:35] = True
    with pytest.raises(InputError, match="no open ground") as caught:
        _by_name(city, roofed)
    assert caught.value.place == "pumps, id P1, lon"


def test_what_power_and_pump_failures_take_out(city: City, ground: Ground) -> None:
    failures = (
        Failure("power", "SS1", 30.0, 300.0),
        Failure("pump", "U1", 0.0, 10.0),
        Failure("pump", "P2", 5.0),
        Failure("power", "SS2"),
        Failure("inlets", "", 0.0, 60.0, 0.5),
    )
    out = outages(city, failures)
    assert out == {
        ("pump", "P1"): [(1800.0 + 7200.0, 18_000.0)],
        ("underpass", "U1"): [(1800.0, 18_000.0), (0.0, 600.0)],
        ("shelter", "S1"): [(1800.0 + 14_400.0, 18_000.0)],
        ("pump", "P2"): [(300.0, FOREVER)],
        ("gate", "G1"): [(0.0, FOREVER)],
        ("inlets", ""): [(0.0, 3600.0)],
    }
    found = _by_name(city, ground, Scenario(failure=failures))
    assert found["underpass U1"].outages == ((0.0, 600.0), (1800.0, 18_000.0))
    assert found["pump P2"].outages == ((300.0, FOREVER),)
    assert found["gate G1"].stuck == ((0.0, FOREVER),)
    assert found["pump P3"].outages == ()
    short = outages(city, [Failure("power", "SS1", 0.0, 60.0)])
    assert ("pump", "P1") not in short  # runs on for two hours


def test_a_breach_drops_the_levee_around_its_place(city: City, ground: Ground) -> None:
    lon, lat = degrees(475.0, 155.0)
    scenario = Scenario(breach=(Breach("L1", lon, lat, 30.0, 500.5, 20.0),))
    wall = _by_name(city, ground, scenario)["breach L1 1"]
    assert isinstance(wall, BrokenWall)
    assert (wall.at_s, wall.to_m) == (1200.0, 500.5)
    assert (wall.faces.x // 61).tolist() == [43, 44, 45]  # 155 m from the south is in row 44
    assert (wall.faces.x % 61).tolist() == [47, 47, 47]


@pytest.mark.parametrize(
    ("scenario", "place", "found", "expected"),
    [
        ({"failure": (Failure("power", "SS9"),)}, "[failure 1] id", "SS9", "perhaps SS"),
        ({"failure": (Failure("gate", "G1"), Failure("pump", "G1"))}, "[failure 2] id", "G1", "P1, P2, P3, U1, U2"),
        ({"failure": (Failure("gate", "Z"),)}, "[failure 1] id", "Z", "one of G1"),
        ({"failure": (Failure("inlets", "999"),)}, "[failure 1] id", "999", "510100"),
        ({"breach": (Breach("L9", 104.0, 30.6, 30.0, 500.0, 0.0),)}, "[breach 1] barrier", "L9", "one of L1, L2"),
        ({"breach": (Breach("L1", 104.0, 30.6, 30.0, 500.0, 0.0),)}, "[breach 1] at", [104.0, 30.6], "within 20 m"),
        ({"breach": (Breach("L1", *degrees(470.0, 100.0), 30.0, 503.0, 0.0),)}, "[breach 1] to_m", 503.0, "below 503"),
    ],
)
def test_names_that_the_city_does_not_have(
    city: City, ground: Ground, scenario: dict[str, Any], place: str, found: Any, expected: str
) -> None:
    with pytest.raises(InputError) as caught:
        city_structures(city, ground, Scenario(**scenario), RULES, file=Path("storm.toml"))
    error = caught.value
    assert (error.file, error.place, error.value) == ("storm.toml", place, found)
    assert expected in error.expected


def test_a_city_without_structures_has_none(city: City, ground: Ground) -> None:
    bare = replace(city, pumps=None, gates=None, underpasses=None, lifelines=None)
    empty = replace(ground, city=bare)
    assert city_structures(bare, empty, Scenario(), RULES) == []
    with pytest.raises(InputError, match="no such power source") as caught:
        city_structures(bare, empty, Scenario(failure=(Failure("power", "SS1"),)), RULES)
    assert "the city has no" in caught.value.expected


def test_a_gate_below_the_ground_is_refused(city: City, ground: Ground) -> None:
    assert city.gates is not None
    low = replace(city, gates=city.gates.assign(close_above_m=400.0))
    with pytest.raises(InputError, match="above the level at which it closes") as caught:
        city_structures(low, ground, Scenario(), RULES)
    assert caught.value.place == "gates, feature 1 (G1), close_above_m"
    assert caught.value.file == ""  # a city made in memory


def test_messages_about_gates_and_pumps_name_the_file_of_the_pack(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack")
    city = read_city(pack)
    assert city.gates is not None
    assert city.pumps is not None
    ground = prepare_ground(city, RULES, 1.0)
    off = city.gates.assign(geometry=city.gates.geometry.translate(50_000.0))
    away = city.pumps.assign(x_m=city.pumps["x_m"] + [0.0, 50_000.0, 0.0])
    cases = (
        ({"gates": city.gates.assign(close_above_m=400.0)}, "gates.gpkg", "gates, feature 1 (G1), close_above_m"),
        ({"gates": off}, "gates.gpkg", "gates, feature 1 (G1)"),
        ({"gates": None, "pumps": away}, "pumps.csv", "pumps, id P2, lon"),
    )
    for change, file, place in cases:
        with pytest.raises(InputError) as caught:
            city_structures(replace(city, **change), ground, Scenario(city=pack), RULES)
        assert (Path(caught.value.file).name, caught.value.place) == (file, place)


def test_pumps_keep_an_underpass_open_and_a_power_cut_does_not(city: City, ground: Ground) -> None:
    """20 mm/h over the hollow for an hour: 0.1 m3/s of the underpass and 0.5 of the station against what runs in."""
    deepest = {}
    for name, failures in (("power", ()), ("cut", (Failure("power", "SS1"), Failure("pump", "P1")))):
        flow = SurfaceFlow(ground.bed, 10.0, ground.manning_n, crest_x=ground.crest_x, crest_y=ground.crest_y)
        flow.set_rain(None, 20.0 / 3.6e6)
        structures = city_structures(city, ground, Scenario(failure=failures), RULES)
        run_windows(flow, structures, 3600.0)
        deepest[name] = float(flow.depth.reshape(-1)[ground.underpass_cells[0]].max())
        assert flow.book.continuity_error < 1e-6
        assert (flow.book.pumped_in_m3 > 0.0) == (name == "power")
    assert deepest["power"] < 0.3 < deepest["cut"]  # the depth at which it is closed
