"""The folder of a study of adequacy: tables, GIS layers, JSON and the page, written whole or not at all."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from api.report.adequacy_areas import compared, compared_level, whole
from api.report.adequacy_page import render_adequacy
from api.report.adequacy_words import lead, out_of_reach, remarks
from api.study_files import (
    about_study,
    layer_members,
    plain_rows,
    scenario_toml,
    write_json,
    write_table,
    write_text,
)
from api.vector_files import outlined, points, write_geojson, write_geopackage
from data.rules_file import Rules
from data.safe_folder import SafeFolder
from data.schema import (
    ADEQUACY,
    ADEQUACY_BLOCKS,
    ADEQUACY_CURVE,
    ADEQUACY_SITES,
    ADEQUACY_YEARS,
    AID,
    STAGES,
)
from sim.adequacy_result import Adequacy
from sim.summary import plain

ADEQUACY_JSON = "adequacy.json"
_PACKAGES = ("numpy", "numba", "ortools")


def adequacy_folder(out: Path) -> SafeFolder:
    """Where a study is written; `refuse_foreign` tells before a long run that it could not be."""
    return SafeFolder(out, marker=ADEQUACY_JSON)


def write_adequacy(found: Adequacy, rules: Rules, out: Path) -> dict[str, Any]:
    """Write every file of a study and return its summary."""
    told = adequacy_summary(found, rules)
    tables = (
        (ADEQUACY, found.areas), (ADEQUACY_SITES, found.sites), (ADEQUACY_BLOCKS, found.blocks),
        (ADEQUACY_CURVE, found.curve), (ADEQUACY_YEARS, found.years), (AID, found.aid),
        (STAGES, found.stages),
    )  # fmt: skip
    with adequacy_folder(out) as folder:
        for table, frame in tables:
            write_table(folder / table.name, table, frame)
        _write_layers(found, rules, folder)
        write_json(folder / ADEQUACY_JSON, told)
        write_text(folder / "scenario.toml", scenario_toml(found.scenario, rules, _PACKAGES))
        write_text(folder / "adequacy.html", render_adequacy(found, rules))
    return told


def adequacy_summary(found: Adequacy, rules: Rules) -> dict[str, Any]:
    """The study as JSON holds it."""
    words, notes = lead(found), remarks(found, rules)
    areas = compared(found)
    lived = areas[areas["people"] > 0]
    short = lived[~lived["target_ok"]]
    return {
        **about_study(found.city, found.scenario, rules, _PACKAGES),
        "lead": {"zh": words.zh, "en": words.en},
        "remarks": [{"zh": one.zh, "en": one.en} for one in notes],
        "stay": found.stay,
        "space_m2": found.space_m2,
        "target_m2": found.target_m2,
        "reach_m": found.reach_m,
        "storm": found.storm.label,
        "storms": [asdict(storm) for storm in found.storms],
        "verdicts": {
            "level": compared_level(found),
            "areas": len(lived),
            "below_target": list(short["code"]),
            "below_target_dry": list(lived.loc[lived["deficit_m2"] > 0.0, "code"]),
            "people_out_of_reach": out_of_reach(whole(found)),
        },
        "totals": _row(whole(found)),
        "areas": plain_rows(areas),
        "practice": {name: {key: plain(value) for key, value in row.items()} for name, row in found.practice.items()},
        "proof": {key: plain(value) for key, value in found.proof.items()},
        "changes": [asdict(change) for change in found.changes],
        "before": None if found.before is None else _row(whole(found.before)),
        "left_out": [asdict(row) for row in found.city.left_out],
        "unverified_rules": rules.unverified(),
    }


def _write_layers(found: Adequacy, rules: Rules, folder: Path) -> None:
    layers = {
        "areas": outlined(ADEQUACY, found.areas, found.shapes),
        "sites": points(ADEQUACY_SITES, found.sites),
        "blocks": points(ADEQUACY_BLOCKS, found.blocks),
    }
    for name, layer in layers.items():
        write_geojson(layer, folder / f"{name}.geojson", **layer_members(found.city, rules))
    write_geopackage(layers, folder / "adequacy.gpkg")


def _row(row: pd.Series) -> dict[str, Any]:
    return {key: plain(value) for key, value in row.items()}  # type: ignore[misc]
