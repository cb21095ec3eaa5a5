"""The sample city: all layers put together."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from data.sample.areas import draw_areas
from data.sample.arterials import ROAD_WIDTH_M, draw_arterials, draw_railway, riverside_roads
from data.sample.barriers import build_barriers
from data.sample.blocks import draw_blocks
from data.sample.buildings import RAISE_M, raise_buildings
from data.sample.candidate_sites import find_candidates
from data.sample.drains import Surface, build_drains
from data.sample.drains_assets import lift_nodes, power_lines, sluice_gate, station_table
from data.sample.land_cover import RIVER_MANNING, cover_land, cover_table
from data.sample.people import settle_people
from data.sample.plan import CityPlan, city_plan
from data.sample.raster import burn
from data.sample.relief import draw_brooks, lay_ground, place_pockets
from data.sample.rivers import Reach, draw_rivers, normal_depth_m, valley_of, water_surface
from data.sample.sensors import place_sensors
from data.sample.shelter_sites import open_shelters
from data.sample.streets import build_network, lay_local_streets, park_sites
from data.sample.teams import station_teams
from data.sample.terrain import Masks, build_terrain, rail_strip
from data.sample.underpasses import place_underpasses, underpass_table
from data.schema import City, RoadNetwork


def build_city(size: str, seed: int) -> City:
    """A sample city of streets and houses: `size` is "small" or "city"."""
    plan = city_plan(size, seed)
    grid = plan.grid
    reaches = draw_rivers(plan)
    water = water_surface(plan, reaches)
    railway = draw_railway(plan)
    avenues = draw_arterials(plan)
    underpasses, main = place_underpasses(plan, avenues, railway, water)
    valley = valley_of(water)
    main += riverside_roads(plan, valley)
    parks = park_sites(plan, water, railway, main)
    layout = lay_local_streets(plan, main, underpasses, railway, valley, parks)
    roads = build_network(plan, layout, water, railway)
    brooks = draw_brooks(plan)
    pockets = place_pockets(plan, brooks, shapely.union_all([water, *railway, *(u.polygon for u in underpasses)]))
    blocks = draw_blocks(plan, roads, railway, parks, pockets)
    masks = Masks(
        road=burn(grid, _road_strips(roads)) & ~burn(grid, [water]),
        water=burn(grid, [water]),
        rail=burn(grid, rail_strip(railway)),
        park=burn(grid, list(parks)),
        underpass=burn(grid, [u.polygon for u in underpasses]),
    )
    ground = lay_ground(plan, brooks, pockets)
    terrain, profiles = build_terrain(plan, ground, masks, reaches, underpasses, parks[::3])
    blocked = masks.road | masks.water | masks.rail | masks.park | masks.underpass
    buildings = raise_buildings(plan, blocks, blocked)
    people = settle_people(plan, buildings)
    areas = draw_areas(plan, layout.superblocks, blocks)
    communities = areas[areas["level"] == "community"]
    halls = _hall_places(communities, buildings)
    depths = [normal_depth_m(r, p, RIVER_MANNING) for r, p in zip(reaches, profiles, strict=True)]
    rivers = _river_table(plan, reaches, water, depths)
    cover = cover_land(plan, masks, blocks, buildings)
    raised = terrain + RAISE_M * burn(grid, list(buildings.geometry))
    surface = Surface(terrain, raised, cover, masks.underpass)
    drainage = build_drains(plan, roads, surface, rivers, areas)
    sunk = underpass_table(underpasses, grid.crs)
    sunk["pump_node"] = lift_nodes(sunk, drainage)
    barriers = build_barriers(plan, water, underpasses, ground)
    shelters = open_shelters(plan, blocks, parks, halls, reaches)
    pumps = station_table(plan, raised, pockets, masks.road & ~masks.underpass, masks.water)
    gates = sluice_gate(plan, barriers, water)
    return City(
        name=plan.name,
        name_en=plan.name_en,
        grid=grid,
        terrain=terrain,
        land_cover=cover,
        land_cover_table=cover_table(),
        buildings=buildings[["height_m", "geometry"]],
        barriers=barriers,
        underpasses=sunk,
        rivers=rivers,
        areas=areas,
        people=people,
        shelters=shelters,
        candidates=find_candidates(plan, blocks, pockets, shelters),
        roads=roads,
        teams=station_teams(grid, people, roads.nodes, plan.rng("teams")),
        sensors=place_sensors(grid, plan.rng("sensors"), underpasses=sunk, rivers=rivers, pumps=pumps, gates=gates),
        drainage=drainage,
        pumps=pumps,
        gates=gates,
        lifelines=power_lines(pumps, sunk, gates, shelters),
        provenance=PROVENANCE,
        synthetic=tuple(PROVENANCE),
        notes=NOTES,
    )


def _road_strips(roads: RoadNetwork) -> list[shapely.Geometry]:
    """The ground that the streets take."""
    one_way = roads.edges.iloc[: len(roads.edges) // 2]
    half = one_way["road_class"].map(ROAD_WIDTH_M).to_numpy() / 2
    return list(shapely.buffer(one_way.geometry.to_numpy(), half, cap_style="flat"))


def _hall_places(communities: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One community centre in every community: the building nearest to its middle."""
    middle = communities.geometry.representative_point()
    _, nearest = shapely.STRtree(buildings.geometry.to_numpy()).query_nearest(middle.to_numpy(), all_matches=False)
    return buildings.iloc[np.unique(nearest)]


