"""Where people can go: sites and their capacity, the road graph, walking times, shortest paths, allocation."""

from shelters.aid import AidRow, Districts, aid_rows
from shelters.allocation import Allocation, allocate
from shelters.assignment import Assignment, AssignmentOptions, assign
from shelters.candidates import CandidateTable, Travel
from shelters.graph import RoadGraph, snap_points
from shelters.latest_departure import latest_departures
from shelters.nearest import RoadTravel, nearest_shelters
from shelters.passability import WalkRules, walking_speed, walking_times
from shelters.paths import NO_EDGE, PathTrees, shortest_path_tree, shortest_path_trees, shortest_times
from shelters.practice import nearest_with_room
from shelters.sites import (
    FloodLimits,
    SpaceRules,
    access_cut,
    capacity_persons,
    closing_time,
    flooded,
    open_capacity,
    unit_count,
)
from shelters.stages import Stage, StageResult, allocate_stages
from shelters.timed_roads import TimedRoads
from shelters.timed_travel import TimedTravel
from shelters.whole_numbers import whole_parts

__all__ = [
    "AidRow", "Allocation", "Assignment", "AssignmentOptions", "CandidateTable", "Districts", "FloodLimits", "NO_EDGE",
    "PathTrees", "RoadGraph", "RoadTravel", "SpaceRules", "Stage", "StageResult", "TimedRoads", "TimedTravel", "Travel",
    "WalkRules", "access_cut", "aid_rows", "allocate", "allocate_stages", "assign", "capacity_persons", "closing_time",
    "flooded", "latest_departures", "nearest_shelters", "nearest_with_room", "open_capacity", "shortest_path_tree",
    "shortest_path_trees", "shortest_times", "snap_points", "unit_count", "walking_speed", "walking_times",
    "whole_parts",
]  # fmt: skip
