"""Tables of the plans in an after-action review: every step as it was judged, and the library behind them."""

from __future__ import annotations

import math

from api.report.after_action_tables import MOST_ROWS, heads
from api.report.after_action_words import steps_of
from api.report.bilingual import Both, named, records, say
from api.report.tables import Cell, Sheet, clock, num
from sim.after_action.plans import coverage
from sim.after_action.review import AfterAction

STATES = ("missed", "late", "on_time", "not_measured", "not_asked")  # what matters most first
_KINDS = {"on_time": "good", "late": "bad", "missed": "bad"}


def steps_table(found: AfterAction) -> Sheet:
    """One row for each step: in how many places it was on time, late or never done, and by how much at worst."""
    steps = steps_of(found.plans)
    rows = []
    for (plan_id, step_id), judged in found.plan_steps.groupby(["plan", "step"], sort=False):
        plan, step = steps[str(plan_id), str(step_id)]
        counts = judged["state"].value_counts()
        worst = next(state for state in STATES if state in counts)
        late_min = float(judged["late_min"].max())
        rows.append(
            [
                Cell(named(step.name, step.name_en, step.id), step.name),
                Cell(say(f"after_action.state.{worst}"), STATES.index(worst), _KINDS.get(worst, "nowrap")),
                *(num(int(counts.get(state, 0)) or None) for state in ("missed", "late", "on_time")),
                num(late_min if math.isfinite(late_min) and late_min > 0.0 else None),
                Cell(named(step.who, step.who_en), step.who, "short"),
                Cell(named(plan.name, plan.name_en, plan.id), plan.id),
            ]
        )
    rows.sort(key=lambda row: row[1].sort)
    head = heads("step", "state", "missed", "late_places", "on_time", "worst_late", "who", "plan")
    return Sheet("steps", head, rows, shown=30)


def places_table(found: AfterAction) -> Sheet:
    """Every step in every place it was judged for: those missed or late first."""
    steps = steps_of(found.plans)
    rows = []
    for row in sorted(records(found.plan_steps), key=lambda row: STATES.index(row.state))[:MOST_ROWS]:
        _, step = steps[row.plan, row.step]
        place = named(*found.course.name_of(row.area), row.area)
        rows.append(
            [
                Cell(named(step.name, step.name_en, step.id), step.name),
                Cell(say(f"after_action.state.{row.state}"), STATES.index(row.state), _KINDS.get(row.state, "nowrap")),
                num(row.late_min if row.state == "late" else None),
                Cell(place, place.zh, "short"),
                clock(found.result, row.due_s),
                clock(found.result, row.done_s),
            ]
        )
    return Sheet("places", heads("step", "state", "late", "place", "due", "done"), rows, shown=30)


def steps_count(found: AfterAction) -> dict[str, int]:
    """Rows of the judged steps by state."""
    return {str(state): int(count) for state, count in found.plan_steps["state"].value_counts().items()}


def plans_table(found: AfterAction) -> Sheet:
    """The library: which plans, of which kind, how many steps, filed or not."""
    rows = []
    for plan in found.plans:
        name = named(plan.name, plan.name_en, plan.id)
        filed = Both(plan.filed, plan.filed) if plan.filed else say("after_action.plans.never_filed")
        version = Both(plan.version, plan.version)
        if plan.example:
            words = say("after_action.plans.example")
            version = Both(f"{plan.version}（{words.zh}）", f"{plan.version} ({words.en})")
        kind = say(f"after_action.plans.kind_{plan.kind}")
        rows.append(
            [Cell(name, name.zh), Cell(kind, plan.kind, "nowrap"), Cell(version), Cell(filed), num(len(plan.steps))]
        )
    return Sheet("plans", heads("plan", "kind", "version", "filed", "steps"), rows, sortable=False)


def gaps(found: AfterAction) -> Both:
    """Levels and phases in which no step of any plan asks for anything."""
    table = coverage(found.plans)
    names = []
    for row in table.to_dict("records"):
        for level, count in row.items():
            if level != "phase" and not count:
                words = {
                    "level": say(f"after_action.level.{level}"),
                    "phase": say(f"after_action.phase.{row['phase']}"),
                }
                names.append(say("after_action.plans.gap", **words))
    if not names:
        return say("after_action.plans.no_gaps")
    return say("after_action.plans.gaps", names=names)
