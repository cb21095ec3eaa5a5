"""The reference page says what the schema and the rules say."""

from __future__ import annotations

from data.reference_page import PAGE, reference_page
from data.rules_file import RULE_FILES, load_rules
from data.schema import INPUT_TABLES, OUTPUT_TABLES


def test_committed_page_is_up_to_date() -> None:
    """After a change of schema or rules: `python -m data.reference_page`."""
    assert PAGE.read_text(encoding="utf-8") == reference_page()


def test_every_column_and_rule_is_on_the_page() -> None:
    page = reference_page()
    for table in (*INPUT_TABLES, *OUTPUT_TABLES):
        assert f"### `{table.name}`" in page
        assert all(f"| `{field.name}` |" in page for field in table)
    rules = load_rules()
    assert all(f"| `{name}` |" in page for file in RULE_FILES for name in rules[file])
