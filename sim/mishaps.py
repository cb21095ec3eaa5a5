"""What went wrong in a scenario, with the names that the city gives it: failures and breaches, for story and report."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from data.schema import City
from data.units import minutes_to_s
from sim.failures import Breach, Failure
from sim.scenario import Scenario


@dataclass(frozen=True)
class Mishap:
    """One failure or breach. A failure everywhere has the name of the city."""

    kind: str  # "power", "pump", "gate", "inlets" or "breach"
    id: str
    name: str
    name_en: str
    from_s: float
    until_s: float | None = None  # None: to the end
    share: float = 1.0  # of the inlets that are lost
    struck: dict[str, int] = field(default_factory=dict)  # by kind of asset, how many hang on the power source
    width_m: float = 0.0  # of a breach
    to_m: float = 0.0  # level that its crest drops to


def mishaps_of(scenario: Scenario, city: City) -> tuple[Mishap, ...]:
    """All of them, by the time at which they begin."""
    found = [_failure(failure, city) for failure in scenario.failure]
    found += [_breach(breach, city) for breach in scenario.breach]
    return tuple(sorted(found, key=lambda mishap: mishap.from_s))


def _failure(failure: Failure, city: City) -> Mishap:
    name, name_en = _name(failure, city)
    lines = city.lifelines
    struck: dict[str, int] = {}
    if failure.kind == "power" and lines is not None:
        fed = lines.loc[lines["source_id"] == failure.id, "asset_kind"]
        struck = {str(kind): int(count) for kind, count in fed.value_counts(sort=False).items()}
    until = None if failure.until_min is None else float(minutes_to_s(failure.until_min))
    begin = float(minutes_to_s(failure.from_min))
    return Mishap(failure.kind, failure.id, name, name_en, begin, until, failure.share, dict(sorted(struck.items())))


def _name(failure: Failure, city: City) -> tuple[str, str]:
    if not failure.id:
        return city.name, city.name_en or city.name
    if failure.kind == "power":
        return _named(city.lifelines, "source_id", failure.id, "source_name", "source_name_en")
    layers: dict[str, tuple[tuple[pd.DataFrame | gpd.GeoDataFrame | None, str], ...]] = {
        "pump": ((city.pumps, "id"), (city.underpasses, "id")),
        "gate": ((city.gates, "id"),),
        "inlets": ((city.areas, "code"),),
    }
    for table, key in layers[failure.kind]:
        names = _named(table, key, failure.id)
        if any(names):
            return names
    return failure.id, failure.id


def _breach(breach: Breach, city: City) -> Mishap:
    name, name_en = _named(city.barriers, "id", breach.barrier, name_en="id")
    begin = float(minutes_to_s(breach.at_min))
    return Mishap(
        "breach",
        breach.barrier,
        name or breach.barrier,
        f"Barrier {name_en or breach.barrier}",  # the layer has names in Chinese alone
        begin,
        width_m=breach.width_m,
        to_m=breach.to_m,
    )


def _named(
    table: pd.DataFrame | gpd.GeoDataFrame | None, key: str, value: str, name: str = "name", name_en: str = "name_en"
) -> tuple[str, str]:
    """Names in the first row whose key has the value; empty where there is none."""
    if table is None or not value:
        return "", ""
    rows = table[table[key].astype(str) == value]
    if not len(rows):
        return "", ""
    first = rows.iloc[0]
    zh, en = (str(first.get(column, "") or "") for column in (name, name_en))
    return zh or en or value, en or zh or value
