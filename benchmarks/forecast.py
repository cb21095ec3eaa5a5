"""The forecast cycle on the sample city of 100 km2 at 10 m with drains and 1 M people: how much faster than real time.

A cycle costs ten minutes of observed rain and the horizon, for each member; the city is prepared once. Ratios are of
the horizon over wall seconds of a cycle that goes on from a kept state, as the service runs it; with members, the start
of their processes is in it, which a service pays once.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from data.rules_file import load_rules
from data.sample import sample_city
from sim.forecast.cycle import ForecastCycle
from sim.forecast.given import storm_at
from sim.scenario import CHINA, Storm
from sim.storm import make_rain

GOAL_ONE, GOAL_ENSEMBLE = 60.0, 10.0
START = datetime(2026, 7, 15, 20, 0, tzinfo=CHINA)


def run(size: str = "city", members: int = 20, years: float = 50.0) -> list[dict[str, object]]:
    """One row per case: wall seconds, of them the analysis, the members and the plan, and the ratio to real time."""
    city, rules = sample_city(size), load_rules()
    rain = make_rain(Storm(return_period_a=years, lead_min=0.0), city.grid, rules)
    rows: list[dict[str, object]] = []
    for count, goal in ((1, GOAL_ONE), (members, GOAL_ENSEMBLE)):
        with ForecastCycle(city, rules) as cycle:
            for minute, there in ((30, 1), (40, count)):  # the first prepares the city and begins dry
                given = storm_at(rain, START, START + timedelta(minutes=minute), f"{years:g}a")
                outlook = cycle.run(given.time, given.observed, given.epoch, given.ahead, members=there)
            assert cycle.detail is not None
            rows.append(
                {
                    "city": size,
                    "members": outlook.members,
                    "cores": os.cpu_count(),
                    "wall_s": round(outlook.wall_s, 1),
                    **{f"{name}_s": round(seconds, 1) for name, seconds in cycle.detail.laps.items()},
                    "times_real_time": round(outlook.horizon_s / outlook.wall_s, 1),
                    "goal": f">= {goal:g}",
                }
            )
    return rows
