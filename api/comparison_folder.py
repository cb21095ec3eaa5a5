"""The folder of a comparison: tables, JSON and the page, written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api.report.compare_page import render_compare
from api.report.compare_words import differences, lead
from api.study_files import made_by, plain_rows, plain_scenario, write_json, write_table, write_text
from data.rules_file import Rules
from data.safe_folder import SafeFolder
from data.schema import COMPARE, RANKING
from sim.compare import Comparison

COMPARISON = "compare.json"


def comparison_folder(out: Path) -> SafeFolder:
    """Where a comparison is written; `refuse_foreign` tells before a long run that it could not be."""
    return SafeFolder(out, marker=COMPARISON)


def write_comparison(comparison: Comparison, rules: Rules, out: Path) -> dict[str, Any]:
    """Write compare.csv, ranking.csv, pipes.csv (those that have rows), compare.json and compare.html."""
    told = comparison_summary(comparison, rules)
    with comparison_folder(out) as folder:
        write_table(folder / COMPARE.name, COMPARE, comparison.areas)
        for name, table in ((RANKING.name, comparison.ranking), ("pipes.csv", comparison.pipes)):
            if len(table):
                write_table(folder / name, RANKING, table)
        write_json(folder / COMPARISON, told)
        write_text(folder / "compare.html", render_compare(comparison, rules))
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
        "ranking": plain_rows(comparison.ranking),
        "pipes": plain_rows(comparison.pipes),
        "pipes_screened": comparison.screened,
        "areas": plain_rows(comparison.areas),
        "base": plain_scenario(comparison.base),
        "with": plain_scenario(comparison.other),
        "rules_hash": rules.hash,
        "made_by": made_by(),
    }