def _river_table(plan: CityPlan, reaches: list[Reach], water: shapely.Polygon, depths: list[float]) -> gpd.GeoDataFrame:
    joined = reaches[2].polygon.union(shapely.Point(reaches[2].line.coords[0]).buffer(30.0))
    polygons = [r.polygon.intersection(water).difference(joined) for r in reaches[:2]] + [joined.intersection(water)]
    return gpd.GeoDataFrame(
        {
            "name": [r.name for r in reaches],
            "name_en": [r.name_en for r in reaches],
            "base_depth_m": [round(d, 2) for d in depths],
            "inflow_m3_s": [reaches[0].flow_m3_s, reaches[1].flow_m3_s, 0.0],
            "inflow_series": "",
            "stage_series": "",
            "source": "synthetic",
        },
        geometry=polygons,
        crs=plan.grid.crs,
    )


PROVENANCE = {
    "terrain": "synthetic: plane falling NW to SE at 3.5 per mille (the slope of the Chengdu plain) with random "
    "micro-relief, former ponds, lowered streets, channels and sunken roads",
    "land_cover": "synthetic: from the drawn blocks; roughness and infiltration are derived from textbook values",
    "buildings": "synthetic: footprints laid out along the blocks; 3 m is how far the bed is raised, not a real height",
    "barriers": "synthetic: embankments 0.7 m above the ground beside the rivers; walls and humps round underpasses",
    "underpasses": "synthetic: places, depths and pumps; closure at 0.30 m is derived from the line painted in the "
    "underpasses of Chengdu",
    "rivers": "synthetic: courses, widths and base flow; base depth derived as uniform flow (Manning)",
    "areas": "synthetic: names, codes (99xxxx is not assigned in GB/T 2260) and borders",
    "drainage": "synthetic: storm sewers under every street, sized by the Chengdu formula for 2 years (old town, at "
    "0.6 of that) to 5 years (hubs, key areas); manholes at street corners, gullies every 40 m; the census is invented",
    "pumps": "synthetic: stations at two former ponds of the old town, rates invented",
    "gates": "synthetic: one sluice gate in a gap of the embankment",
    "lifelines": "synthetic: four substations, each feeding its quarter of the city; hours of backup invented",
    "people": "synthetic: from the floor area of the drawn buildings; shares of old, young and disabled are invented",
    "shelters": "synthetic: sites; their total of 1.5 m2 per person is the plan's 2020 level (park-city plan, "
    "indicator 18)",
    "candidates": "synthetic: sites, areas and costs; some lie on former ponds, where ground is cheap and floods",
    "roads": "synthetic: rings, radials and local streets",
    "teams": "synthetic: posts where residents are, vehicles by round figures per resident",
    "sensors": "synthetic: rain gauges on a lattice, a depth sensor in each underpass, a level sensor in each river",
}

NOTES = (
    "合成城市：街道、房屋、居民和场所均非真实。 Synthetic city: no street, house, person or shelter in it is real.",
    "四边开放：平原向东南倾斜，河流从南边流出。 "
    "All four edges are open: the plain falls to the south-east, the rivers leave in the south.",
    "雨水管网、泵站、闸门和供电关系均为合成。 Sewers, pumps, gates and power lines are synthetic.",
    "河流只有基流，暴雨情景不含河道洪水。 "
    "Rivers carry base flow only (inflow_m3_s at the upstream end); no river flood is part of the storm.",
)
