"""The folder of a siting: tables, map layers, the chosen sites, JSON and the page, written whole or not at all."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from api.report.siting_page import render_siting, space_per_person
from api.report.siting_words import lead, most_served, people_gap
from api.study_files import (
    about_study,
    layer_members,
    plain_rows,
    scenario_toml,
    write_csv,
    write_json,
    write_table,
    write_text,
)
from api.vector_files import outlined, write_geojson, write_geopackage
from api.vector_files import points as point_layer
from data.rules_file import Rules
from data.safe_folder import SafeFolder
from data.schema import SHELTERS, SITING, SITING_AREAS, SITING_FRONT, Field, Table
from data.schema.planning import EXCLUSIONS
from sim.siting_result import Siting
from sim.summary import plain

SITING_JSON = "siting.json"
_PACKAGES = ("numpy", "numba", "highspy")

EXISTING = Table(
    "existing",
    "Sites that are there.",
    (
        Field("id", "", "Shelter id", "text"),
        Field("name", "", "Name in Chinese", "text"),
        Field("name_en", "", "Name in English", "text"),
        Field("lon", "degrees_east", "Longitude"),
        Field("lat", "degrees_north", "Latitude"),
        Field("capacity", "persons", "Places", "int", minimum=0),
        Field("excluded", "", "Why it takes nobody in; empty: used", "text", choices=EXCLUSIONS),
    ),
)


def siting_folder(out: Path) -> SafeFolder:
    """Where a siting is written; `refuse_foreign` tells before a long run that it could not be."""
    return SafeFolder(out, marker=SITING_JSON)


def write_siting(found: Siting, rules: Rules, out: Path) -> dict[str, Any]:
    """Write the folder; returns what siting.json holds. `found.city.candidates` are the sites asked about."""
    told = siting_summary(found, rules)
    with siting_folder(out) as folder:
        write_table(folder / SITING.name, SITING, found.candidates)
        write_table(folder / SITING_AREAS.name, SITING_AREAS, found.areas)
        write_table(folder / SITING_FRONT.name, SITING_FRONT, found.front)
        write_csv(folder / "chosen.csv", chosen_sites(found))
        _write_layers(found, rules, folder)
        write_text(folder / "scenario.toml", scenario_toml(found.scenario, rules, _PACKAGES))
        write_json(folder / SITING_JSON, told)
        write_text(folder / "siting.html", render_siting(found, rules))
    return told


def siting_summary(found: Siting, rules: Rules) -> dict[str, Any]:
    """The siting as JSON holds it."""
    words = lead(found)
    chosen = found.candidates[found.candidates["chosen"]]
    before, after = space_per_person(found)
    question, proof = found.question, found.proof
    return {
        **about_study(found.city, found.scenario, rules, _PACKAGES),
        "lead": {"zh": words.zh, "en": words.en},
        "question": {**asdict(question), "area_limits": dict(question.area_limits)},
        "stay": found.stay,
        "space_m2": found.space_m2,
        "storm": {name: plain(value) for name, value in asdict(found.storm).items()},
        "totals": {
            "people": found.people,
            "candidates": len(found.candidates),
            "excluded": int((found.candidates["excluded"] != "").sum()),
            "chosen": len(chosen),
            "served_before": found.served_before,
            "served_after": proof.served,
            "served_more": proof.served - found.served_before,
            "without_place_before": found.people - found.served_before,
            "without_place_after": found.people - proof.served,
            "m2_per_person_before": plain(before),
            "m2_per_person_after": plain(after),
            "cost": plain(float(chosen["cost"].sum(skipna=False))),
            "added_m2": plain(float(chosen["effective_m2"].sum())),
        },
        "proof": {
            **{name: plain(value) for name, value in asdict(proof).items()},
            "most_served": most_served(found),
            "people_gap": plain(people_gap(found)),
        },
        "chosen": list(chosen["id"]),
        "candidates": plain_rows(found.candidates),
        "areas": plain_rows(found.areas),
        "front": plain_rows(found.front),
        "left_out": [asdict(one) for one in found.city.left_out],
        "unverified_rules": rules.unverified(),
    }


def chosen_sites(found: Siting) -> pd.DataFrame:
    """The chosen candidates in the columns of a pack's shelters, the best first: what `rongan adequacy --add` takes."""
    assert found.city.candidates is not None
    ids = list(found.candidates.loc[found.candidates["chosen"], "id"])
    rows = found.city.candidates.set_index("id", drop=False).loc[ids]
    return rows.loc[:, list(SHELTERS.names)].reset_index(drop=True)


def _write_layers(found: Siting, rules: Rules, folder: Path) -> None:
    candidates = point_layer(SITING, found.candidates)
    layers: dict[str, gpd.GeoDataFrame] = {"candidates": candidates, "existing": point_layer(EXISTING, found.existing)}
    if len(found.shapes):
        layers["areas"] = outlined(SITING_AREAS, found.areas, found.shapes)
    write_geojson(candidates, folder / "candidates.geojson", **layer_members(found.city, rules))
    write_geopackage(layers, folder / "siting.gpkg")
