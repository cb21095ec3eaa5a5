"""The tables of an after-action review."""

from __future__ import annotations

import math

from api.report.after_action_chart import band_svg
from api.report.after_action_words import lesson_words, order_words
from api.report.bilingual import Both, first_names, known, named, number, records, say
from api.report.tables import Cell, Column, Sheet, clock, num
from data.units import s_to_minutes
from sim.after_action.review import AfterAction

_DASH = "–"
_MOST_TARGETS = 3
MOST_ROWS = 300  # of a table that grows with the city; the rest stands in the files
_NUMBERS = {
    "late", "persons", "reached", "worth_arrived", "worth_stranded", "worth_deaths", "capacity", "peak", "turned_away",
    "inside", "queue", "wait", "vehicles", "trips", "given_up", "carried", "kilometres", "limit", "dry", "worst", "end",
    "this", "low", "middle", "high", "steps", "on_time", "late_places", "missed", "worst_late",
}  # fmt: skip


def heads(*keys: str) -> list[Column]:
    """Heads by key of the catalogue, `after_action.column.KEY`."""
    return [Column(say(f"after_action.column.{key}"), "num" if key in _NUMBERS else "") for key in keys]


def orders_table(found: AfterAction) -> Sheet:
    """Orders as given, with what each was worth."""
    rows = []
    measured = bool(found.orders["worth_arrived"].notna().any())
    for row in records(found.orders):
        kind = say(f"after_action.order.{row.kind}")
        if row.source != "rules":  # those of the rules are called after their area, which stands beside it
            name = order_words(str(row.id))
            kind = name if name.zh != row.id else Both(f"{kind.zh} · {row.id}", f"{kind.en} · {row.id}")
        worth = [_worth(row.worth_arrived, 0), _worth(row.worth_stranded, 0), _worth(row.worth_deaths, 2)]
        rows.append(
            [
                Cell(kind, row.kind),
                Cell(_targets(found, row.kind, str(row.targets)), str(row.targets)),
                clock(found.result, row.time_s),
                *(worth if measured else []),
                num(row.persons if row.persons else None),
                num(row.reached if row.persons else None),
                clock(found.result, row.done_s),
                Cell(say(f"after_action.source.{row.source}"), row.source, "nowrap"),
            ]
        )
    worths = ("worth_arrived", "worth_stranded", "worth_deaths") if measured else ()
    keys = ("order", "target", "time", *worths, "persons", "reached", "done", "source")
    return Sheet("orders", heads(*keys), rows, say("after_action.empty.orders"), shown=20)


def _targets(found: AfterAction, kind: str, targets: str) -> Both:
    """Names of what an order acts on; the id where it has none, as a road."""
    names = {}
    if "shelter" in kind or kind == "redirect":
        names = {row.id: named(row.name, row.name_en, row.id) for row in records(found.result.sites)}
    elif "underpass" in kind or kind == "pump":
        names = {row.id: named(row.name, row.name_en, row.id) for row in records(found.result.underpasses)}
    said = [names.get(target) or named(*found.course.name_of(target), target) for target in targets.split()]
    if not said:
        return Both(_DASH, _DASH)
    shown = first_names(said, _MOST_TARGETS)
    return say("after_action.orders.targets", **shown)


def _worth(value: float, digits: int) -> Cell:
    if not math.isfinite(value):
        return num(None)
    said = f"{value:+,.{digits}f}"
    if not said.strip("+-0.,"):
        return Cell("0", 0.0, "num")
    return Cell(said, value, "good num" if value > 0.0 else "bad num")


def stranded_table(found: AfterAction) -> Sheet:
    """Where people were stuck, most people first."""
    rows = []
    for row in records(found.stranded.head(MOST_ROWS)):
        road = named(row.road, row.road_en) if row.road else known("after_action.road", row.road_class or "crossing")
        place = named(row.place, row.place_en)
        rows.append(
            [
                Cell(place, place.zh),
                num(row.persons),
                Cell(known("after_action.reason", row.reason), row.reason),
                Cell(road, road.zh, "short"),
            ]
        )
    return Sheet("stranded", heads("place", "persons", "reason", "road"), rows, say("after_action.empty.stranded"))


def shelters_table(found: AfterAction) -> Sheet:
    """Shelters that were full, closed, turned people away or had a queue."""
    rows = []
    for row in records(found.shelters):
        name = named(row.name, row.name_en, row.id)
        closed = math.isfinite(row.closed_s)
        queue = Cell(_DASH, -1.0, "num")
        if row.queue_peak:
            at = f"{found.result.moment(row.queue_peak_s):%H:%M}"
            queue = Cell(Both(f"{row.queue_peak:,}（{at}）", f"{row.queue_peak:,} ({at})"), row.queue_peak, "num")
        rows.append(
            [
                Cell(name, name.zh), num(row.capacity), num(row.peak), clock(found.result, row.full_s),
                num(row.turned_away), queue, clock(found.result, row.closed_s),
                num(row.inside_when_closed if closed else None),
            ]
        )  # fmt: skip
    columns = heads("shelter", "capacity", "peak", "full", "turned_away", "queue", "closed", "inside")
    return Sheet("troubles", columns, rows, say("after_action.empty.shelters"))


