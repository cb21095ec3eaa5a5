"""Who is short: the compared areas, the worst first, each with the finer areas and the sites behind its figures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from api.report.adequacy_areas import (
    Step,
    compared,
    compared_level,
    counted_sites,
    finer_level,
    holders,
    steps_down,
    whole,
)
from api.report.adequacy_sites import held_by, short_listing
from api.report.adequacy_tables import heads, per_person, share
from api.report.adequacy_words import THREE, each, meets, norm, reach_words, reason_words
from api.report.bilingual import Both, named, records, say
from api.report.tables import Cell, Sheet, num
from data.records import records as plain_records
from sim.adequacy_result import Adequacy


@dataclass(frozen=True)
class Bar:
    """One of the three figures of an area beside the target."""

    key: str
    said: Both
    share: float  # of the width of the bar
    ok: bool


@dataclass(frozen=True)
class Area:
    """An area that opens."""

    id: str
    name: Both
    people: int
    ok: bool
    state: Both
    state_dry: Both
    ok_dry: bool
    bars: list[Bar]
    target: float  # where the target stands on the bars, share of the width
    lines: list[Both]
    parts: Sheet | None
    sites: Sheet


@dataclass(frozen=True)
class Fall:
    """One line of the way from the plan's figure to the storm's."""

    key: str
    kind: str  # "sum" or "less"
    name: Both
    m2: float
    sites: int
    per_person: Both
    left: float  # where its bar begins and how long it is, shares of the width
    width: float
    listing: Sheet | None


def areas_short(found: Adequacy) -> list[Area]:
    """The compared areas where people live, least dry ground per person first."""
    table = compared(found)
    table = table[table["people"] > 0].sort_values(["dry_m2_per_person", "code"], kind="stable")
    held = held_by(found)
    finer, parents = finer_level(found), pd.Series("", index=found.areas.index)
    if finer:
        rows = found.areas["level"] == finer
        inner = found.shapes[found.shapes["level"] == finer].geometry.representative_point()
        at = pd.DataFrame({"lon": inner.x.to_numpy(), "lat": inner.y.to_numpy()})
        parents.loc[rows] = holders(
            found, found.areas.loc[rows, "code"].reset_index(drop=True), at["lon"], at["lat"], compared_level(found)
        )
    widest = _widest(found, table)
    out = []
    for number, row in enumerate(plain_records(table)):
        parts = found.areas[parents == row["code"]] if finer else None
        listing = short_listing(f"sites-{number}", found.sites[held == row["code"]])
        out.append(_area(found, row, number, parts, listing, widest))
    return out


def _area(
    found: Adequacy, row: dict[str, Any], number: int, parts: pd.DataFrame | None, sites: Sheet, widest: float
) -> Area:
    bars = [
        Bar(
            key,
            each(row[column], found.target_m2),
            min(1.0, _or_zero(row[column]) / widest),
            meets(row[column], found.target_m2),
        )
        for key, column in THREE.items()
    ]
    ok, ok_dry = bars[0].ok, bars[1].ok
    key = "deficit" if row["deficit_m2"] > 0.0 else "no_deficit"
    values = {"m2": row["deficit_m2"], "persons": row["deficit_persons"], "sites": row["deficit_sites"],
              "target": norm(found.target_m2)} if key == "deficit" else {}  # fmt: skip
    lines = [
        say(f"adequacy.who.{key}", **values),
        say(
            "adequacy.who.reach", share=row["in_reach_storm"], reach=reach_words(found.reach_m),
            routes=row["two_routes"], without=row["without_place"],
        ),
    ]  # fmt: skip
    return Area(
        f"who-{row['code']}", named(row["name"], row["name_en"], row["code"]), int(row["people"]), ok,
        say("adequacy.who.reached" if ok else "adequacy.who.missed"),
        say("adequacy.who.reached_dry" if ok_dry else "adequacy.who.missed_dry"), ok_dry, bars,
        min(1.0, found.target_m2 / widest), lines, None if parts is None or not len(parts) else _parts(number, parts),
        sites,
    )  # fmt: skip


def falls(found: Adequacy) -> list[Fall]:
    """From every open site to those in use, each step with its sites."""
    sites, city = counted_sites(found), whole(found)
    people = float(city["people"])
    to_dry, to_storm = steps_down(sites)
    total = max(float(city["effective_m2"]), 1e-9)
    left, count = total, int(city["sites"])
    out = [_sum("all", total, count, people, total, None)]
    for name, steps in (("dry", to_dry), ("storm", to_storm)):
        for step in steps:
            left, count = left - step.m2, count - step.sites
            out.append(_less(step, name, left, people, total))
        rows = sites[sites["excluded"] == ""] if name == "storm" else None
        # The sums are those of the cards, so that no site on a border makes two figures of one.
        left = float(city[f"{name}_m2"])
        count = int(city["sites_used"]) if name == "storm" else count
        out.append(_sum(name, left, count, people, total, rows))
    return out


def _sum(name: str, m2: float, sites: int, people: float, total: float, rows: pd.DataFrame | None) -> Fall:
    m2 = max(m2, 0.0)
    listing = None if rows is None else short_listing(f"step-{name}-sites", rows)
    return Fall(f"step-{name}", "sum", say(f"adequacy.steps.{name}"), m2, sites, _each(m2, people), 0.0, m2 / total,
                listing)  # fmt: skip


def _less(step: Step, name: str, left: float, people: float, total: float) -> Fall:
    words = say("adequacy.steps.less", reason=reason_words(step.reason))
    key = f"less-{name}-{step.reason}"
    return Fall(
        key, "less", words, step.m2, step.sites, _each(step.m2, people), max(left, 0.0) / total, step.m2 / total,
        short_listing(f"{key}-sites", step.rows),
    )  # fmt: skip


def _parts(number: int, parts: pd.DataFrame) -> Sheet:
    rows = []
    for a in records(parts.sort_values("dry_m2_per_person", kind="stable", na_position="last")):
        name = named(a.name, a.name_en, a.code)
        rows.append(
            [
                Cell(name, name.zh), num(a.people), Cell(f"{a.sites_used:,} / {a.sites:,}", a.sites_used, "num"),
                *(per_person(getattr(a, column)) for column in THREE.values()), share(a.in_reach_storm),
                num(a.without_place), num(a.deficit_persons),
            ]
        )  # fmt: skip
    keys = ("area", "people", "sites", "nominal", "dry", "storm", "in_reach_storm", "without_place", "deficit_persons")
    return Sheet(f"parts-{number}", heads(*keys), rows, shown=12)


def _widest(found: Adequacy, table: pd.DataFrame) -> float:
    """The bars end at twice the target, or at the largest figure where none is so large."""
    most = float(table[list(THREE.values())].max().max()) if len(table) else 0.0
    return max(1.15 * found.target_m2, min(most, 2.0 * found.target_m2), 1e-9)


def _each(m2: float, people: float) -> Both:
    value = m2 / people if people else math.nan
    return Both("<0.01", "<0.01") if 0.0 < value < 0.005 else each(value)


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else float(value)
