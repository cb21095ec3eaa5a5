"""What a storm leaves of roads and shelter sites, and whom it puts in danger: all that planning asks of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.rules_file import Rules
from data.schema import AREAS_RESULT, PLAN, City
from data.units import minutes_to_s
from sim.adequacy_result import StormCase
from sim.area_result import area_results
from sim.coping import in_danger
from sim.demand import Timing, order_times, people_to_move
from sim.exposure import whole_persons
from sim.scenario import Scenario, Storm
from sim.storm_flood import flood_of_storm

DRY = "dry"


@dataclass(frozen=True, eq=False)
class StormWater:
    """A storm as planning sees it; times in s since its start.

    `site_limit_s`: when water on each cell first reaches the limits of a shelter site, float32 (rows, cols), inf where
    never. `areas`: schema AREAS_RESULT without a plan; empty for the dry case.
    """

    case: StormCase
    rain_start_s: float
    time_s: np.ndarray  # float64 (steps,)
    edge_depth: np.ndarray  # float32 (steps, edges), m, the deepest along each edge
    edge_speed: np.ndarray  # float32 (steps, edges), m/s
    edge_depth_speed: np.ndarray  # float32 (steps, edges), m2/s, worst product in one place
    site_limit_s: np.ndarray
    at_risk: np.ndarray  # int64 (blocks,), people in danger, whole
    in_danger: np.ndarray  # float64 (blocks,), the same before rounding up
    timing: Timing  # when the people of each block are told, and when their danger begins
    areas: pd.DataFrame

    @property
    def is_storm(self) -> bool:
        return self.case.label != DRY


def storm_water(
    scenario: Scenario, city: City, rules: Rules, tell: Callable[[float], None] = lambda fraction: None
) -> StormWater:
    """Flood the city by the storm of the scenario (its measures are built first)."""
    storm = flood_of_storm(scenario, city, rules, tell)
    city, flooded = storm.city, storm.flooded
    nobody_moves = pd.DataFrame(columns=list(PLAN.names))
    areas = area_results(city, flooded, storm.risk, nobody_moves, (), storm.rain_end_s, storm.until_s, rules)
    from_class = int(rules.number("evacuation.evacuate_from_class"))
    lead_min = scenario.evacuation.order_lead_min
    lead_s = rules.number("evacuation.forecast_lead_s") if lead_min is None else minutes_to_s(lead_min)
    watch = flooded.watch
    no_roads = np.zeros((len(watch.time_s), 0), np.float32)
    edges = {
        name: no_roads if city.roads is None else watch.stacked(name)
        for name in ("edge_depth", "edge_speed", "edge_depth_speed")
    }
    return StormWater(
        case=StormCase(storm_label(scenario.storm), _return_period(scenario.storm), storm.rain_mm),
        rain_start_s=storm.rain_start_s,
        time_s=np.array(watch.time_s),
        **edges,
        site_limit_s=watch.site_limit_s,
        at_risk=people_to_move("at_risk", flooded, from_class),
        in_danger=in_danger(flooded, from_class),
        timing=order_times(flooded, from_class, lead_s, storm.rain_start_s),
        areas=areas,
    )


def dry_water(city: City, scenario: Scenario) -> StormWater:
    """No storm at all: every road and site as in daily life."""
    edges = 0 if city.roads is None else len(city.roads.edges)
    blocks = len(whole_persons(city, scenario.time_of_day))
    never = np.full(blocks, np.inf)
    return StormWater(
        case=StormCase(DRY, None, 0.0),
        rain_start_s=0.0,
        time_s=np.zeros(1),
        edge_depth=np.zeros((1, edges), np.float32),
        edge_speed=np.zeros((1, edges), np.float32),
        edge_depth_speed=np.zeros((1, edges), np.float32),
        site_limit_s=np.full(city.grid.shape, np.inf, np.float32),
        at_risk=np.zeros(blocks, np.int64),
        in_danger=np.zeros(blocks),
        timing=Timing(never, never),
        areas=pd.DataFrame(columns=list(AREAS_RESULT.names)),
    )


def storm_labels(storms: Sequence[Storm]) -> list[str]:
    """The labels of storms of one study: files of one name in two folders bear their paths."""
    labels = [storm_label(storm) for storm in storms]
    paths = [storm.series or storm.grid for storm in storms]
    return [
        label if path is None or labels.count(label) == 1 else label.replace(path.name, str(path), 1)
        for label, path in zip(labels, paths, strict=True)
    ]


def storm_label(storm: Storm) -> str:
    """A storm as the command line names it."""
    raised = "" if storm.uplift == 1.0 else f" x {storm.uplift:g}"
    file = storm.series or storm.grid
    if file is not None:
        return f"{file.name}{raised}"
    return f"{storm.return_period_a:g}a/{storm.duration_min:g}min{raised}"


def _return_period(storm: Storm) -> float | None:
    """None for rain from a file, and for a design storm that is scaled: it has another return period."""
    return None if storm.series is not None or storm.grid is not None or storm.uplift != 1.0 else storm.return_period_a
