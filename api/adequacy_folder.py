"""The folder of a study of adequacy: tables, GIS layers, JSON and the page, written whole or not at all."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from api.report.adequacy_areas import compared, compared_level, whole
from api.report.adequacy_page import render_adequacy
from api.report.adequacy_words import lead, out_of_reach, remarks
from api.vector_files import outlined, points, write_geojson, write_geopackage
from data.rules_file import Rules
from data.run_folder import check_output
from data.safe_folder import SafeFolder
from data.schema import (
    ADEQUACY,
    ADEQUACY_BLOCKS,
    ADEQUACY_CURVE,
    ADEQUACY_SITES,
    ADEQUACY_YEARS,
    AID,
    STAGES,
    City,
    Table,
)
from sim.adequacy_result import Adequacy
from sim.summary import plain

ADEQUACY_JSON = "adequacy.json"
_DIGITS = "%.10g"
_VERSIONS = ("rongan", "numpy", "numba", "ortools")


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
            _write(folder / table.name, table, frame)
        _write_layers(found, rules, folder)
        text = json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False)
        (folder / ADEQUACY_JSON).write_text(text + "\n", encoding="utf-8")
        (folder / "scenario.toml").write_text(_scenario_toml(found, rules), encoding="utf-8")
        (folder / "adequacy.html").write_text(render_adequacy(found, rules), encoding="utf-8")
    return told


def adequacy_summary(found: Adequacy, rules: Rules) -> dict[str, Any]:
    """The study as JSON holds it."""
    words, notes = lead(found), remarks(found, rules)
    areas = compared(found)
    lived = areas[areas["people"] > 0]
    short = lived[~lived["target_ok"]]
    return {
        "exercise": True,
        "city": found.city.name,
        "city_en": found.city.name_en,
        "synthetic": list(found.city.synthetic),
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
        "areas": [_row(row) for _, row in areas.iterrows()],
        "practice": {name: {key: plain(value) for key, value in row.items()} for name, row in found.practice.items()},
        "proof": {key: plain(value) for key, value in found.proof.items()},
        "changes": [asdict(change) for change in found.changes],
        "before": None if found.before is None else _row(whole(found.before)),
        "left_out": [asdict(row) for row in found.city.left_out],
        "scenario": {**found.scenario.resolved(), "start": found.scenario.start.isoformat()},
        "unverified_rules": rules.unverified(),
        "rules_hash": rules.hash,
        "made_by": {name: version(name) for name in _VERSIONS},
    }


def layer_members(city: City, rules: Rules) -> dict[str, Any]:
    """What stands beside the features of every GeoJSON file of a study."""
    return {"exercise": True, "rulesVersion": rules.hash, "syntheticLayers": list(city.synthetic)}


def _write_layers(found: Adequacy, rules: Rules, folder: Path) -> None:
    layers = {
        "areas": outlined(ADEQUACY, found.areas, found.shapes),
        "sites": points(ADEQUACY_SITES, found.sites),
        "blocks": points(ADEQUACY_BLOCKS, found.blocks),
    }
    for name, layer in layers.items():
        write_geojson(layer, folder / f"{name}.geojson", **layer_members(found.city, rules))
    write_geopackage(layers, folder / "adequacy.gpkg")


def _scenario_toml(found: Adequacy, rules: Rules) -> str:
    """The resolved scenario; `rongan adequacy --scenario` takes it again."""
    made_by = {**{name: version(name) for name in _VERSIONS}, "rules_hash": rules.hash}
    return tomli_w.dumps({**found.scenario.resolved(), "made_by": made_by})


def _row(row: pd.Series) -> dict[str, Any]:
    return {key: plain(value) for key, value in row.items()}  # type: ignore[misc]


def _write(file: Path, table: Table, frame: pd.DataFrame) -> None:
    check_output(table, frame)
    frame.loc[:, list(table.names)].to_csv(file, index=False, float_format=_DIGITS, lineterminator="\n")
