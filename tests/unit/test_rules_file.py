"""The rules: every threshold with its source, read strictly, with a hash that knows content from layout."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from data.errors import InputError
from data.rules_file import RULE_FILES, RULES_FOLDER, load_rules


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RULES_FOLDER, tmp_path / "rules"))


def _edit(folder: Path, name: str, old: str, new: str) -> None:
    file = folder / f"{name}.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_values_of_the_standards() -> None:
    """The figures as the reference gives them: limits H1-H5, ponding, signals, space per person."""
    rules = load_rules()
    assert rules.numbers("hazard.class_depth_speed_m2_s") == (0.3, 0.6, 0.6, 1.0, 4.0)
    assert rules.numbers("hazard.class_depth_m") == (0.3, 0.5, 1.2, 2.0, 4.0)
    assert rules.numbers("hazard.class_speed_m_s") == (2.0, 2.0, 2.0, 2.0, 4.0)
    assert rules["hazard"]["ponding_depth_m"].value == 0.15
    assert rules.numbers("rain.signal_window_h") == (12.0, 6.0, 3.0, 3.0)
    assert rules.numbers("rain.signal_sum_mm") == (50.0, 50.0, 50.0, 100.0)
    space = [
        rules.number(f"shelters.m2_per_person_{stay}") for stay in ("emergency", "temporary", "short", "medium", "long")
    ]
    assert space == [0.5, 1.0, 2.0, 3.0, 4.5]
    assert [rules.number(f"drainage.limit_h_{name}") for name in ("old_town", "new_town", "key_area", "hub")] == [
        3.0, 4.0, 2.0, 0.5,
    ]  # fmt: skip


def test_only_marks_a_and_b_are_verified() -> None:
    rules = load_rules()
    entries = [(file, name, rule) for file in RULE_FILES for name, rule in rules[file].items()]
    assert len(entries) > 60
    for file, name, rule in entries:
        assert rule.unit, (file, name)
        assert rule.source.startswith(("standard: ", "plan: ", "derived: ")), (file, name)
        assert rule.confidence in "AB" or not rule.verified, (file, name)
        assert not (rule.source.startswith("derived") and rule.verified), (file, name)
    assert "rain.chengdu_a" in rules.unverified()
    assert "rain.signal_sum_mm" not in rules.unverified()


def test_hash_follows_content_and_not_layout(folder: Path) -> None:
    own = load_rules()
    assert len(own.hash) == 64
    assert load_rules(folder).hash == own.hash
    text = (folder / "hazard.toml").read_text(encoding="utf-8")
    blocks = text.split("\n\n")
    (folder / "hazard.toml").write_text("\n\n\n".join(reversed(blocks)) + "\n# a remark\n", encoding="utf-8")
    assert load_rules(folder).hash == own.hash
    _edit(folder, "hazard", "value = 0.15", "value = 0.16")
    changed = load_rules(folder)
    assert changed.number("hazard.ponding_depth_m") == 0.16
    assert changed.hash != own.hash


def test_whole_number_may_stand_for_a_float(folder: Path) -> None:
    _edit(folder, "shelters", "value = 2.0", "value = 2")
    assert load_rules(folder).hash == load_rules().hash


BAD = (
    ("hazard", "[ponding_depth_m]", "[ponding_deepness_m]", "unknown rule", "perhaps ponding_depth_m"),
    ("hazard", "value = 0.15", 'value = "0.15"', "wrong type of value", "a number"),
    ("hazard", "value = 0.15", "value = true", "wrong type of value", "a number"),
    ("hazard", "value = 0.15", "value = nan", "wrong type of value", "a number"),
    ("hazard", "value = 0.15", "value = -0.15", "negative value", "at least 0"),
    ("hazard", "value = 0.15", "", "missing key", "value"),
    ("hazard", "value = 0.15", "value = 0.15\nvalu = 1", "unknown key", "perhaps value"),
    ("hazard", "[0.3, 0.5, 1.2, 2.0, 4.0]", "[0.3, 0.5, 1.2, 2.0]", "wrong list", "a list of 5"),
    ("hazard", 'confidence = "A"', 'confidence = "E"', "unknown mark", "A, B, C or D"),
    ("hazard", "verified = true", 'verified = "yes"', "wrong type", "true or false"),
    ("rain", "verified = false", "verified = true", "cannot be verified", "verified = false"),
    ("hazard", 'unit = "m"', 'unit = "cm"', "unit of another rule", "m"),
    ("hazard", "[ponding_depth_m]", "ponding_depth_m]", "not a readable TOML", ""),
    ("evacuation", "value = 3\n", "value = 3.5\n", "wrong type of value", "a whole number"),
)


@pytest.mark.parametrize(("name", "old", "new", "message", "remedy"), BAD)
def test_bad_rule_is_named(folder: Path, name: str, old: str, new: str, message: str, remedy: str) -> None:
    _edit(folder, name, old, new)
    with pytest.raises(InputError) as raised:
        load_rules(folder)
    assert message in raised.value.message
    assert remedy in raised.value.expected
    assert Path(raised.value.file).name == f"{name}.toml"


def test_missing_and_foreign_files_are_named(folder: Path) -> None:
    (folder / "rains.toml").write_text("")
    with pytest.raises(InputError, match="unknown rules file"):
        load_rules(folder)
    (folder / "rains.toml").unlink()
    (folder / "rain.toml").unlink()
    with pytest.raises(InputError, match="missing rules file"):
        load_rules(folder)
    with pytest.raises(InputError, match="no such folder"):
        load_rules(folder / "nowhere")
