"""[[measure]] tables: every key reaches its field, what is wrong is named, what is resolved reads back."""

from __future__ import annotations

import pytest
import tomli_w

from data.errors import InputError
from sim.measures import Drainage, Inlets, Pipes, PondingPark, Pump, Sponge, Tank
from sim.scenario import Scenario, read_scenario

EVERY = """
[[measure]]
kind = "sponge"
id = "S"
name = "海绵"
name_en = "Sponge"
cost = 120
areas = ["510101"]
land_cover = [3, 4]
infiltration_mm_h = 10
storage_mm = 20
share = 0.5
[[measure]]
kind = "green_roof"
storage_mm = 30
[[measure]]
kind = "tank"
volume_m3 = 5000
at = [104.0, 30.6]
[[measure]]
kind = "ponding_park"
depth_m = 0.5
sites = ["P1"]
[[measure]]
kind = "pump"
at = [104.0, 30.6]
rate_m3_s = 2
on_depth_m = 0.2
[[measure]]
kind = "pipes"
ids = ["C1"]
diameter_factor = 1.5
[[measure]]
kind = "inlets"
nodes = ["J1"]
factor = 2
[[measure]]
kind = "drainage"
mm_h = 50
"""


def _read(folder, text):
    path = folder / "s.toml"
    path.write_text(text, encoding="utf-8")
    return read_scenario(path)


def test_every_kind_is_read(tmp_path):
    found = _read(tmp_path, EVERY).measure
    assert found[0] == Sponge("sponge", "S", "海绵", "Sponge", 120.0, ("510101",), (3, 4), 10.0, 20.0, 0.5)
    assert [measure.id for measure in found[1:4]] == ["green_roof-2", "tank-3", "ponding_park-4"]
    assert found[2] == Tank("tank", "tank-3", volume_m3=5000.0, at=(104.0, 30.6))
    assert found[3] == PondingPark("ponding_park", "ponding_park-4", depth_m=0.5, sites=("P1",))
    assert found[4] == Pump("pump", "pump-5", at=(104.0, 30.6), rate_m3_s=2.0, on_depth_m=0.2, off_depth_m=0.1)
    assert found[5] == Pipes("pipes", "pipes-6", ids=("C1",), diameter_factor=1.5)
    assert found[6] == Inlets("inlets", "inlets-7", nodes=("J1",), factor=2.0)
    assert found[7] == Drainage("drainage", "drainage-8", mm_h=50.0)


def test_a_resolved_scenario_reads_back_equal(tmp_path):
    scenario = _read(tmp_path, EVERY)
    again = _read(tmp_path, tomli_w.dumps(scenario.resolved()))
    assert again == scenario
    assert again != Scenario()


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ('kind = "moat"', "[measure 1] kind"),
        ('kind = "sponge"', "[measure 1] storage_mm"),
        ('kind = "sponge"\nstorage_mm = 20\nshare = 1.5', "[measure 1] share"),
        ('kind = "sponge"\nstorage_mm = 20\nland_cover = ["3"]', "[measure 1] land_cover"),
        ('kind = "sponge"\nstorage_mm = 20\nareas = ["a", "a"]', "[measure 1] areas"),
        ('kind = "green_roof"', "[measure 1] storage_mm"),
        ('kind = "tank"\nvolume_m3 = 50', "[measure 1] at"),
        ('kind = "tank"\nvolume_m3 = 50\nat = [104, 30]\nnode = "J"', "[measure 1] at"),
        ('kind = "tank"\nvolume_m3 = 50\nat = [30, 104]', "[measure 1] at"),
        ('kind = "tank"\nvolume_m3 = 50\nat = "here"', "[measure 1] at"),
        ('kind = "tank"\nvolume_m3 = nan\nat = [104, 30]', "[measure 1] volume_m3"),
        ('kind = "ponding_park"\ndepth_m = 1', "[measure 1] land_cover"),
        ('kind = "ponding_park"\ndepth_m = 1\nsites = ["P"]\nareas = ["a"]', "[measure 1] areas"),
        ('kind = "pump"\nat = [104, 30]\nrate_m3_s = 1\non_depth_m = 0.1\noff_depth_m = 0.1', "off_depth_m"),
        ('kind = "pipes"', "[measure 1] ids"),
        ('kind = "pipes"\nids = ["C"]\ndiameter_factor = 0.5', "diameter_factor"),
        ('kind = "inlets"', "[measure 1] nodes"),
        ('kind = "drainage"\nmm_h = -1', "[measure 1] mm_h"),
        ('kind = "drainage"\nmm_h = 5\nspeed = 1', "[measure 1] speed"),
        ('kind = "drainage"\nmm_h = 5\nid = "x"\n[[measure]]\nkind = "drainage"\nmm_h = 6\nid = "x"', "[measure 2] id"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, table, place):
    with pytest.raises(InputError) as caught:
        _read(tmp_path, "[[measure]]\n" + table)
    assert place in caught.value.place
