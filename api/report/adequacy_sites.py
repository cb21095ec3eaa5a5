"""The inventory of sites: what each offers, what it lacks, what the storm leaves of it, and why it is not in use."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from api.report.adequacy_areas import compared_level, finer_level, holders
from api.report.adequacy_tables import heads, verdict
from api.report.adequacy_words import reason_words
from api.report.bilingual import Both, known, named, records, say
from api.report.listing import Facet, Listing
from api.report.tables import Cell, Sheet, num
from data.schema import EXCLUSIONS
from sim.adequacy_result import Adequacy

_MOST_ROWS = 2000


def sites_listing(found: Adequacy) -> Listing:
    """Every site, the largest first; the largest only where there are too many for a page."""
    at = holders(found, found.sites["area"], found.sites["lon"], found.sites["lat"], finer_level(found) or "city")
    sites = found.sites.assign(held=held_by(found), at=at).sort_values("effective_m2", ascending=False, kind="stable")
    sites = sites.head(_MOST_ROWS)
    names = area_names(found)
    rows = []
    for s in records(sites):
        place = names.get(s.at) or names.get(s.held) or say("adequacy.no_area")
        missing = functions_words(s.functions_missing)
        rows.append(
            [
                site_name(s), Cell(place, place.zh), kind_cell(s),
                Cell(known("adequacy.class", s.shelter_class), s.shelter_class, "nowrap"),
                reason_cell(s.excluded),
                num(s.effective_m2), num(s.area_m2), num(s.capacity), num(s.occupants), num(s.units),
                num(s.assigned), num(s.assigned_at_risk), num(s.worst_trip_min),
                Cell(f"{s.functions} / 7", s.functions, "num"), Cell(missing, missing.zh),
                num(s.conversion_time_h, ".1f"), num(s.water_days, ".1f"), num(s.toilets_short), num(s.kits_short),
                verdict(bool(s.two_roads_ok)), verdict(bool(s.accessible)), num(s.wet_at_min), num(s.cut_off_at_min),
                Cell(stay_words(s.longest_stay), s.longest_stay, "nowrap"),
            ]
        )  # fmt: skip
    columns = heads(
        "site", "place", "kind", "class", "reason", "effective_m2", "area_m2", "capacity", "occupants", "units",
        "assigned", "assigned_at_risk", "worst_trip", "functions", "missing", "conversion", "water", "toilets", "kits",
        "two_roads", "accessible", "wet_at", "cut_off_at", "stay",
    )  # fmt: skip
    return Listing(
        "sites", columns, rows, say("adequacy.none"), shown=20, ids=[f"site-{s}" for s in sites["id"]],
        facets=_facets(sites, names),
    )  # fmt: skip


def short_listing(key: str, sites: pd.DataFrame) -> Sheet:
    """A few columns of some sites, for what opens below a figure or an area."""
    rows = [
        [site_name(s), kind_cell(s), num(s.effective_m2), num(s.capacity), num(s.assigned), reason_cell(s.excluded)]
        for s in records(sites.sort_values("effective_m2", ascending=False, kind="stable"))
    ]
    columns = heads("site", "kind", "effective_m2", "capacity", "assigned", "reason")
    return Sheet(key, columns, rows, say("adequacy.who.no_sites"), shown=12)


def held_by(found: Adequacy) -> np.ndarray:
    """Code of the compared area that holds each site."""
    sites = found.sites
    return holders(found, sites["area"], sites["lon"], sites["lat"], compared_level(found))


def area_names(found: Adequacy) -> dict[str, Both]:
    """Names of the areas by code."""
    return {a.code: named(a.name, a.name_en, a.code) for a in records(found.areas)}


def site_name(s: Any) -> Cell:
    """Name of a site, or its id."""
    name = named(s.name, s.name_en, s.id)
    return Cell(name, name.zh)


def kind_cell(s: Any) -> Cell:
    """What a site is in daily life, and whether it has a roof."""
    words = kind_words(s)
    return Cell(words, words.zh)


def kind_words(s: Any) -> Both:
    """The kind in daily life and the roof: "school, indoor"."""
    kind = known("report.site", s.site_type)
    roof = say("report.site.indoor" if s.indoor else "report.site.outdoor")
    return Both(f"{kind.zh}，{roof.zh}", f"{kind.en}, {roof.en}")


def reason_cell(reason: str) -> Cell:
    """In use with a tick, or the reason with a cross."""
    return Cell(reason_words(reason), EXCLUSIONS.index(reason), "bad why" if reason else "good")


def functions_words(missing: str) -> Both:
    """The functions that a site lacks."""
    names = [known("adequacy.function", name) for name in str(missing).split()]
    if not names:
        return Both("–", "–")
    return Both("、".join(name.zh for name in names), ", ".join(name.en for name in names))


def stay_words(stay: str) -> Both:
    """The longest stay that a site serves."""
    return known("adequacy.stay", stay) if stay else Both("–", "–")


def _facets(sites: pd.DataFrame, names: dict[str, Both]) -> list[Facet]:
    reasons = [reason for reason in EXCLUSIONS if reason in set(sites["excluded"])]
    facets = []
    held = [code for code in dict.fromkeys(sites["held"]) if code]
    if len(held) > 1:
        choices = [(code, names[code]) for code in sorted(held)]
        facets.append(Facet("held", say("adequacy.column.place"), choices, list(sites["held"])))
    facets.append(
        Facet(
            "reason", say("adequacy.column.reason"), [(reason or "used", reason_words(reason)) for reason in reasons],
            [reason or "used" for reason in sites["excluded"]],
        )
    )  # fmt: skip
    return facets
