"""The plan library: the one shipped reads, and whatever cannot be judged is refused with its place."""

from __future__ import annotations

import re

import pytest

from data.errors import InputError
from sim.after_action.plans import MEASURES, PLAN_KINDS, PLANS_FOLDER, TRIGGERS, coverage, read_plans
from tests.shared_data import ROOT

PLAN = """
id = "p"
kind = "special"
name = "预案"
version = "1"
hazards = ["waterlogging"]
sectors = ["water"]
phases = ["warn", "respond"]
area_levels = ["street"]
source = "test"

[[step]]
id = "s"
name = "步骤"
who = "街道"
who_level = "street"
trigger = "danger"
within_min = -30
measured_by = "order_leave"
"""


def write(tmp_path, text: str):
    file = tmp_path / "p.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_library_shipped_has_all_kinds_of_plan_and_says_that_it_is_an_example() -> None:
    plans = read_plans()
    assert {plan.kind for plan in plans} == set(PLAN_KINDS)
    assert all(plan.example and "示例" in plan.name and "example" in plan.name_en for plan in plans)
    assert all("not verified" in plan.source or "our proposal" in plan.source for plan in plans)
    for file in PLANS_FOLDER.glob("*.toml"):
        assert file.read_text(encoding="utf-8").startswith("# Example plan, not the city's")


def test_every_step_shipped_is_named_in_both_languages() -> None:
    for plan in read_plans():
        for step in plan.steps:
            assert step.name, step.id
            assert step.name_en, step.id
            assert step.who, step.id
            assert step.who_en, step.id


def test_a_file_of_ones_own_reads_as_written(tmp_path) -> None:
    (plan,) = read_plans(write(tmp_path, PLAN))
    (step,) = plan.steps
    assert (plan.id, plan.kind, plan.example, plan.filed) == ("p", "special", False, "")
    assert (step.trigger, step.within_min, step.measured_by, step.share, step.per_city) == (
        "danger", -30.0, "order_leave", 1.0, False
    )  # fmt: skip


def test_every_trigger_has_a_measure_of_its_own_subject() -> None:
    for trigger, subject in TRIGGERS.items():
        measures = [name for name, subjects in MEASURES.items() if subject in subjects and name != "none"]
        assert measures, trigger


@pytest.mark.parametrize(
    ("old", "new", "place", "word"),
    [
        ("within_min = -30", "within_min = -30\nlimit = 3", "[step 1] limit", "unknown key"),
        ('measured_by = "order_leave"', 'measured_by = "pump"', "[step 1] measured_by", "cannot be judged"),
        ('trigger = "danger"', 'trigger = "dangr"', "[step 1] trigger", "unknown choice"),
        ('trigger = "danger"', 'trigger = "warning"', "[step 1] level", "missing key"),
        ('measured_by = "order_leave"', 'measured_by = "reached"', "[step 1] share", "missing key"),
        ("within_min = -30", "within_min = 5000", "[step 1] within_min", "out of range"),
        ('phases = ["warn", "respond"]', 'phases = ["warn", "panic"]', "phases", "unknown word 'panic'"),
        ('kind = "special"', 'kind = "secret"', "kind", "unknown choice"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_its_place(tmp_path, old, new, place, word) -> None:
    with pytest.raises(InputError) as caught:
        read_plans(write(tmp_path, PLAN.replace(old, new)))
    assert caught.value.place == place
    assert word in str(caught.value)


def test_a_share_is_asked_for_where_the_measure_has_one(tmp_path) -> None:
    text = PLAN.replace('"danger"', '"order_leave"').replace('measured_by = "order_leave"', 'measured_by = "reached"')
    with pytest.raises(InputError, match="share"):
        read_plans(write(tmp_path, text))
    (plan,) = read_plans(write(tmp_path, text + "share = 0.9\n"))
    assert plan.steps[0].share == 0.9


def test_steps_and_plans_have_ids_of_their_own(tmp_path) -> None:
    with pytest.raises(InputError, match="two steps called s"):
        read_plans(write(tmp_path, PLAN + PLAN[PLAN.index("[[step]]") :]))
    (tmp_path / "q.toml").write_text(PLAN, encoding="utf-8")
    write(tmp_path, PLAN)
    with pytest.raises(InputError, match="two plans called p"):
        read_plans(tmp_path)


def test_a_plan_without_a_step_and_a_folder_without_a_plan_are_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="without a step"):
        read_plans(write(tmp_path, PLAN[: PLAN.index("[[step]]")]))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="no plan in the folder"):
        read_plans(empty)
    with pytest.raises(InputError, match="no such file"):
        read_plans(tmp_path / "nowhere.toml")


def test_coverage_counts_steps_by_level_and_phase_of_their_plan(tmp_path) -> None:
    table = coverage(read_plans(write(tmp_path, PLAN))).set_index("phase")
    assert table.loc["warn", "street"] == table.loc["respond", "street"] == 1
    assert table.to_numpy().sum() == 2


def test_the_page_on_the_library_tells_what_the_reader_takes(tmp_path) -> None:
    text = (ROOT / "docs" / "plan-library.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```toml\n(# my-plan\.toml\n.*?)^```", text, re.MULTILINE | re.DOTALL)
    (plan,) = read_plans(write(tmp_path, block))
    assert (plan.filed, plan.steps[0].within_min) == ("2026-03-01", -30.0)
    for trigger, subject in TRIGGERS.items():
        (measures,) = re.findall(rf"^\| `{trigger}` \|.*\|(.*)\|$", text, re.MULTILINE)[:1]
        if "as for" not in measures:
            assert set(re.findall(r"`(\w+)`", measures)) == {
                name for name, subjects in MEASURES.items() if subject in subjects
            }, trigger
    for name in MEASURES:
        assert re.search(rf"^\| .*`{name}`.*\|", text, re.MULTILINE), name
