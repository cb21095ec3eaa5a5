"""What a study of adequacy says in words: its lead sentence, its four figures, its storms and changes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from api.report.adequacy_areas import compared, compared_level, whole
from api.report.bilingual import Both, known, named, number, say
from data.rules_file import Rules
from sim.adequacy_result import Adequacy, SiteChange, StormCase

_MOST_DIGITS = 9
THREE = {"nominal": "m2_per_person", "dry": "dry_m2_per_person", "storm": "storm_m2_per_person"}


@dataclass(frozen=True)
class Figure:
    """One of the figures at the top: value, what it counts, and where its sites are listed."""

    key: str
    value: Both
    name: Both
    note: Both
    more: Both
    goal: str  # id of the element that tells more
    link: Both
    ok: bool | None  # None: not held against the target


def storm_case(storm: StormCase) -> Both:
    """A storm by its return period, or by the name of its file."""
    if storm.label == "dry":
        return say("adequacy.dry_weather")
    if storm.return_period_a is None:
        return say("adequacy.storm_given", name=storm.label)
    return say("adequacy.storm", years=storm.return_period_a)


def storm_words(storm: StormCase) -> Both:
    """The same with how long it rains, where the label says so ("50a/120min")."""
    minutes = re.fullmatch(r".*/(\d+)min", storm.label)
    if storm.return_period_a is None or minutes is None:
        return storm_case(storm)
    return say("report.storm_design", years=storm.return_period_a, minutes=float(minutes[1]))


def storm_names(storms: Sequence[StormCase]) -> dict[str, Both]:
    """Words for each label of a study: by the return period, with the duration where two storms share it."""
    short = {storm.label: storm_case(storm) for storm in storms}
    many = len(set(short.values())) < len(short)
    return {storm.label: storm_words(storm) if many else short[storm.label] for storm in storms}


def level_words(level: str) -> Both:
    """Areas of a level, as many are called."""
    return known("adequacy.level", level)


def lead(found: Adequacy) -> Both:
    """Who is short, what the storm leaves, who has no site near."""
    city, areas = whole(found), compared(found)
    areas = areas[areas["people"] > 0]
    storm, reach = storm_case(found.storm), reach_words(found.reach_m)
    if len(areas) > 1:
        short = int((~areas["target_ok"].astype(bool)).sum())
        key = "enough" if short == 0 else "short_one" if short == 1 else "short_all" if short == len(areas) else "short"
        first = say(
            f"adequacy.lead.{key}", total=len(areas), short=short, level=level_words(compared_level(found)),
            target=norm(found.target_m2),
        )  # fmt: skip
    else:
        key = "city_enough" if meets(city["m2_per_person"], found.target_m2) else "city_short"
        value = each(_or_zero(city["m2_per_person"]), found.target_m2)
        first = say(f"adequacy.lead.{key}", value=value, target=norm(found.target_m2))
    told = [first]
    if found.storm.label != "dry":
        dry, roof = (_or_zero(city[THREE[key]]) for key in ("dry", "storm"))
        told.append(say("adequacy.lead.storm", storm=storm, dry=dry, roof=roof))
    far = out_of_reach(city)
    key = "out_of_reach" if far else "all_in_reach"
    values = {"people": far} if far else {}
    told.append(say(f"adequacy.lead.{key}", reach=reach, **values))
    return Both("；".join(part.zh for part in told) + "。", "; ".join(part.en for part in told) + ".")


def remarks(found: Adequacy, rules: Rules) -> list[Both]:
    """What must be said beside the lead: what the average hides, what the target is and what it is not."""
    city, out = whole(found), []
    levels = [level for level in ("street", "community", "district") if level in set(found.areas["level"])]
    for level in levels[:1]:
        rows = found.areas[(found.areas["level"] == level) & (found.areas["people"] > 0)]
        none = int((rows["effective_m2"] <= 0.0).sum())
        if none:
            out.append(
                say("adequacy.lead.hidden", value=_or_zero(city["m2_per_person"]), total=len(rows), none=none,
                    level=level_words(level))
            )  # fmt: skip
    plan = rules.number("shelters.target_m2_per_person")
    year = round(rules.number("shelters.target_year"))
    out.append(say("adequacy.lead.legal", plan=norm(plan), year=year))
    if found.target_m2 != plan:
        out.append(say("adequacy.lead.asked", target=norm(found.target_m2), plan=norm(plan)))
    return out


def figures(found: Adequacy, rules: Rules) -> list[Figure]:
    """The three figures that must not be confused, and the people without a place."""
    city = whole(found)
    used = say("adequacy.figure.used", used=city["sites_used"], all=city["sites"])
    goals = {"nominal": "h-steps", "dry": "step-dry", "storm": "step-storm"}
    out = []
    for key, column in THREE.items():
        value = float(city[column])
        note = "storm_open" if key == "storm" and open_air_allowed(found, rules) else key
        out.append(
            Figure(
                key, each(value, found.target_m2), say(f"adequacy.figure.{key}"), say(f"adequacy.figure.{note}_note"),
                used if key == "storm" else Both("", ""), goals[key], say("adequacy.figure.see"),
                None if math.isnan(value) else meets(value, found.target_m2),
            )
        )  # fmt: skip
    without, people = int(city["without_place"]), max(int(city["people"]), 1)
    out.append(
        Figure(
            "without", number(without, "count"), say("adequacy.figure.without"), say("adequacy.figure.without_note"),
            say("adequacy.figure.without_share", share=without / people), "h-short",
            say("adequacy.figure.see_people"), None,
        )
    )  # fmt: skip
    return out


def open_air_allowed(found: Adequacy, rules: Rules) -> bool:
    """Whether sites without a roof take people in while it rains."""
    asked = found.scenario.plan.open_air
    return bool(rules.number("shelters.open_air_in_storm")) if asked is None else asked


def out_of_reach(row: pd.Series) -> int:
    """People without a site in use within the class distance on the flooded roads."""
    return round(float(row["people"]) * (1.0 - float(row["in_reach_storm"])))


def change_words(change: SiteChange) -> Both:
    """One change of a what-if."""
    name = named(change.name, change.name_en, change.site)
    values = {"before": change.before_m2, "after": change.after_m2}
    asked = {"add": ("after",), "remove": ("before",), "resize": ("before", "after")}[change.kind]
    return say(f"adequacy.change.{change.kind}", name=name, **{key: values[key] for key in asked})


def change_lead(found: Adequacy) -> Both | None:
    """The whole city before and after; None where nothing was changed."""
    if found.before is None:
        return None
    before, after = whole(found.before), whole(found)
    return say(
        "adequacy.change.lead",
        before=_or_zero(before[THREE["dry"]]), after=_or_zero(after[THREE["dry"]]),
        roof_before=_or_zero(before[THREE["storm"]]), roof_after=_or_zero(after[THREE["storm"]]),
        without_before=before["without_place"], without_after=after["without_place"],
    )  # fmt: skip


def practice_words(found: Adequacy) -> Both:
    """Ours beside what the field does."""
    ours, theirs = found.practice.get("ours"), found.practice.get("nearest_with_room")
    if not ours or not theirs:
        return say("adequacy.practice.missing")
    more = round(ours["served"] - theirs["served"])
    key = "more" if more > 0 else "fewer" if more < 0 else "same"
    served = say(f"adequacy.practice.{key}", **({"persons": abs(more)} if more else {}))
    return say(
        "adequacy.practice.lead", served=served, ours=_or_zero(ours["mean_min"]), theirs=_or_zero(theirs["mean_min"]),
        worst=_or_zero(ours["worst_min"]), worst_theirs=_or_zero(theirs["worst_min"]),
    )  # fmt: skip


def proof_words(found: Adequacy) -> Both:
    """How good the assignment is proven to be."""
    if not found.proof.get("certified"):
        return say("adequacy.practice.unproven")
    gap = float(found.proof.get("gap") or 0.0)
    return say("adequacy.practice.gap", gap=gap) if gap > 0.0 else say("adequacy.practice.proven")


def each(value: float, target: float | None = None) -> Both:
    """Square metres per person; a dash where nobody lives.

    With more digits where two would show a figure below the target as if it reached it: 1.99999, not 2.00.
    """
    if math.isnan(value):
        return Both("–", "–")
    digits = 2
    if target is not None and not meets(value, target):
        digits = next((n for n in range(2, _MOST_DIGITS) if round(value, n) < target), _MOST_DIGITS)
    return Both(f"{value:.{digits}f}", f"{value:.{digits}f}")


def meets(value: float, target: float) -> bool:
    """Whether a figure reaches the target; the last bit of a sum decides nothing."""
    return bool(value >= target * (1.0 - 1e-9))


def norm(value: float) -> str:
    """A norm as plans write it: 2.0, 2.25."""
    return f"{value:.1f}" if math.isclose(10.0 * value, round(10.0 * value)) else f"{value:g}"


def reach_words(reach_m: float) -> Both:
    """A walking distance: 500 m, 1 km, 2.5 km."""
    if reach_m < 1000.0:
        return Both(f" {reach_m:.0f} 米", f"{reach_m:.0f} m")
    return Both(f" {reach_m / 1000.0:g} 公里", f"{reach_m / 1000.0:g} km")


def reason_words(reason: str) -> Both:
    """Why a site takes nobody in."""
    return known("adequacy.reason", reason or "used")


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else float(value)
