"""forecast.html: what to warn of, where and when, how sure it is, and what was missing."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version

from api.report.bilingual import Both, known, named, records, say
from api.report.change_map import Band
from api.report.forecast_map import TINT_HEX, forecast_svg
from api.report.palette import DEPTH_BANDS_M, DEPTH_COLOURS, LEVEL_MARKS
from api.report.shell import Line, render
from api.report.tables import Cell, Column, Sheet, evidence, num
from data.rules_file import Rules
from data.schema import AREA_LEVELS, LEVELS, City
from data.units import s_to_hours
from sim.area_map import warning_level
from sim.forecast.cycle import CycleDetail
from sim.forecast.outlook import AreaOutlook, Outlook
from sim.forecast.warned import warned_areas_of
from sim.scenario import CHINA

_DASH = "–"
_SHELTERS = 2  # of an area; its message names more


def render_forecast(outlook: Outlook, detail: CycleDetail, city: City, rules: Rules) -> str:
    """The whole page as text."""
    warned = warned_areas_of(outlook, rules)
    return render(
        "forecast.html",
        city,
        title=say("forecast.title"),
        unverified=list(outlook.unverified_rules),
        own=("forecast.css",),
        when=say("forecast.when", time=f"{outlook.time.astimezone(CHINA):%Y-%m-%d %H:%M}",
                 hours=f"{s_to_hours(outlook.horizon_s):g}"),
        lead=lead(outlook, warned),
        notes=[say(key) for key in outlook.notes],
        map=forecast_svg(city, outlook, detail.depth),
        legend=[*(depth_legend() if detail.depth is not None else []), *tint_legend(outlook, city)],
        numbers=numbers_note(outlook, rules),
        sheets={"warned": warned_table(outlook, warned), "areas": areas_table(outlook), "going": going_table(outlook)},
        about=[
            Line(say("forecast.about.rain"), say(f"forecast.rain.{outlook.rain}")),
            Line(say("forecast.about.members"), str(outlook.members)),
            Line(say("forecast.about.sensors"), str(outlook.sensors_used)),
            Line(say("forecast.about.cycle"), outlook.cycle),
            Line(say("report.about.rules"), outlook.rules_hash[:16]),
            Line(say("compare.about.version"), version("rongan")),
        ],
    )  # fmt: skip


def lead(outlook: Outlook, warned: tuple[AreaOutlook, ...]) -> Both:
    """The answer in one sentence."""
    if not warned:
        return say("forecast.lead.none", hours=f"{s_to_hours(outlook.horizon_s):g}")
    worst = max(area.colour for area in warned)
    first = min(area.onset for area in warned if area.onset is not None and area.colour == worst)
    count = sum(area.colour == worst for area in warned)
    key = "forecast.lead.now" if first <= outlook.time else "forecast.lead.ahead"
    key += "" if outlook.counted else "_uncounted"
    low, high = outlook.areas[0].people_range
    said = say(
        key, colour=say(f"report.level.{LEVELS[worst]}"), areas=count, onset=_clock(first),
        people=outlook.areas[0].people, low=low, high=high,
    )  # fmt: skip
    reached = sum(area.colour == worst for area in outlook.areas)
    if reached == count:
        return said
    colour = say(f"report.level.{LEVELS[worst]}")
    more = say("forecast.lead.covered", colour=colour, all=reached, rest=reached - count)
    return Both(said.zh + more.zh, f"{said.en} {more.en}")


def numbers_note(outlook: Outlook, rules: Rules) -> Both | None:
    """What the counts of people on the page are, and why they differ; None where nobody was counted."""
    if not outlook.counted:
        return None
    low, high = rules.numbers("forecast.people_percentiles")
    plan = rules.number("forecast.plan_percentile")
    return say("forecast.numbers.warned", low=low, high=high, plan=plan, planned=int(outlook.plan["persons"].sum()))


def warned_table(outlook: Outlook, warned: tuple[AreaOutlook, ...]) -> Sheet:
    """The areas that get a message, worst first."""
    rows = []
    for area in sorted(warned, key=lambda one: (-one.colour, one.onset or outlook.time)):
        going = [named(use.name, use.name_en, use.shelter) for use in area.shelters[:_SHELTERS]] or [
            say("forecast.going.below" if _orders_below(area, outlook) else "forecast.going.nobody")
        ]
        rows.append(
            [
                _name(area),
                _level(area.colour),
                Cell(say(f"event_name.{area.event}"), area.event, "short"),
                Cell(_clock(area.onset), 0.0 if area.onset is None else area.onset.timestamp(), "nowrap"),
                num(100.0 * area.probability[area.colour - 1], ".0f"),
                num(area.people if outlook.counted else None),
                Cell(_clock(area.leave_by), 0.0 if area.leave_by is None else area.leave_by.timestamp(), "nowrap"),
                Cell(going, "", "list"),
                Cell([evidence(one) for one in area.evidence[:3]], "", "list"),
            ]
        )
    keys = ("area", "colour", "event", "onset", "probability", "people", "leave_by", "shelters", "evidence")
    return Sheet("warned", _columns(keys), rows, say("forecast.empty.warned"), shown=15, stacked=True)


def areas_table(outlook: Outlook) -> Sheet:
    """Every area that has any colour, or a chance of one."""
    rows = [
        [
            _name(area),
            Cell(known("forecast.level", area.area_level), area.area_level, "short"),
            _level(area.colour_now),
            _level(area.colour),
            *(num(100.0 * share, ".0f") for share in area.probability),
            num(area.people if outlook.counted else None),
            Cell(f"{area.people_range[0]:,}–{area.people_range[1]:,}", area.people_range[1], "num")
            if outlook.counted
            else num(None),
        ]
        for area in outlook.areas
        if area.colour or area.probability[0] > 0.0
    ]
    keys = ("area", "level", "now", "colour", "p_blue", "p_yellow", "p_orange", "p_red", "people", "range")
    return Sheet("areas", _columns(keys), rows, say("forecast.empty.areas"), shown=20, stacked=True)


def going_table(outlook: Outlook) -> Sheet:
    """Where people in danger go, shelter by shelter."""
    placed = outlook.plan[outlook.plan["shelter"] != ""]
    by_shelter = placed.groupby(["shelter", "shelter_name"], as_index=False)
    grouped = by_shelter.agg(persons=("persons", "sum"), walk=("walk_min", "max"))
    names = {use.shelter: use.name_en for area in outlook.areas for use in area.shelters}
    rows = []
    for row in records(grouped.sort_values("persons", ascending=False)):
        name = named(row.shelter_name, names.get(row.shelter, ""), row.shelter)
        rows.append([Cell(name, name.zh), num(row.persons), num(row.walk, ".0f")])
    return Sheet("going", _columns(("shelter", "persons", "walk")), rows, say("forecast.empty.going"), shown=15)


def depth_legend() -> list[Band]:
    """Bands of the greatest depth."""
    ends = [*DEPTH_BANDS_M[1:], None]
    return [
        Band(colour, Both(f"{low:g}–{high:g} m", f"{low:g}–{high:g} m") if high else Both(f">{low:g} m", f">{low:g} m"))
        for colour, low, high in zip(DEPTH_COLOURS, DEPTH_BANDS_M, ends, strict=True)
    ]


def tint_legend(outlook: Outlook, city: City) -> list[Band]:
    """The tints of areas on the map, worst first."""
    shown = {area.colour for area in outlook.areas if area.colour and area.area_level == warning_level(city)}
    return [
        Band(LEVEL_MARKS[k].fill + TINT_HEX, say("forecast.map.tint", colour=say(f"report.level.{LEVELS[k]}")))
        for k in sorted(shown, reverse=True)
    ]


def _orders_below(area: AreaOutlook, outlook: Outlook) -> bool:
    """Whether areas of a lower level have the orders of this one: a city or a district has none itself."""
    lower = AREA_LEVELS[AREA_LEVELS.index(area.area_level) + 1 :]
    inside = {area.area}
    for one in outlook.areas:  # from the city down
        if one.parent in inside:
            inside.add(one.area)
    return any(one.area in inside and one.area_level in lower and one.shelters for one in outlook.areas)


def _columns(keys: tuple[str, ...]) -> list[Column]:
    numbers = {"probability", "people", "p_blue", "p_yellow", "p_orange", "p_red", "range", "persons", "walk"}
    return [Column(say(f"forecast.column.{key}"), "num" if key in numbers else "") for key in keys]


def _name(area: AreaOutlook) -> Cell:
    name = named(area.name, area.name_en, area.area)
    return Cell(name, name.zh, "short")


def _level(level: int) -> Cell:
    return Cell(say(f"report.level.{LEVELS[level]}"), level, "level", level)


def _clock(moment: datetime | None) -> str:
    return _DASH if moment is None else f"{moment.astimezone(CHINA):%H:%M}"
