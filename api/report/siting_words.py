"""What a siting says in words: the verdict, what its proof means, the question, the case of the city's plan."""

from __future__ import annotations

import math

from api.report.bilingual import Both, known, named, number, records, say
from api.report.compare_words import cost_words
from api.report.shell import storm_words
from data.rules_file import Rules
from sim.siting_result import Siting

_LEAST_SHARE = 1e-4  # below it a gap is told as "<0.01%"
_LARGE_SHARE = 0.1  # from it whole per cent are enough


def lead(found: Siting) -> Both:
    """The answer in one line: how many more people, what no other set can pass, and who is left."""
    more = found.proof.served - found.served_before
    total = len(found.candidates)
    without = found.people - found.proof.served
    if more <= 0:
        barred = bool((found.candidates["served_alone"] > 0).any())  # by budget or limits, not for lack of use
        first = [say("siting.lead.none_allowed" if barred else "siting.lead.none", total=total)]
    else:
        budget = found.question.budget
        values = {"chosen": int(found.candidates["chosen"].sum()), "total": total, "more": more}
        first = [
            say("siting.lead.best", **values)
            if budget is None
            else say("siting.lead.best_budget", budget=cost_words(budget), **values)
        ]
        if is_optimal(found):
            first.append(say("siting.lead.optimal"))
        else:
            most = most_served(found) - found.served_before
            first.append(say("siting.lead.bound", most=most, gap=share_words(people_gap(found))))
    key = "left" if without > 0 else "none_left"
    first.append(say(f"siting.lead.{key}", without=without, cover=found.question.cover_m))
    return joined(first)


def most_served(found: Siting) -> int:
    """The most people that any allowed set could serve, by the proof; people are whole."""
    return max(found.proof.served, min(found.people, math.floor(found.proof.served_bound + 1e-6)))


def is_optimal(found: Siting) -> bool:
    """Whether no other set serves more people."""
    return most_served(found) <= found.proof.served


def people_gap(found: Siting) -> float:
    """What is not proven of the gain: people that another set might still add, over the most that any could add."""
    most = most_served(found)
    gain = most - found.served_before
    return (most - found.proof.served) / gain if gain > 0 else 0.0


def share_words(share: float) -> str:
    """A gap as a percentage with two digits that count; never a zero that is none."""
    if share == 0.0:
        return "0%"
    if share < _LEAST_SHARE:
        return "<0.01%"
    return f"{100.0 * share:.2g}%" if share < _LARGE_SHARE else f"{100.0 * share:.0f}%"


def proof_words(found: Siting) -> list[Both]:
    """What the proven gap means: one plain sentence, then the figures of the solver."""
    proof = found.proof
    if is_optimal(found):
        first = say("siting.proof.sentence_optimal")
    else:
        most = most_served(found)
        first = say("siting.proof.sentence", most=most, served=proof.served, between=most - proof.served)
    second = say(
        "siting.proof.objective" if proof.wall_s > 0.0 else "siting.proof.objective_untimed",
        penalty=proof.unserved_m,
        gap=share_words(proof.gap),
        solver=proof.solver,
        **({"seconds": proof.wall_s} if proof.wall_s > 0.0 else {}),
        stopped=known("siting.stopped", proof.stopped),
    )
    better = 1.0 - proof.objective / proof.greedy_objective if proof.greedy_objective > 0.0 else 0.0
    third = say("siting.proof.greedy", better=share_words(better)) if better > 0.0 else say("siting.proof.greedy_same")
    return [first, second, third]


def case_words(found: Siting) -> Both:
    """Storm, stay and cover distance in one line."""
    name = known("adequacy.stay", found.stay)
    stay = say("siting.stay_words", name=name, space=found.space_m2)
    return say("siting.case", storm=rain_words(found), stay=stay, cover=found.question.cover_m)


def rain_words(found: Siting) -> Both:
    """The storm in words."""
    if found.storm.label == "dry":
        return say("siting.case_dry")
    return storm_words(found.scenario.resolved())


def question_words(found: Siting) -> list[Both]:
    """What was asked, a line each: count, budget, limits of areas."""
    question = found.question
    lines = []
    if question.count is not None:
        lines.append(say("siting.about.count", count=question.count))
    if question.budget is not None:
        lines.append(say("siting.about.budget", budget=cost_words(question.budget)))
    names = {row.code: named(row.name, row.name_en, row.code) for row in records(found.areas)}
    for code, most in question.area_limits:
        lines.append(say("siting.about.limit", area=names.get(code, Both(code, code)), count=most))
    return lines


def plan_words(found: Siting) -> list[Both]:
    """The case of the plan's 23 first-class sites, and how far the candidates can answer it."""
    lines = [say("siting.plan.words")]
    if found.question.count is not None:
        lines.append(say("siting.plan.count", count=found.question.count))
    else:
        lines.append(say("siting.plan.budget", budget=cost_words(found.question.budget)))
    if "candidates" in found.city.synthetic:
        lines.append(say("siting.plan.synthetic"))
    return lines


def assumptions(found: Siting, rules: Rules) -> list[Both]:
    """What the answer rests on, a line each."""
    return [
        say("siting.assume.served", cover=found.question.cover_m, space=found.space_m2),
        say("siting.assume.dry"),
        say("siting.assume.fixed"),
        say("siting.assume.gain"),
        say("siting.assume.cost_rule", cost=rules.number("shelters.site_cost_per_m2")),
        say("siting.assume.static"),
    ]


def counted_words(found: Siting) -> Both:
    """How many people were counted, and when."""
    return say(f"siting.about.people_{found.scenario.time_of_day}", people=found.people)


def rained(found: Siting) -> Both:
    """Storm and depth of rain."""
    return say("siting.about.rain", storm=rain_words(found), rain=found.storm.rain_mm)


def arrow(before: float, after: float, spec: str = "count") -> Both:
    """A figure before and after."""
    left, right = number(before, spec), number(after, spec)
    return Both(f"{left.zh} → {right.zh}", f"{left.en} → {right.en}")


def joined(parts: list[Both]) -> Both:
    """Sentences one after another."""
    return Both("".join(part.zh for part in parts), " ".join(part.en for part in parts))
