"""Outlooks of a small city with all five levels, for tests of episodes and publishing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pandas as pd
from shapely.geometry import box

from data.schema import OUTPUT_TABLES
from sim.forecast.outlook import AreaOutlook, Outlook
from sim.result import Evidence, ShelterUse

BEGIN = datetime(2026, 7, 1, 0, 0, tzinfo=UTC)

# code -> (level, parent, name, name in English)
AREAS = {
    "510100": ("city", "", "蓉安市", "Rong'an"),
    "510104": ("district", "510100", "河西区", "Hexi District"),
    "510105": ("district", "510100", "河东区", "Hedong District"),
    "510105001": ("street", "510105", "临江街道", "Linjiang Street"),
    "510105002": ("street", "510105", "望江街道", "Wangjiang Street"),
    "510105001001": ("community", "510105001", "桥头社区", "Qiaotou Community"),
    "510105001001-3": ("grid", "510105001001", "桥头三网格", "Qiaotou Cell 3"),
}


def polygon_of(code: str) -> object:
    """Nested boxes inside of one city."""
    number = list(AREAS).index(code)
    size = 0.2 / (1 + len(AREAS[code][1]))
    return box(104.0 + 0.001 * number, 30.6, 104.0 + 0.001 * number + size, 30.6 + size)


def area_outlook(
    code: str,
    colour: int = 0,
    *,
    event: str | None = None,
    blue: float | None = None,
    leave_by: datetime | None = None,
    onset: datetime | None = None,
    shelters: Sequence[ShelterUse] = (),
) -> AreaOutlook:
    """One area with a colour; where people leave, to one school."""
    level, parent, name, name_en = AREAS[code]
    chances = [1.0 if k < colour else 0.0 for k in range(4)]
    if blue is not None:
        chances[0] = blue
    named = event if event is not None else ("rainstorm" if colour else "")
    going = tuple(shelters) or ((ShelterUse("s1", "第一小学", "First School", 40, 6.0),) if leave_by else ())
    return AreaOutlook(
        area=code,
        area_level=level,
        parent=parent,
        name=name,
        name_en=name_en,
        colour_now=0,
        colour=colour,
        event=named,
        probability=tuple(chances),  # type: ignore[arg-type]
        onset=onset if onset is not None or not colour else BEGIN,
        people=10 * colour,
        people_range=(5 * colour, 20 * colour),
        evidence=(Evidence("rain_3h", 0.06, 0.05, "m"),) if colour else (),
        shelters=going,
        leave_by=leave_by,
        polygon=polygon_of(code),  # type: ignore[arg-type]
    )


def outlook(minute: float, colours: Mapping[str, int], areas: Mapping[str, AreaOutlook] | None = None) -> Outlook:
    """A cycle `minute` minutes after BEGIN; areas not named have no colour."""
    time = BEGIN + timedelta(minutes=minute)
    given = areas or {}
    rows = tuple(given.get(code) or area_outlook(code, colours.get(code, 0), onset=time) for code in AREAS)
    plan = next(table for table in OUTPUT_TABLES if table.name.startswith("plan"))
    return Outlook(
        cycle=f"{time:%Y%m%dT%H%M%SZ}",
        time=time,
        horizon_s=10800.0,
        areas=rows,
        rain="nowcast",
        members=20,
        sensors_used=6,
        sensors_silent=(),
        rules_hash="0f" * 32,
        unverified_rules=("warning.impact_people",),
        synthetic=("people",),
        notes=(),
        plan=pd.DataFrame(columns=[field.name for field in plan.fields]),
        wall_s=1.0,
        seed=1,
    )
