"""The roads of a city while a flood runs, as people and cars meet them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from data.schema import City
from shelters.driving import DriveRules
from shelters.passability import WalkRules
from sim.flood_watch import FloodWatch
from sim.movement.road_water import RoadEpochs
from sim.underpass_states import underpass_closures


def car_free_speed(city: City) -> np.ndarray:
    """Speed of cars on each dry road edge (m/s, float64); 0 where none may go."""
    assert city.roads is not None
    speed = city.roads.edges["speed_m_s"].to_numpy(np.float64)
    return np.where(city.roads.edges["lanes"].to_numpy(np.float64) > 0.0, speed, 0.0)


def road_epochs(
    city: City, watch: FloodWatch, walk: tuple[WalkRules, ...], drive: DriveRules, through: Mapping[str, np.ndarray]
) -> RoadEpochs:
    """The water on every road edge at each step of the watch; `through`: edges of each underpass, by its id.

    An edge through an underpass takes the depth at its lowest point, and is closed to cars for as long as the
    underpass is by its own closing and opening depths.
    """
    time_s = np.array(watch.time_s)
    depth = [row.copy() for row in watch.edge_depth]
    shut = [np.zeros(len(row), bool) for row in depth]
    if city.underpasses is not None and not city.underpasses.empty:
        deepest = watch.stacked("underpass_depth")
        edges = [through[name] for name in city.underpasses["id"].astype(str)]
        for step, row in enumerate(depth):
            for number, mine in enumerate(edges):
                row[mine] = np.maximum(row[mine], deepest[step, number])
        for one in underpass_closures(city, time_s, deepest):
            opens_s = np.inf if one.reopened_s is None else one.reopened_s
            for step in np.flatnonzero((time_s >= one.closed_s) & (time_s < opens_s)).tolist():
                shut[step][edges[one.underpass]] = True
    return RoadEpochs.build(
        time_s, depth, watch.edge_speed, watch.edge_depth_speed, car_free_speed(city), walk, drive, shut
    )
