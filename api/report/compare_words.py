"""What a comparison says in one line, and the names of its parts in both languages."""

from __future__ import annotations

from typing import Any

from api.report.bilingual import Both, known, named, say
from sim.compare import Comparison
from sim.measures import Measure

LOWER_IS_BETTER = (
    "people_h3_up", "person_risk", "ponded_ha_h", "ponded_ha", "max_depth_m", "underpasses_closed",
    "underpass_closed_h", "from_sewers_m3",
)  # fmt: skip
HIGHER_IS_BETTER = ("drained", "no_sea", "to_sewers_m3", "to_ground_m3")


def lead(comparison: Comparison) -> Both:
    """The answer in one line: people, risk, and what to build first where that was ranked."""
    name = name_of(comparison)
    before, after = (flood.totals for flood in (comparison.before, comparison.after))
    change = round(after["people_h3_up"] - before["people_h3_up"])
    key = "fewer" if change < 0 else "more" if change > 0 else "as_many"
    people = say(
        f"compare.{key}", name=name, people=abs(change), before=before["people_h3_up"], after=after["people_h3_up"]
    )
    risk = _risk(before["person_risk"], after["person_risk"])
    first = Both(f"{people.zh}，{risk.zh}。", f"{people.en}, {risk.en}.")
    key = "drained_same" if before["drained"] == after["drained"] else "drained"
    drained = say(f"compare.{key}", judged=after["drain_judged"], before=before["drained"], after=after["drained"])
    told = [first, drained, *_best(comparison)]
    return Both("".join(part.zh for part in told), " ".join(part.en for part in told))


def name_of(comparison: Comparison) -> Both:
    """What the other scenario is called: its measure where it has one, else its own name."""
    added = comparison.added
    if len(added) == 1:
        return measure_name(added[0])
    name = comparison.other.name
    return say("compare.with_default") if name == comparison.base.name else Both(name, name)


def measure_name(measure: Measure) -> Both:
    """The name of a measure, or its kind and id."""
    if measure.name or measure.name_en:
        return named(measure.name, measure.name_en)
    kind = known("compare.kind", measure.kind)
    return Both(f"{kind.zh} {measure.id}", f"{kind.en} {measure.id}")


def cost_words(cost: float | None) -> Both:
    """A cost given in 1e4 CNY."""
    if cost is None:
        return say("compare.no_cost")
    return say("compare.cost", amount=Both(f"{cost:,.0f}", f"{cost / 100.0:,.2f}"))


def differences(comparison: Comparison) -> list[str]:
    """Settings that differ, measures and name aside, as the scenario file writes them: "storm.uplift: 1.0 → 1.2"."""
    left, right = (_flat(one.resolved()) for one in (comparison.base, comparison.other))
    keys = [key for key in dict.fromkeys([*left, *right]) if not key.startswith(("measure", "name"))]
    return [f"{key}: {left.get(key, '–')} → {right.get(key, '–')}" for key in keys if left.get(key) != right.get(key)]


def _risk(before: float, after: float) -> Both:
    if before == after:
        return say("compare.risk_same")
    key = "risk_down" if after < before else "risk_up"
    return say(f"compare.{key}", share=abs(after - before) / before if before else 1.0)


def _best(comparison: Comparison) -> list[Both]:
    told = []
    for table, costly, free in (
        (comparison.ranking, "best", "best_free"),
        (comparison.pipes, "best_pipe", "best_pipe"),
    ):
        if len(table) == 0:
            continue
        first = table.iloc[0]
        if not first["person_risk_removed"] > 0.0:
            told.append(say("compare.none_helps"))
            continue
        name = named(first["name"], first["name_en"], first["id"])
        told.append(say(f"compare.{costly if first['cost'] > 0 else free}", name=name))
    return told


def _flat(values: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(values, dict):
        pairs = values.items()
    elif isinstance(values, list) and any(isinstance(item, dict) for item in values):
        pairs = enumerate(values, start=1)  # type: ignore[assignment]
    else:
        return {prefix: values}
    found: dict[str, Any] = {}
    for key, value in pairs:
        found |= _flat(value, f"{prefix}.{key}" if prefix else str(key))
    return found
