"""Teams of a city that does not exist: fire stations, ambulances, bus depots, pump crews, road crews, a reserve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.readers.columns import fill_absent
from data.sample.names import stem
from data.sample.people import to_degrees
from data.schema import TEAMS, Grid


@dataclass(frozen=True)
class _Kind:
    """What there is of one kind of team: all figures are round and invented."""

    prefix: str
    title: str
    title_en: str
    persons_per_vehicle: float  # residents per vehicle or crew
    vehicles_per_post: int
    seats: int
    turnout_min: float
    pump_m3_s: float = 0.0


_KINDS = {
    "rescue": _Kind("F", "消防救援站", "Fire Station", 12_500.0, 4, 6, 1.0),
    "ambulance": _Kind("A", "急救站", "Ambulance Station", 50_000.0, 3, 2, 2.0),
    "bus": _Kind("B", "公交场站", "Bus Depot", 10_000.0, 15, 50, 10.0),
    "pump": _Kind("P", "排水抢险队", "Drainage Crew", 75_000.0, 2, 0, 10.0, 0.28),
    "road": _Kind("R", "道路管护队", "Road Crew", 50_000.0, 3, 0, 5.0),
}
_RESERVE = ("X", "区域应急救援力量", "Regional Rescue Reserve", 10, 8, 60.0)  # vehicles, seats, turnout


def station_teams(grid: Grid, people: pd.DataFrame, nodes: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The TEAMS layer with x_m, y_m: posts at the crossings nearest to where people are.

    The city is halved by residents, again and again, into as many parts as a kind has posts; each post stands at the
    crossing nearest to the mean of its part. The reserve of the region comes in from four sides, at the crossings
    nearest to their middles: its way up to there is in its turnout.
    """
    x, y, persons = (people[name].to_numpy(float) for name in ("x_m", "y_m", "population_night"))
    west, south, east, north = grid.bounds
    inside = nodes["x_m"].between(west + grid.cell_m, east - grid.cell_m)
    inside &= nodes["y_m"].between(south + grid.cell_m, north - grid.cell_m)
    crossing = nodes.loc[inside, ["x_m", "y_m"]].to_numpy(float)  # a post on the very edge might be read as outside
    rows: list[dict[str, object]] = []
    for kind, what in _KINDS.items():
        vehicles = max(1, round(persons.sum() / what.persons_per_vehicle))
        count = max(1, round(vehicles / what.vehicles_per_post))
        share, rest = divmod(vehicles, count)
        names = rng.permutation(count)
        for number, (at_x, at_y) in enumerate(_middles(x, y, persons, count)):
            zh, en = stem(int(names[number]))
            row = _row(kind, crossing, at_x, at_y, f"{what.prefix}{number + 1:03d}", zh + what.title,
                       f"{en} {what.title_en}", share + (number < rest))  # fmt: skip
            rows.append({**row, "seats": what.seats, "turnout_min": what.turnout_min, "pump_m3_s": what.pump_m3_s})
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    gates = (("北", "North", middle_x, north), ("东", "East", east, middle_y),
             ("南", "South", middle_x, south), ("西", "West", west, middle_y))  # fmt: skip
    prefix, name, name_en, vehicles, seats, turnout = _RESERVE
    for number, (zh, en, at_x, at_y) in enumerate(gates, start=1):
        row = _row(
            "rescue", crossing, at_x, at_y, f"{prefix}{number:03d}", f"{name}（{zh}）", f"{name_en} {en}", vehicles
        )
        rows.append({**row, "seats": seats, "turnout_min": turnout, "pump_m3_s": 0.0, "regional": True})
    frame = pd.DataFrame(rows)
    frame["regional"] = frame["regional"].eq(True)
    frame["lon"], frame["lat"] = to_degrees(grid.crs, frame["x_m"].to_numpy(), frame["y_m"].to_numpy())
    return fill_absent(frame.assign(source="synthetic"), TEAMS)


def _row(
    kind: str, crossing: np.ndarray, x: float, y: float, name: str, zh: str, en: str, vehicles: int
) -> dict[str, object]:
    at = crossing[int(np.hypot(crossing[:, 0] - x, crossing[:, 1] - y).argmin())]
    return {"id": name, "name": zh, "name_en": en, "kind": kind, "vehicles": vehicles, "x_m": at[0], "y_m": at[1]}


def _middles(x: np.ndarray, y: np.ndarray, persons: np.ndarray, parts: int) -> list[tuple[float, float]]:
    """The residents' mean of each of `parts` parts of the city with the same number of residents, or nearly so."""
    if parts == 1 or len(x) < 2:
        total = max(float(persons.sum()), 1.0)
        return [(float((x * persons).sum()) / total, float((y * persons).sum()) / total)]
    along = x if np.ptp(x) >= np.ptp(y) else y
    order = np.argsort(along, kind="stable")
    first = parts // 2
    held = np.cumsum(persons[order])
    cut = int(np.clip(np.searchsorted(held, held[-1] * first / parts), 1, len(x) - 1))
    low, high = order[:cut], order[cut:]
    return _middles(x[low], y[low], persons[low], first) + _middles(x[high], y[high], persons[high], parts - first)
