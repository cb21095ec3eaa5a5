"""What a headroom search says in one line, and its limits in words."""

from __future__ import annotations

from api.report.bilingual import Both, known, named, say
from sim.headroom import Headroom, Limit, Worst

CRITERION = "headroom.criterion"


def lead(found: Headroom) -> Both:
    """The answer in one line: how much more rain, what gives way first, and where."""
    first = found.first
    if first.fails_at is None or first.first is None:
        return say("headroom.always", factor=found.parameters.most)
    what = say(f"headroom.fails.{first.criterion}", class_name=known("report.drainage", first.drainage_class))
    place = place_name(first.first)
    if first.holds_to is None:
        return say("headroom.never", share=first.fails_at, what=what, place=place)
    key = "above" if first.holds_to > 1.0 else "exactly" if first.holds_to == 1.0 else "below"
    share = first.holds_to - 1.0 if key == "above" else first.holds_to
    return say(f"headroom.{key}", share=share, rain=first.rain_mm, period=period(first), what=what, place=place)


def period(limit: Limit) -> Both:
    """The words ", about a 20-year storm"; nothing where no design storm has that rain."""
    if limit.return_period_a is None:
        return Both("", "")
    return say("headroom.period", years=limit.return_period_a)


def place_name(worst: Worst) -> Both:
    """The finest area that holds the place, after the judged one where they differ."""
    area, place = named(worst.name, worst.name_en, worst.area), named(worst.place, worst.place_en)
    if area == place or not place.zh:
        return area
    return Both(f"{area.zh}{place.zh}", f"{place.en}, {area.en}")


def found_there(criterion: str, worst: Worst) -> Both:
    """The value beside its limit."""
    key = f"{criterion}_open" if worst.open else criterion
    return say(f"headroom.found.{key}", value=worst.value, limit=worst.limit)
