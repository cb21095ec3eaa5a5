"""The surface of a city and the places that its watch reads, alike for a drill and for a forecast."""

from __future__ import annotations

import numpy as np

from data.rules_file import Rules
from data.schema import City
from hazards import EdgeConditions, FlowParameters, SurfaceFlow
from sim.area_map import AreaMap
from sim.drains import Sewers
from sim.exposure import Exposure
from sim.flood_watch import WatchPoints
from sim.ground import Ground
from sim.land_infiltration import ground_infiltration
from sim.road_water import road_cells
from sim.rulebook import hazard_limits, site_limits, tracking
from sim.site_water import site_cells

WATCH_STEP_S = 300.0  # people, roads and shelters are looked at this often; a walker covers some 300 m in it


def city_surface(
    city: City, ground: Ground, rules: Rules, threads: int | None, parameters: FlowParameters | None = None
) -> SurfaceFlow:
    """The surface flow of a city before its first step, open on all sides; what the soil takes is not set yet."""
    return SurfaceFlow(
        ground.bed,
        city.grid.cell_m,
        ground.manning_n,
        parameters=parameters,
        initial_depth=ground.initial_depth,
        edges=EdgeConditions(west="open", east="open", south="open", north="open"),
        crest_x=ground.crest_x,
        crest_y=ground.crest_y,
        inflows=ground.inflows,
        stages=ground.stages,
        tracking=tracking(rules),
        threads=threads,
    )


def set_city_loss(flow: SurfaceFlow, city: City, ground: Ground, sewers: Sewers | None, wetness: float = 0.0) -> None:
    """What soil of that wetness takes, and what drains take where no computed sewer does."""
    soil = ground_infiltration(city, ground.building | ~flow.inside, wetness)
    drained = ground.drainage_m_s if sewers is None else np.where(sewers.served, 0.0, ground.drainage_m_s)
    flow.set_loss(soil, drained)


def watch_points(city: City, ground: Ground, rules: Rules, area_map: AreaMap, exposure: Exposure) -> WatchPoints:
    """The cells that the watch of a flood reads."""
    street = ground.street
    return WatchPoints(
        area_map=area_map,
        exposure=exposure,
        street=street & (ground.underpass < 0),
        road_cells=road_cells(city, street) if city.roads is not None else None,
        site_cells=site_cells(city, ground.building, street),
        underpass_cells=ground.underpass_cells,
        limits=hazard_limits(rules),
        ponding_depth_m=rules.number("hazard.ponding_depth_m"),
        sea_depth_m=rules.number("drainage.sea_depth_m"),
        site_limits=site_limits(rules),
    )