def rescues_table(found: AfterAction) -> Sheet:
    """Calls for help, longest wait first; never reached before all."""
    rows = []
    calls = found.record.rescues
    wait = (calls["reached_s"] - calls["time_s"]).fillna(math.inf)
    teams = found.result.city.teams
    names = {} if teams is None else {row.id: named(row.name, row.name_en, row.id) for row in records(teams)}
    for row in records(calls.loc[wait.sort_values(ascending=False, kind="stable").index[:MOST_ROWS]]):
        waited = float(s_to_minutes(row.reached_s - row.time_s))
        team = names.get(row.team, Both(row.team, row.team)) if row.team else say("after_action.team.none")
        rows.append(
            [
                clock(found.result, row.time_s),
                Cell(known("after_action.reason", row.reason), row.reason),
                num(row.persons),
                Cell(team, row.team, "nowrap" if row.team else "bad"),
                clock(found.result, row.reached_s),
                num(waited if math.isfinite(waited) else None),
                clock(found.result, row.done_s),
            ]
        )
    columns = heads("called", "reason", "persons", "team", "there", "wait", "safe")
    nobody = "no_teams" if teams is None or teams.empty else "rescues"
    return Sheet("rescues", columns, rows, say(f"after_action.empty.{nobody}"), shown=10)


def trips_table(found: AfterAction) -> Sheet:
    """What each kind of team drove."""
    rows = []
    for kind, trips in found.record.trips.groupby("kind", sort=True):
        words = known("after_action.team", str(kind))
        rows.append(
            [
                Cell(words, words.zh),
                num(trips["vehicle"].nunique()),
                num(len(trips)),
                num(int(trips["arrive_s"].isna().sum())),
                num(int(trips.loc[trips["arrive_s"].notna(), "persons"].sum())),
                num(float(trips["length_m"].sum()) / 1000.0, ",.1f"),
            ]
        )
    columns = heads("kind", "vehicles", "trips", "given_up", "carried", "kilometres")
    return Sheet("trips", columns, rows, say("after_action.empty.trips"))


def circles_table(found: AfterAction) -> Sheet:
    """Share of the people within reach: on dry roads, at the worst moment, at the end."""
    rows = []
    for (kind, limit_min), circle in found.record.circles.groupby(["kind", "limit_min"], sort=True):
        ordered = circle.sort_values("time_s", kind="stable")
        worst = ordered.iloc[int(ordered["share"].to_numpy(float).argmin())]
        words = known("after_action.team", str(kind))
        rows.append(
            [
                Cell(words, words.zh),
                num(float(str(limit_min))),
                _percent(float(ordered["dry_share"].iloc[0])),
                _percent(float(worst["share"])),
                clock(found.result, float(worst["time_s"])),
                _percent(float(ordered["share"].iloc[-1])),
            ]
        )
    columns = heads("kind", "limit", "dry", "worst", "worst_at", "end")
    return Sheet("circles", columns, rows, say("after_action.empty.circles"), sortable=False)


def _percent(share: float) -> Cell:
    return Cell(number(share, "share"), share, "bar num", min(1.0, share))


def lessons_table(found: AfterAction) -> Sheet:
    """Every lesson, most people first."""
    rows = [[num(lesson.persons), Cell(lesson_words(lesson), lesson.kind)] for lesson in found.lessons]
    return Sheet("lessons", heads("persons", "lesson"), rows, say("after_action.empty.lessons"), shown=20)


def bands_table(found: AfterAction) -> Sheet:
    """Each figure of the drill beside its band over the replicates."""
    rows = []
    for row in records(found.bands):
        cells = [_drawn(row.figure, value) for value in (row.this, row.p05, row.p50, row.p95)]
        rows.append(
            [
                Cell(say(f"after_action.band.{row.figure}")),
                *cells,
                Cell(band_svg(row.this, row.least, row.p05, row.p50, row.p95, row.most)),
            ]
        )
    columns = heads("figure", "this", "low", "middle", "high", "range")
    return Sheet("bands", columns, rows, say("after_action.empty.bands"), sortable=False, shown=20)


def _drawn(figure: str, value: float) -> Cell:
    if not math.isfinite(value):
        return Cell(say("after_action.band.never"), math.inf, "num")
    return num(value, ",.2f" if figure == "deaths" else ",.0f")
