"""Makes docs/reference.md from the schema and the rules: `python -m data.reference_page` writes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from data.rules_file import RULE_FILES, Rule, Rules, load_rules
from data.schema import (
    CASE_TABLES,
    COMPARISON_TABLES,
    DRAINAGE_TABLES,
    DRILL_TABLES,
    FORECAST_TABLES,
    INPUT_RASTERS,
    INPUT_TABLES,
    OBSERVATIONS,
    OUTPUT_TABLES,
    PLANNING_TABLES,
    SENSORS,
    Field,
    Table,
)
from data.schema.networks import NETWORK_TABLES

PAGE = Path(__file__).parents[1] / "docs" / "reference.md"

_HEAD = """# Reference: columns, arrays, thresholds

Made from `data/schema/` and `data/rules/` by `python -m data.reference_page`; do not edit by hand.

"""
_RULES_HEAD = """## Rules

Thresholds of `data/rules/*.toml`. Marks: **A** read in the norm itself, **B** in secondary text, **C** known to exist
but not read, **D** uncertain or our own proposal. "Checked" says whether the value counts as read in the norm; whoever
holds the printed standard may tick C values after reading. The hash of all rules goes into every warning.
"""


def reference_page() -> str:
    """The whole page."""
    parts = [_HEAD + "## Tables and layers of a city pack, and series\n"]
    parts += [_table(table) for table in (*INPUT_TABLES, *DRAINAGE_TABLES)]
    parts += ["## Rasters that are read\n", _rows(INPUT_RASTERS, inputs=True)]
    parts += ["## Files of a run folder\n", *(_table(table, inputs=False) for table in OUTPUT_TABLES)]
    parts += ["## Files about a drainage network\n", *(_table(table, inputs=False) for table in NETWORK_TABLES)]
    parts += ["## Files of a comparison\n", *(_table(table, inputs=False) for table in COMPARISON_TABLES)]
    parts += [
        "## Files of planners: adequacy and siting\n",
        *(_table(table, inputs=False) for table in PLANNING_TABLES),
    ]
    parts += ["## Files about command and movement of a drill\n"]
    parts += [_table(table, inputs=False) for table in DRILL_TABLES]
    parts += ["## Sensors and what they report\n", *(_table(table) for table in (SENSORS, OBSERVATIONS))]
    parts += ["## Files of a forecast and its verification\n"]
    parts += [_table(table, inputs=False) for table in FORECAST_TABLES]
    parts += ["## Evacuation cases: what they read and what they leave\n"]
    parts += [_table(table, inputs=not table.name.endswith(".csv")) for table in CASE_TABLES]
    rules = load_rules()
    parts += [_RULES_HEAD, *(_rule_table(name, rules) for name in RULE_FILES)]
    return "\n".join(parts).rstrip() + "\n"


def _table(table: Table, inputs: bool = True) -> str:
    return f"### `{table.name}`\n\n{table.meaning}\n\n{_rows(table, inputs)}"


def _rows(fields: Iterable[Field], inputs: bool) -> str:
    default = " default |" if inputs else ""
    lines = [f"| name | unit | values |{default} meaning |", "|---|---|---|---|" + ("---|" if inputs else "")]
    for field in fields:
        cells = [f"`{field.name}`", _unit(field.unit), _values(field)]
        if inputs:
            cells.append("**required**" if field.required else _default(field))
        lines.append("| " + " | ".join([*cells, _meaning(field)]) + " |")
    return "\n".join(lines) + "\n"


def _values(field: Field) -> str:
    if field.dtype == "geometry":
        return "geometry"
    words = replace(field, unit="").describe_range()
    return f"whole, {words}" if field.dtype == "int" and words != "a finite number" else words


def _meaning(field: Field) -> str:
    words = field.meaning
    if field.dims:
        words += f" ({', '.join(field.dims)})"
    return f"{words}; each value once" if field.unique else words


def _default(field: Field) -> str:
    if field.default in (None, ""):
        return "empty"
    return str(field.default).lower() if isinstance(field.default, bool) else f"{field.default}"


def _rule_table(name: str, rules: Rules) -> str:
    lines = [
        f"### `{name}.toml`",
        "",
        "| rule | value | unit | mark | checked | clause and source |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_rule_row(key, rule) for key, rule in rules[name].items()]
    return "\n".join(lines) + "\n"


def _rule_row(name: str, rule: Rule) -> str:
    value = ", ".join(str(part) for part in rule.value) if isinstance(rule.value, tuple) else str(rule.value)
    origin = ". ".join(part for part in (rule.clause, rule.source) if part)
    cells = (f"`{name}`", value, _unit(rule.unit), rule.confidence, "yes" if rule.verified else "no", origin)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _unit(unit: str) -> str:
    return "" if unit in ("", "1") else unit


if __name__ == "__main__":
    PAGE.write_text(reference_page(), encoding="utf-8")
