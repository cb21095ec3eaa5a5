"""Failures and breaches of a scenario carry the names and the assets of their city."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString

from data.errors import InputError
from data.schema import City
from sim.failures import Breach, Failure, check_within_run
from sim.mishaps import mishaps_of
from sim.scenario import Scenario
from sim.story import _mishap_events
from tests.tiny_city import tiny_city


def _city() -> City:
    city = tiny_city()
    rows = [
        ("SS1", "东变电站", "East substation", kind, name)
        for kind, name in (("pump", "P1"), ("pump", "P2"), ("gate", "G1"))
    ]
    columns = ["source_id", "source_name", "source_name_en", "asset_kind", "asset_id"]
    wall = gpd.GeoDataFrame(
        {"id": ["W1"], "name": ["河堤"], "crest_m": [3.0]}, geometry=[LineString([(0, 0), (1, 1)])], crs=city.grid.crs
    )
    return replace(
        city,
        lifelines=pd.DataFrame(rows, columns=columns),
        pumps=pd.DataFrame({"id": ["P1"], "name": ["一号泵站"], "name_en": ["Station 1"]}),
        barriers=wall,
    )


def test_failures_are_named_counted_and_in_order_of_time() -> None:
    scenario = Scenario(
        failure=(
            Failure("power", "SS1", 60.0, 120.0),
            Failure("pump", "P1", 30.0),
            Failure("inlets", "", 0.0, None, 0.3),
        ),
        breach=(Breach("W1", 104.0, 30.0, 25.0, 1.5, 45.0),),
    )
    found = mishaps_of(scenario, _city())
    assert [one.kind for one in found] == ["inlets", "pump", "breach", "power"]
    assert found[0].name == _city().name
    assert (found[1].name, found[1].name_en) == ("一号泵站", "Station 1")
    assert (found[2].name, found[2].name_en, found[2].from_s) == ("河堤", "Barrier W1", 2700.0)
    assert (found[3].name_en, found[3].struck) == ("East substation", {"gate": 1, "pump": 2})


def test_what_begins_or_ends_after_the_run_is_no_event_of_it() -> None:
    scenario = Scenario(failure=(Failure("power", "SS1", 60.0, 120.0), Failure("pump", "P1", 300.0)))
    events = _mishap_events(mishaps_of(scenario, _city()), end_s=5400.0)
    assert [(event.kind, event.time_s) for event in events] == [("power_fails", 3600.0)]


def test_what_a_city_does_not_name_keeps_its_id() -> None:
    (one,) = mishaps_of(Scenario(failure=(Failure("gate", "G9"),)), _city())
    assert (one.name, one.name_en) == ("G9", "G9")


def test_what_begins_after_the_run_is_refused_by_row() -> None:
    """A run of 240 min: a failure at 239 counts, one at 240 or later would do nothing unseen."""
    early = (Failure("power", "SS1", 60.0), Failure("pump", "P1", 239.0, 600.0))
    check_within_run(early, (Breach("W1", 104.0, 30.0, 25.0, 1.5, 45.0),), 240 * 60.0)
    with pytest.raises(InputError, match=r"\[failure 3\] from_min: begins after .*found 240.*before 240, .*duration_h"):
        check_within_run((*early, Failure("inlets", "", 240.0)), (), 240 * 60.0)
    with pytest.raises(InputError, match=r"\[breach 1\] at_min"):
        check_within_run(early, (Breach("W1", 104.0, 30.0, 25.0, 1.5, 900.0),), 240 * 60.0)
