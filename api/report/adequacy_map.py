"""The map of a study: area per person, cover, gap and risk of the areas; sites by fill and reason; homes by reach."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from api.report.adequacy_areas import compared_level
from api.report.adequacy_sites import functions_words, kind_words
from api.report.adequacy_words import THREE, each, reason_words
from api.report.bilingual import Both, named, number, records, say
from api.report.planner_map import MapClass, MarkKind, PlannerMap, Spot, SpotLayer, Theme, draw_planner_map
from data.schema import EXCLUSIONS
from sim.adequacy_result import Adequacy

MOST_BLOCKS = 6000
_NONE = MapClass(say("adequacy.map.band_none"), "#4d1020", "cross")
# Below the target warm and hatched, the less the darker and the denser; at the target and above plain.
_LOW = (("#a8323a", "cross"), ("#dd7b56", "lines"), ("#f6cf9b", "sparse"))
_HIGH = (("#b9dcc6", ""), ("#3f9a72", ""))
_SHARES = (0.25, 0.5, 0.8, 0.95)
_GAPS = (1, 1000, 5000, 20000)
_RISKS = (10.0, 30.0, 50.0, 70.0)
# Colour and shape by what shuts a site: water, roads, the site itself, the weather.
_EXCLUDED = {
    "not_open": ("#6b7681", "ring"),
    "floodplain": ("#1d4f8c", "square"),
    "not_fit": ("#6a4c93", "diamond"),
    "no_capacity": ("#6b7681", "ring"),
    "no_road": ("#6b4a24", "triangle"),
    "flooded": ("#1d4f8c", "square"),
    "cut_off": ("#6b4a24", "triangle"),
    "open_air": ("#8a5a00", "diamond"),
}


def draw_adequacy(found: Adequacy) -> PlannerMap:
    """The map of the page."""
    shapes = found.shapes.assign(name=found.areas["name"].to_numpy(), name_en=found.areas["name_en"].to_numpy())
    opened = compared_level(found)
    refs = [f"who-{a.code}" if a.level == opened and a.people else f"area-{a.code}" for a in records(found.areas)]
    return draw_planner_map(
        found.city, shapes, themes(found), [_excluded(found), _used(found), _blocks(found)],
        lines=[_area_lines(a) for a in records(found.areas)], refs=refs,
    )  # fmt: skip


def themes(found: Adequacy) -> list[Theme]:
    """The three figures against the target, then cover, gap and risk."""
    areas, target = found.areas, found.target_m2
    limits = (target / 4, target / 2, target, 2 * target)
    classes = _bands(limits, target)
    out = []
    for key, column in THREE.items():
        values = areas[column].to_numpy(float)
        picks = np.where(np.isnan(values), -1, np.where(values <= 0.0, 0, 1 + np.digitize(values, limits)))
        out.append(Theme(key, say(f"adequacy.figure.{key}"), classes, picks.tolist(), [each(v) for v in values]))
    lived = areas["people"].to_numpy() > 0
    reach = areas["in_reach_storm"].to_numpy(float)
    gap, risk = areas["deficit_persons"].to_numpy(), areas["risk_index"].to_numpy(float)
    for key, values, limits, classes, told in (
        ("reach", reach, _SHARES, _share_classes(), [number(v, "share") for v in reach]),
        ("gap", gap, _GAPS, _gap_classes(), [number(v, "count") for v in gap]),
        ("risk", risk, _RISKS, _risk_classes(), [Both(f"{v:.0f}", f"{v:.0f}") for v in risk]),
    ):
        picks = np.where(lived, np.digitize(values, limits), -1)
        out.append(Theme(key, say(f"adequacy.map.{key}"), classes, picks.tolist(), told))
    return out


def _bands(limits: Sequence[float], target: float) -> tuple[MapClass, ...]:
    lows = (0.0, *limits)
    out = [_NONE]
    for k, (colour, hatch) in enumerate((*_LOW, *_HIGH)):
        if k == 0:
            label = say("adequacy.map.band_below", high=limits[0])
        elif k == len(limits):
            label = say("adequacy.map.band_over", low=limits[-1])
        else:
            label = say("adequacy.map.band_between", low=lows[k], high=limits[k])
        if k and lows[k] == target:
            mark = say("adequacy.map.target_here")
            label = Both(f"{label.zh}{mark.zh}", f"{label.en}{mark.en}")
        out.append(MapClass(label, colour, hatch))
    return tuple(out)


def _share_classes() -> tuple[MapClass, ...]:
    cuts = [round(100 * s) for s in _SHARES]
    labels = [say("adequacy.map.share_below", high=cuts[0])]
    labels += [say("adequacy.map.share_between", low=a, high=b) for a, b in pairwise(cuts)]
    labels.append(say("adequacy.map.share_over", low=cuts[-1]))
    return _worse_to_better(labels)


def _gap_classes() -> tuple[MapClass, ...]:
    labels = [say("adequacy.map.gap_none"), say("adequacy.map.gap_below", high=_GAPS[1])]
    labels += [say("adequacy.map.gap_between", low=a, high=b) for a, b in pairwise(_GAPS[1:])]
    labels.append(say("adequacy.map.gap_over", low=_GAPS[-1]))
    return _worse_to_better(labels[::-1])[::-1]


def _risk_classes() -> tuple[MapClass, ...]:
    labels = [say("adequacy.map.band_below", high=_RISKS[0])]
    labels += [say("adequacy.map.band_between", low=a, high=b) for a, b in pairwise(_RISKS)]
    labels.append(say("adequacy.map.band_over", low=_RISKS[-1]))
    return _worse_to_better(labels[::-1])[::-1]


def _worse_to_better(labels: Sequence[Both]) -> tuple[MapClass, ...]:
    looks = (*_LOW, *_HIGH)
    return tuple(MapClass(label, *look) for label, look in zip(labels, looks, strict=True))


def _area_lines(a: Any) -> list[Both]:
    three = {key: each(getattr(a, column)).zh for key, column in THREE.items()}
    return [
        number(a.people, "people"),
        say("adequacy.map.three", **three),
        say("adequacy.map.reach_line", dry=a.in_reach_dry, storm=a.in_reach_storm),
        say("adequacy.map.gap_line", persons=a.deficit_persons, without=a.without_place),
    ]


def _used(found: Adequacy) -> SpotLayer:
    sites = found.sites[found.sites["excluded"] == ""]
    kinds = (
        MarkKind(say("adequacy.map.full"), "#1d2b36", "disc"),
        MarkKind(say("adequacy.map.part"), "#1a7f5a", "disc"),
        MarkKind(say("adequacy.map.empty"), "#1a7f5a", "ring"),
    )
    spots = []
    for s in records(sites):
        kind = 2 if s.assigned == 0 else 0 if s.assigned >= s.capacity else 1
        filled = s.assigned / s.capacity if s.capacity else 0.0
        lines = [*_site_lines(s), say("adequacy.map.fill_line", assigned=s.assigned, share=filled)]
        spots.append(_spot(s, kind, lines, found))
    return SpotLayer("used", say("adequacy.map.used"), kinds, spots)


def _excluded(found: Adequacy) -> SpotLayer:
    sites = found.sites[found.sites["excluded"] != ""]
    present = [reason for reason in EXCLUSIONS[1:] if reason in set(sites["excluded"])]
    kinds = tuple(MarkKind(reason_words(r), *_EXCLUDED[r], say(f"adequacy.letter.{r}")) for r in present)
    spots = [
        _spot(s, present.index(s.excluded),
              [*_site_lines(s), say("adequacy.map.reason_line", reason=reason_words(s.excluded))], found)
        for s in records(sites)
    ]  # fmt: skip
    return SpotLayer("excluded", say("adequacy.map.excluded"), kinds, spots)


def _spot(s: Any, kind: int, lines: list[Both], found: Adequacy) -> Spot:
    most = max(float(found.sites["effective_m2"].max()), 1.0)
    size = math.sqrt(max(float(s.effective_m2), 0.0) / most)
    return Spot(s.lat, s.lon, kind, named(s.name, s.name_en, s.id), lines, size, f"site-{s.id}")


def _site_lines(s: Any) -> list[Both]:
    kind = kind_words(s)
    roof = say("report.site.indoor" if s.indoor else "report.site.outdoor")
    bare = Both(kind.zh.removesuffix(f"，{roof.zh}"), kind.en.removesuffix(f", {roof.en}"))
    names = functions_words(s.functions_missing)
    lacks = Both([names.zh], [names.en])
    missing = say("adequacy.map.missing", names=lacks) if s.functions_missing else Both("", "")
    return [
        say("adequacy.map.site_line", kind=bare, roof=roof, m2=s.effective_m2, places=s.capacity),
        say("adequacy.map.functions_line", count=s.functions, missing=missing),
    ]


def _blocks(found: Adequacy) -> SpotLayer:
    blocks = found.blocks[found.blocks["people"] > 0].nlargest(MOST_BLOCKS, "people", keep="first")
    most = max(float(found.blocks["people"].max()), 1.0) if len(found.blocks) else 1.0
    kinds = (
        MarkKind(say("adequacy.map.near"), "#1a7f5a", "disc"),
        MarkKind(say("adequacy.map.near_dry"), "#b36b00", "ring"),
        MarkKind(say("adequacy.map.far"), "#b3161b", "cross"),
    )
    spots = []
    for b in records(blocks):
        near = b.distance_storm_m <= found.reach_m
        kind = 0 if near else 1 if b.distance_dry_m <= found.reach_m else 2
        far = math.isnan(b.distance_storm_m)
        away = (
            say("adequacy.map.distance_none") if far else say("adequacy.map.distance", value=float(b.distance_storm_m))
        )
        line = say("adequacy.map.block_line", people=b.people, distance=away)
        spots.append(Spot(b.lat, b.lon, kind, Both(str(b.block), str(b.block)), [line], math.sqrt(b.people / most)))
    return SpotLayer("blocks", say("adequacy.map.blocks"), kinds, spots, shown=False, dots=True)


def blocks_left_out(found: Adequacy) -> bool:
    """Whether there are more blocks than the map draws."""
    return int((found.blocks["people"] > 0).sum()) > MOST_BLOCKS
