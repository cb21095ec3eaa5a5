"""What the folders of studies have alike: tables by their schema, JSON, and what a study was made with."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from data.records import records
from data.rules_file import Rules
from data.run_folder import check_output
from data.schema import City, Table
from sim.scenario import Scenario
from sim.summary import plain

_DIGITS = "%.10g"


def write_table(file: Path, table: Table, frame: pd.DataFrame) -> None:
    """The columns of the schema as CSV. ValueError where the frame does not keep to it."""
    check_output(table, frame)
    write_csv(file, frame.loc[:, list(table.names)])


def write_csv(file: Path, frame: pd.DataFrame) -> None:
    """The frame as CSV, numbers to ten digits."""
    frame.to_csv(file, index=False, float_format=_DIGITS, lineterminator="\n")


def write_json(file: Path, told: dict[str, Any]) -> None:
    """JSON that people can read and machines take: no NaN."""
    write_text(file, json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def write_text(file: Path, text: str) -> None:
    """Text as UTF-8 with line feeds."""
    file.write_text(text, encoding="utf-8", newline="\n")


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON holds them."""
    return [{key: plain(value) for key, value in row.items()} for row in records(table)]


def about_study(city: City, scenario: Scenario, rules: Rules, packages: tuple[str, ...] = ()) -> dict[str, Any]:
    """The city, the scenario, the rules and the versions (of Rong'an and of `packages`) that a study rests on."""
    return {
        "exercise": True,
        "city": city.name,
        "city_en": city.name_en,
        "synthetic": list(city.synthetic),
        "scenario": plain_scenario(scenario),
        "rules_hash": rules.hash,
        "made_by": made_by(packages),
    }


def plain_scenario(scenario: Scenario) -> dict[str, Any]:
    """The resolved scenario as JSON holds it."""
    return {**scenario.resolved(), "start": scenario.start.isoformat()}


def made_by(packages: tuple[str, ...] = ()) -> dict[str, str]:
    """Versions of Rong'an and of packages."""
    return {name: version(name) for name in ("rongan", *packages)}


def scenario_toml(scenario: Scenario, rules: Rules, packages: tuple[str, ...] = ()) -> str:
    """The resolved scenario with the versions and the rules it ran on; commands take it again."""
    return tomli_w.dumps({**scenario.resolved(), "made_by": {**made_by(packages), "rules_hash": rules.hash}})


def layer_members(city: City, rules: Rules) -> dict[str, Any]:
    """What stands beside the features of every GeoJSON file of a study."""
    return {"exercise": True, "rulesVersion": rules.hash, "syntheticLayers": list(city.synthetic)}
