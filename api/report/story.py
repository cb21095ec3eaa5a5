"""What happened, in sentences an officer reads in a minute; what held, what failed, and what to do about it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from api.report.bilingual import Both, first_names, named, names_of, number, records, say
from api.report.drain_story import mishaps_told, sewers_told
from api.report.facts import Facts, Movement, level_counts
from sim.result import Result

_PLACES = 3  # names given before "and others"


@dataclass(frozen=True)
class Paragraph:
    """One subject of the story."""

    label: Both
    sentences: list[Both]

    @property
    def text(self) -> Both:
        """The sentences as one text; Chinese sets no space between them."""
        return Both("".join(str(s.zh) for s in self.sentences), " ".join(str(s.en) for s in self.sentences))


@dataclass(frozen=True)
class Verdict:
    """One limit and whether it held: "held", "failed" or "not_tested"."""

    title: Both
    state: str
    reason: Both


@dataclass(frozen=True)
class Card:
    """One key figure."""

    value: Both
    label: Both
    note: Both | None = None


def lead_sentence(facts: Facts) -> Both:
    """The drill in one sentence."""
    move = facts.movement
    values = {
        "arrived_share": move.sheltered / move.total if move.total else 0.0,
        "who": say(f"report.lead.who_{'told' if not move.unordered else 'left' if not move.ordered else 'both'}"),
    }
    if facts.people_h3_up and move.total:
        return say("report.lead.danger", danger=facts.people_h3_up, **values)
    if facts.people_h3_up:
        return say("report.lead.danger_no_order", danger=facts.people_h3_up)
    if move.total:
        return say("report.lead.order_no_danger", **values)
    if facts.rain.start_s is None:
        return say("report.lead.dry")
    return say("report.lead.calm" if facts.people else "report.lead.no_people")


def paragraphs(result: Result, facts: Facts) -> list[Paragraph]:
    """Rain, water, sewers, what failed, people, warnings, evacuation; the third and fourth where there are any."""
    parts = {
        "rain": _rain(result, facts),
        "water": _water(result, facts),
        "sewers": sewers_told(facts.sewers),
        "mishaps": mishaps_told(result),
        "people": _people(facts),
        "warnings": _warnings(result, facts),
        "orders": _orders(result, facts),
    }
    return [Paragraph(say(f"report.story.{name}_label"), sentences) for name, sentences in parts.items() if sentences]


def _rain(result: Result, facts: Facts) -> list[Both]:
    rain = facts.rain
    if rain.start_s is None or rain.peak_s is None or rain.end_s is None:
        return [say("report.story.rain_none")]
    start, peak, end = (result.moment(s) for s in (rain.start_s, rain.peak_s, rain.end_s))
    return [say("report.story.rain", start=start, peak=peak, end=end, rate=rain.peak_mm_h, total=rain.total_mm)]


def _water(result: Result, facts: Facts) -> list[Both]:
    if facts.ponded_peak_m2 > 0.0:
        when = result.moment(facts.ponded_peak_s)
        sentences = [say("report.story.water", when=when, area=facts.ponded_peak_m2, depth=facts.deepest_m)]
    else:
        sentences = [say("report.story.water_none")]
    closed = facts.closed_underpasses
    if len(closed):
        some = first_names(names_of(closed), _PLACES)
        first = result.moment(closed.closed_from_s.iloc[0])
        sentences.append(say("report.story.underpasses", count=len(closed), first=first, **some))
    elif len(result.underpasses):
        sentences.append(say("report.story.underpasses_none"))
    return sentences


def _people(facts: Facts) -> list[Both]:
    if not facts.people:
        return [say("report.story.no_people")]
    if not facts.people_h3_up:
        return [say("report.story.people_none", people=facts.people)]
    share = facts.people_h3_up / max(facts.people, 1)
    key = "report.story.people" if facts.people_h4_up else "report.story.people_h3"
    more = {"grave": facts.people_h4_up} if facts.people_h4_up else {}
    sentences = [say(key, people=facts.people, danger=facts.people_h3_up, share=share, **more)]
    worst = facts.areas[facts.areas.people_h3_up > 0].head(_PLACES)
    places = [
        say(
            "report.story.worst_place",
            name=named(row.name, row.name_en),
            danger=row.people_h3_up,
            depth=row.max_depth_m,
        )
        for row in records(worst)
    ]
    return [*sentences, say("report.story.worst", places=places)] if places else sentences


def _warnings(result: Result, facts: Facts) -> list[Both]:
    alerts = facts.alerts
    whole = [
        say("report.story.warnings_wide", name=named(w.name, w.name_en), level=w.level, at=result.moment(w.sent_s))
        for w in records(facts.wide_alerts)
    ]
    if not len(alerts):
        return whole or [say("report.story.warnings_none")]
    levels = [say("report.story.level_count", level=k, count=n) for k, n in level_counts(alerts).items()]
    first = result.moment(alerts.sent_s.min())
    lead = float(alerts.lead_min.median())
    sentences = [say("report.story.warnings", areas=len(alerts), levels=levels, first=first, lead=lead)]
    late = alerts[alerts.lead_min <= 0.0]
    if len(late):
        some = first_names(names_of(late), _PLACES)
        sentences.append(say("report.story.warnings_late", count=len(late), **some))
    return sentences + whole


def _orders(result: Result, facts: Facts) -> list[Both]:
    move = facts.movement
    if not move.total:
        return [say("report.story.orders_none")] if facts.people else []
    sentences = []
    if move.ordered and result.orders:
        first = result.moment(min(order.time_s for order in result.orders))
        areas = len({order.area for order in result.orders})
        sentences.append(say("report.story.orders", first=first, areas=areas, ordered=move.ordered))
    else:
        sentences.append(say("report.story.orders_none"))
    if move.unordered:
        key = "unordered" if move.ordered else "unordered_alone"
        sentences.append(say(f"report.story.{key}", persons=move.unordered))
    end = result.moment(float(result.timeline.time_s.iloc[-1]))
    key = "sheltered_of_all" if move.unordered and move.ordered else "sheltered"
    sentences.append(say(f"report.story.{key}", end=end, sheltered=move.sheltered, share=move.sheltered / move.total))
    sentences += crowds_told(result.summary.get("plan", {}))
    moved = result.summary.get("evacuation", {})
    if moved.get("in_flooded_shelters"):
        sentences.append(say("report.story.in_flooded", persons=moved["in_flooded_shelters"]))
    t90 = moved.get("t90_min")
    if t90 is not None and math.isfinite(t90):
        sentences.append(say("report.story.orders_t90", minutes=t90))
    left = {name: getattr(move, name) for name in ("refused", "turned_away", "stranded", "moving", "home")}
    most_first = sorted(left.items(), key=lambda item: -item[1])
    reasons = [_missing_part(name, persons, move) for name, persons in most_first if persons]
    if reasons:
        sentences.append(say("report.story.missing", missing=move.missing, reasons=reasons))
    else:
        sentences.append(say("report.story.missing_none"))
    return sentences


def _missing_part(name: str, persons: int, move: Movement) -> Both:
    """One part of the people in no shelter; the stranded with what stopped them."""
    if name != "stranded" or not move.stranded_by:
        return say(f"report.story.{name}", persons=persons)
    why = [say("report.story.why", reason=say(f"after_action.reason.{reason}"), persons=count)
           for reason, count in move.stranded_by.items()]  # fmt: skip
    return say("report.story.stranded_why", persons=persons, why=why)


def crowds_told(plan: dict[str, Any]) -> list[Both]:
    """What planning again for crowds has brought, in one sentence; nothing where it was not asked for."""
    crowds = plan.get("crowds")
    if crowds is None or crowds["rounds"][0]["t95_min"] is None:  # not asked for, or nobody walks
        return []
    if len(crowds["rounds"]) < 2:
        return [say("report.story.crowds_none")]
    rounds, best = crowds["rounds"], crowds["best_round"]
    values = {"rounds": len(rounds) - 1, "before": rounds[0]["t95_min"], "wait": rounds[best]["wait_min"]}
    if best == 0:
        return [say("report.story.crowds_first", **values)]
    return [say("report.story.crowds", **values, best=best, after=rounds[best]["t95_min"])]


def verdicts(result: Result, facts: Facts) -> list[Verdict]:
    """The limits that a city sets itself, and whether they held."""
    found = [
        _drained("old_town", facts, ("old_town",)),
        _sea(result, facts),
        _drained("new_town", facts, ("new_town",)),
        _drained("key_area", facts, ("key_area", "hub")),
    ]
    alerts, move = facts.alerts, facts.movement
    if len(alerts):
        late = int((alerts.lead_min <= 0.0).sum())
        reason = say(f"report.limits.on_time_{'fail' if late else 'ok'}", count=len(alerts), late=late)
        found.append(Verdict(say("report.limits.on_time"), "failed" if late else "held", reason))
    if result.summary.get("plan", {}).get("evacuees"):
        lacking = move.unserved
        reason = say(f"report.limits.reach_{'fail' if lacking else 'ok'}", unserved=lacking)
        found.append(Verdict(say("report.limits.reach"), "failed" if lacking else "held", reason))
    if len(result.sites):
        flooded, overflow = len(facts.flooded_sites), int((result.sites.overflow > 0).sum())
        bad = bool(flooded or overflow)
        reason = say(f"report.limits.dry_sites_{'fail' if bad else 'ok'}", flooded=flooded, overflow=overflow)
        found.append(Verdict(say("report.limits.dry_sites"), "failed" if bad else "held", reason))
    return found


def _drained(title: str, facts: Facts, classes: tuple[str, ...]) -> Verdict:
    areas = facts.of_class(classes)
    known = areas.drain_down_known.astype(bool)
    count, late = len(areas), areas[known & ~areas.drain_down_ok.astype(bool)]
    head = say(f"report.limits.{title}")
    if not count:
        return Verdict(head, "not_tested", say("report.limits.none_here"))
    if not len(late) and not known.all():
        return Verdict(head, "not_tested", say("report.limits.too_short"))
    if not len(late):
        return Verdict(head, "held", say("report.limits.drained", count=count))
    # An area still under water when the run ends has no finite time and is the worst of all.
    late = late.assign(open=~late.drain_down_h.map(math.isfinite))
    worst = late.sort_values(["open", "drain_down_h"], ascending=False).iloc[0]
    values = {"count": count, "late": len(late), "name": named(worst["name"], worst["name_en"])}
    if worst["open"]:
        return Verdict(head, "failed", say("report.limits.late_open", **values, limit=worst["drain_down_limit_h"]))
    reason = say("report.limits.late", **values, hours=worst["drain_down_h"], limit=worst["drain_down_limit_h"])
    return Verdict(head, "failed", reason)


def _sea(result: Result, facts: Facts) -> Verdict:
    """Whether no area of the new town became a sea; else the one with the largest share under water, and where."""
    areas = facts.of_class(("new_town",))
    head = say("report.limits.sea")
    known = areas.sea_known.astype(bool)
    seas = areas[known & ~areas.sea_ok.astype(bool)]
    if not len(areas):
        return Verdict(head, "not_tested", say("report.limits.none_here"))
    if not len(seas):
        state = "held" if known.all() else "not_tested"
        return Verdict(
            head, state, say(f"report.limits.{'no_sea' if state == 'held' else 'too_short'}", count=len(areas))
        )
    worst = seas.sort_values("sea_share", ascending=False, kind="stable").iloc[0]
    places = {entry["area"]: entry["worst"] for entry in result.summary.get("flood", {}).get("sea", [])}
    place = places.get(worst["code"])
    name = named(worst["name"], worst["name_en"])
    where = name if place is None else named(place["place"], place["place_en"])
    values = {"count": len(areas), "seas": len(seas), "name": name, "share": worst["sea_share"]}
    return Verdict(head, "failed", say("report.limits.sea_found", **values, place=where, depth=worst["worst_depth_m"]))


def advice(result: Result, facts: Facts) -> list[Both]:
    """What to mend, each from a figure that failed; one line of comfort where nothing did."""
    move, found = facts.movement, []
    untold = facts.areas[(facts.areas.evacuees == 0) & (facts.areas.people_h3_up > 0)]
    if len(untold):
        persons = int(untold.people_h3_up.sum())
        found.append(say("report.todo.untold", persons=persons, **first_names(names_of(untold), _PLACES)))
    lacking = facts.areas[facts.areas.unserved > 0].sort_values("unserved", ascending=False)
    if move.unserved and len(lacking):
        areas = names_of(lacking.head(_PLACES))
        found.append(say("report.todo.places", areas=areas, persons=move.unserved, free=facts.free_places))
    late = facts.alerts[facts.alerts.lead_min <= 0.0]
    lists = {
        "sites": facts.flooded_sites,
        "earlier": late,
        "drain": facts.late_areas,
        "underpass": facts.closed_underpasses,
    }
    for key, rows in lists.items():
        if len(rows):
            found.append(say(f"report.todo.{key}", **first_names(names_of(rows), _PLACES)))
    if facts.sewers is not None and facts.sewers.length_m("long"):
        found.append(say("report.todo.pipes", length_km=facts.sewers.length_m("long") / 1e3))
    if move.stranded:
        found.append(say("report.todo.routes", persons=move.stranded))
    if move.turned_away and facts.empty_sites:
        found.append(say("report.todo.doors", persons=move.turned_away, empty=facts.empty_sites))
    if move.refused:
        found.append(say("report.todo.persuade", persons=move.refused, share=move.refused / move.total))
    return found or [say("report.todo.nothing")]


def cards(result: Result, facts: Facts) -> list[Card]:
    """The key figures, people first."""
    move = facts.movement
    found = []
    if facts.people:
        total = say("report.card.of", total=number(facts.people, "people"))
        found.append(Card(number(facts.people_h3_up, "count"), say("report.card.danger"), total))
    if move.total:
        of_all = say("report.card.unordered_too", persons=move.unordered) if move.unordered else None
        found += [
            Card(number(move.ordered, "count"), say("report.card.ordered"), of_all),
            Card(
                number(move.sheltered, "count"),
                say("report.card.sheltered"),
                number(move.sheltered / move.total, "share"),
            ),
            Card(
                number(move.missing, "count"),
                say("report.card.missing"),
                number(move.missing / move.total, "share"),
            ),
        ]
    if len(facts.alerts):
        found.append(Card(number(facts.alerts.lead_min.median(), "minutes"), say("report.card.lead")))
    found.append(Card(number(facts.deepest_m, "metres"), say("report.card.deepest")))
    found.append(Card(number(facts.ponded_peak_m2, "area"), say("report.card.ponded")))
    plan = result.summary.get("plan", {})
    p95 = plan.get("p95_min")
    if plan.get("evacuees") and p95 is not None and math.isfinite(p95):
        found.append(Card(number(p95, "minutes"), say("report.card.walk")))
    if len(result.sites):
        counts = f"{len(facts.full_sites)} / {len(facts.flooded_sites)} / {len(result.sites)}"
        found.append(Card(Both(counts, counts), say("report.card.shelters")))
    deaths = result.summary.get("evacuation", {})
    if deaths.get("casualties_expected") is not None and move.total:
        nobody_moves = say("report.card.casualties_without", deaths=f"{deaths['casualties_without']:.1f}")
        value = f"{deaths['casualties_expected']:.1f}"
        found.append(Card(Both(value, value), say("report.card.casualties"), nobody_moves))
    return found
