"""What comes after the storm: from emergency sites to fixed and central ones, each with more space per person."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.schema import STAGES, STAYS
from data.units import s_to_minutes
from shelters.allocation import Allocation, allocate
from shelters.inventory import longest_stay
from shelters.nearest import RoadTravel
from shelters.sites import free_places
from shelters.stages import Stage, allocate_stages
from sim.rulebook import space_rules, stay_rules
from sim.storm_view import StormView

_LATER = (("fixed", "short", ("fixed", "central")), ("central", "long", ("central",)))  # stage, stay, classes


def stage_rows(storm: StormView) -> pd.DataFrame:
    """One row per stage for the people in danger, columns of schema STAGES; none where nobody is in danger.

    The emergency stage fills the sites used in the storm at its own space, on the roads at their worst. Later stages
    walk on dry roads from site to site, to sites of their classes that serve the stay and stayed dry and fit.
    """
    if not storm.water.at_risk.any():
        return pd.DataFrame(columns=list(STAGES.names))
    study, sites = storm.study, storm.sites
    space = space_rules(study.rules)
    room = np.where(storm.use.used, _places(storm, space.emergency_m2), 0)
    first = allocate(storm.water.at_risk, storm.travel, room)
    at_risk = int(storm.water.at_risk.sum())
    rows = [
        _row("emergency", "emergency", space.emergency_m2, room, at_risk, first)
        | {"home": 0, "kept": 0, "moved": first.assigned, "without_place": int(first.unserved.sum())}
    ]
    kind = sites["shelter_class"].to_numpy()
    serves = longest_stay(kind, storm.use.effective_m2, sites["longest_stay"].to_numpy(), stay_rules(study.rules))
    rank = np.array([STAYS.index(stay) for stay in serves])
    sound = np.isin(storm.use.excluded.astype(str), ("", "open_air"))  # once the rain is over a roof is not needed
    stages, rooms = [], []
    for name, stay, classes in _LATER:
        serving = sound & np.isin(kind, classes) & (rank >= STAYS.index(stay))
        rooms.append(np.where(serving, _places(storm, space.m2_per_person(stay)), 0))
        stages.append(Stage(name, rooms[-1], study.rules.number(f"shelters.stage_share_{name}")))
    door_s = study.access_s(storm.places)
    dry = study.roads[0].slowest_s
    between = RoadTravel(study.graph, dry, storm.places.node, door_s, storm.places.node, door_s)
    for (name, stay, _), places, done in zip(
        _LATER, rooms, allocate_stages(first.occupancy, between, stages), strict=True
    ):
        moved = done.plan.block != done.plan.site
        rows.append(
            _row(name, stay, space.m2_per_person(stay), places, done.people, done.plan, moved)
            | {"home": int(done.home.sum()), "kept": done.kept, "moved": done.moved, "without_place": done.without}
        )
    return pd.DataFrame(rows)[list(STAGES.names)]


def _places(storm: StormView, m2_per_person: float) -> np.ndarray:
    area, share, inside = (storm.sites[name].to_numpy(float) for name in ("area_m2", "usable_share", "occupants"))
    return free_places(area, share, inside, m2_per_person)


def _row(
    stage: str,
    stay: str,
    space_m2: float,
    places: np.ndarray,
    people: int,
    plan: Allocation,
    moved: np.ndarray | None = None,
) -> dict[str, object]:
    """The columns that every stage has; trips are those of the rows that move."""
    rows = np.ones(len(plan.block), bool) if moved is None else moved
    persons, time_s = plan.persons[rows], plan.time_s[rows]
    nobody = persons.sum() == 0
    return {
        "stage": stage,
        "stay": stay,
        "space_m2": space_m2,
        "sites": int((places > 0).sum()),
        "places": int(places.sum()),
        "people": people,
        "mean_min": np.nan if nobody else round(float(s_to_minutes(persons @ time_s / persons.sum())), 2),
        "worst_min": np.nan if nobody else round(float(s_to_minutes(time_s.max())), 2),
    }
