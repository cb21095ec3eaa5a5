"""The folder of a comparison: tables, JSON and the page, written whole or not at all."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from api.report.compare_page import render_compare
from api.report.compare_words import differences, lead
from data.records import records
from data.rules_file import Rules
from data.run_folder import check_output
from data.safe_folder import SafeFolder
from data.schema import COMPARE, RANKING, Table
from sim.compare import Comparison
from sim.summary import plain

COMPARISON = "compare.json"
_DIGITS = "%.10g"


def comparison_folder(out: Path) -> SafeFolder:
    """Where a comparison is written; `refuse_foreign` tells before a long run that it could not be."""
    return SafeFolder(out, marker=COMPARISON)


def write_comparison(comparison: Comparison, rules: Rules, out: Path) -> dict[str, Any]:
    """Write compare.csv, ranking.csv, pipes.csv (those that have rows), compare.json and compare.html."""
    told = comparison_summary(comparison, rules)
    with comparison_folder(out) as folder:
        _write(folder / COMPARE.name, COMPARE, comparison.areas)
        for name, table in ((RANKING.name, comparison.ranking), ("pipes.csv", comparison.pipes)):
            if len(table):
                _write(folder / name, RANKING, table)
        (folder / COMPARISON).write_text(
            json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False) + "\n", encoding="utf-8"
        )
        (folder / "compare.html").write_text(render_compare(comparison, rules), encoding="utf-8")
    return told


def comparison_summary(comparison: Comparison, rules: Rules) -> dict[str, Any]:
    """The comparison as JSON holds it."""
    words = lead(comparison)
    before, after = comparison.before.totals, comparison.after.totals
    return {
        "exercise": True,
        "city": comparison.city.name,
        "city_en": comparison.city.name_en,
        "synthetic": list(comparison.city.synthetic),
        "lead": {"zh": words.zh, "en": words.en},
        "before": before,
        "after": after,
        "change": {name: round(after[name] - before[name], 6) for name in before},
        "differences": differences(comparison),
        "ranking": _rows(comparison.ranking),
        "pipes": _rows(comparison.pipes),
        "pipes_screened": comparison.screened,
        "areas": _rows(comparison.areas),
        "base": _scenario(comparison.base.resolved()),
        "with": _scenario(comparison.other.resolved()),
        "rules_hash": rules.hash,
        "made_by": {"rongan": version("rongan")},
    }


def _scenario(resolved: dict[str, Any]) -> dict[str, Any]:
    return {**resolved, "start": resolved["start"].isoformat()}


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{key: plain(value) for key, value in row.items()} for row in records(table)]


def _write(file: Path, table: Table, frame: pd.DataFrame) -> None:
    check_output(table, frame)
    frame.loc[:, list(table.names)].to_csv(file, index=False, float_format=_DIGITS, lineterminator="\n")
