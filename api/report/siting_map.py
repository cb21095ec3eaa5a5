"""The map of siting.html: who has no place before and after, and the candidates chosen, not chosen and excluded."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from api.report.bilingual import Both, known, named, number, records, say
from api.report.planner_map import MapClass, MarkKind, PlannerMap, Spot, SpotLayer, Theme, draw_planner_map
from sim.siting_result import Siting

_BANDS = (0.1, 0.25, 0.5, 0.75)  # shares that part the classes; they only colour the map
_COLOURS = ("#e8f1e4", "#fde3a7", "#f6b26b", "#dd6b4d", "#9c2230")
_HATCHES = ("", "sparse", "dots", "lines", "cross")
_MOST_MARKS = 80  # more sites of a layer than that are drawn as dots


def siting_map(found: Siting) -> PlannerMap:
    """Areas by the share of people without a place, before and after; candidates and existing sites over them."""
    areas = found.areas
    shapes = found.shapes[["code", "level", "geometry"]].assign(
        name=areas["name"].to_numpy(), name_en=areas["name_en"].to_numpy()
    )
    lines = [
        [_of(row, "before"), _of(row, "after"), say("siting.map.new_sites", count=row.chosen)] for row in records(areas)
    ]
    return draw_planner_map(
        found.city,
        shapes,
        [_theme(found, when) for when in ("after", "before")],
        [_chosen(found), _others(found), _existing(found)],
        lines=lines,
        refs=["h-areas"] * len(areas),
    )


def _theme(found: Siting, when: str) -> Theme:
    people = found.areas["people"].to_numpy(float)
    without = found.areas[f"without_place_{when}"].to_numpy(float)
    share = np.divide(without, people, out=np.full(len(people), math.nan), where=people > 0)
    edges = (0.0, *_BANDS, 1.0)
    classes = tuple(
        MapClass(say("siting.map.band", low=100 * low, high=100 * high), colour, hatch)
        for low, high, colour, hatch in zip(edges[:-1], edges[1:], _COLOURS, _HATCHES, strict=True)
    )
    picks = np.where(np.isnan(share), -1, np.digitize(np.nan_to_num(share), _BANDS))
    told = [Both("–", "–") if math.isnan(one) else number(one, "share") for one in share.tolist()]
    return Theme(when, say(f"siting.map.{when}"), classes, picks.tolist(), told)


def _of(row: Any, when: str) -> Both:
    words = say(f"siting.map.{when}_short")
    without = getattr(row, f"without_place_{when}")
    if not row.people:
        told = say("siting.map.nobody")
    else:
        told = say("siting.map.of", without=without, people=row.people, share=without / row.people)
    return Both(f"{words.zh}：{told.zh}", f"{words.en}: {told.en}")


def _chosen(found: Siting) -> SpotLayer:
    kinds = (MarkKind(say("siting.map.chosen"), "#0d6b4c", "star"),)
    rows = [row for row in records(found.candidates) if row.chosen]
    spots = [_spot(row, 0, [known("report.site", row.site_type), _brings(row)], 1.0) for row in rows]
    return SpotLayer("chosen", _label(found, "new"), kinds, spots)


def _others(found: Siting) -> SpotLayer:
    kinds = (
        MarkKind(say("siting.map.not_chosen"), "#5b6670", "ring"),
        MarkKind(say("siting.map.excluded"), "#8c1d5b", "cross"),
    )
    rows = [row for row in records(found.candidates) if not row.chosen]
    most = max(1, *(row.capacity for row in rows)) if rows else 1
    spots = []
    for row in rows:
        why = known("adequacy.reason", row.excluded) if row.excluded else _brings(row)
        size = 0.2 + 0.4 * math.sqrt(row.capacity / most)
        spots.append(_spot(row, int(bool(row.excluded)), [known("report.site", row.site_type), why], size))
    return SpotLayer("others", _label(found, "candidates"), kinds, spots, dots=len(spots) > _MOST_MARKS)


def _spot(row: Any, kind: int, lines: list[Both], size: float) -> Spot:
    name = named(row.name, row.name_en, row.id)
    return Spot(
        row.lat, row.lon, kind, Both(f"{row.rank} {name.zh}", f"{row.rank} {name.en}"), lines, size, "h-ranking"
    )


def _label(found: Siting, key: str) -> Both:
    """The name of a layer of candidates, which says where they are made up."""
    label = say(f"siting.map.{key}")
    return say("siting.map.synthetic", label=label) if "candidates" in found.city.synthetic else label


def _brings(row: Any) -> Both:
    return say("siting.map.gain", gain=row.served_gain, alone=row.served_alone, capacity=row.capacity)


def _existing(found: Siting) -> SpotLayer:
    many = len(found.existing) > _MOST_MARKS
    used, lost = say("siting.outcome.existing"), say("siting.outcome.existing_out")
    if many:  # dots bear no letters: filled and hollow
        kinds = (MarkKind(used, "#124f8c", "disc"), MarkKind(lost, "#7b8791", "ring"))
    else:
        kinds = (
            MarkKind(used, "#124f8c", "square", say("siting.map.existing_letter")),
            MarkKind(lost, "#7b8791", "diamond", say("siting.map.out_letter")),
        )
    most = max(1.0, float(found.existing["capacity"].max())) if len(found.existing) else 1.0
    spots = []
    for row in records(found.existing):
        lines = [say("siting.map.places", capacity=row.capacity)]
        if row.excluded:
            lines.append(known("adequacy.reason", row.excluded))
        size = 0.3 + 0.4 * math.sqrt(max(row.capacity, 0) / most)
        spots.append(Spot(row.lat, row.lon, int(bool(row.excluded)), named(row.name, row.name_en, row.id), lines, size))
    return SpotLayer("existing", say("siting.map.existing"), kinds, spots, shown=not many, dots=many)
