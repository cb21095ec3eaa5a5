"""What the sewers did and what failed, in sentences."""

from __future__ import annotations

from api.report.bilingual import Both, named, say
from api.report.sewers import Sewers
from sim.mishaps import Mishap
from sim.result import Result


def sewers_told(sewers: Sewers | None) -> list[Both]:
    """How full the pipes ran, how many manholes filled to the street, which outfalls the river drowned."""
    if sewers is None or not sewers.length_m():
        return []
    total, full, long = sewers.length_m(), sewers.length_m("full", "long"), sewers.length_m("long")
    if full:
        lengths = {"total_km": _km(total), "full_km": _km(full), "long_km": _km(long)}
        found = [say("report.story.pipes", **lengths, share=full / total)]
    else:
        found = [say("report.story.pipes_free", total_km=_km(total))]
    manholes, drowned = len(sewers.manholes), int(sewers.outfalls.drowned.sum())
    if manholes:
        found.append(say("report.story.manholes", count=manholes, total=sewers.manhole_count))
    if drowned:
        found.append(say("report.story.outfalls", count=drowned, total=len(sewers.outfalls)))
    return found


def _km(length_m: float) -> str:
    """Whole kilometres, or tenths of them where there are few."""
    return f"{length_m / 1e3:,.0f}" if length_m >= 1e4 else f"{length_m / 1e3:.1f}"


def mishaps_told(result: Result) -> list[Both]:
    """One sentence for each failure and breach of the scenario."""
    return [_mishap(result, mishap) for mishap in result.mishaps]


def _mishap(result: Result, mishap: Mishap) -> Both:
    name, since = named(mishap.name, mishap.name_en, mishap.id), result.moment(mishap.from_s)
    if mishap.kind == "breach":
        return say("report.mishap.breach", name=name, since=since, width=mishap.width_m, level=mishap.to_m)
    if mishap.until_s is None:
        when = say("report.mishap.from_on", since=since)
    else:
        when = say("report.mishap.between", since=since, until=result.moment(mishap.until_s))
    struck = [say(f"report.mishap.struck_{kind}", count=count) for kind, count in mishap.struck.items()]
    if struck:
        return say("report.mishap.power_to", name=name, when=when, struck=struck)
    return say(f"report.mishap.{mishap.kind}", name=name, when=when, share=mishap.share)
