"""What works beside the sewers of the sample city: street pumps, a sluice gate, and the substations that feed them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree
from shapely.geometry import LineString, Point

from data.datum import WGS84, transform
from data.readers.points import place_points
from data.sample.plan import CENTRE, CityPlan
from data.sample.relief import Pocket
from data.schema import DrainageNetwork, Grid

PUMP_POCKETS = 2  # the lowest former ponds of the old town have a pumping station
PUMP_RATE_M3_S = 0.6
PUMP_ON_M = 0.15
PUMP_OFF_M = 0.05
NODE_AWAY_M = 220.0  # from the sump of an underpass to the manhole that its pumps lift into
SUBSTATIONS = (("东郊", "East"), ("北门", "North Gate"), ("西郊", "West"), ("南门", "South Gate"))
BACKUP_H = {"pump": 2.0, "underpass": 0.0, "gate": 0.0, "shelter": 4.0}
SHELTER_AREA_M2 = 8_000.0  # shelters of this size hang on a named substation


def station_table(
    plan: CityPlan, terrain: np.ndarray, pockets: list[Pocket], street: np.ndarray, river: np.ndarray
) -> pd.DataFrame:
    """The PUMPS layer with places: a station at the lowest street of each chosen pocket lifts into the river."""
    grid = plan.grid
    x, y = np.meshgrid(grid.x_centres, grid.y_centres)
    rows, cols = np.nonzero(river)
    water = np.stack([grid.x_centres[cols], grid.y_centres[rows]], axis=1)
    inside = [p for p in pockets if np.hypot(p.x_m - CENTRE[0], p.y_m - CENTRE[1]) < plan.old_town_radius_m]
    found = []
    for pocket in sorted(inside, key=lambda p: -p.depth_m * p.radius_m**2)[:PUMP_POCKETS]:
        near = street & (np.hypot(x - pocket.x_m, y - pocket.y_m) < pocket.radius_m)
        if near.any():
            low = np.unravel_index(np.argmin(np.where(near, terrain, np.inf)), grid.shape)
            found.append((x[low], y[low]))
    place = np.array(found).reshape(-1, 2)
    to = water[cKDTree(water).query(place)[1]]
    lon, lat = transform(place[:, 0], place[:, 1], grid.crs, WGS84)
    to_lon, to_lat = transform(to[:, 0], to[:, 1], grid.crs, WGS84)
    table = pd.DataFrame(
        {
            "id": [f"PS{number}" for number in range(1, len(place) + 1)],
            "name": [f"老城{number}号排涝泵站" for number in range(1, len(place) + 1)],
            "name_en": [f"Old-town pumping station {number}" for number in range(1, len(place) + 1)],
            "lon": np.round(lon, 7),
            "lat": np.round(lat, 7),
            "rate_m3_s": PUMP_RATE_M3_S,
            "on_depth_m": PUMP_ON_M,
            "off_depth_m": PUMP_OFF_M,
            "to_lon": np.round(to_lon, 7),
            "to_lat": np.round(to_lat, 7),
            "source": "synthetic",
        }
    )
    return place_stations(table, grid)


def place_stations(table: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """PUMPS with x_m, y_m and to_x_m, to_y_m (NaN: out of the model)."""
    to_x, to_y = transform(table["to_lon"].to_numpy(float), table["to_lat"].to_numpy(float), WGS84, grid.crs)
    return place_points(table, grid).assign(to_x_m=to_x, to_y_m=to_y)


def lift_nodes(underpasses: gpd.GeoDataFrame, network: DrainageNetwork) -> list[str]:
    """The manhole that the pumps of each underpass lift into; "" where none is near."""
    manholes = network.nodes[network.nodes["kind"] == "junction"]
    middle = shapely.get_coordinates(underpasses.geometry.centroid.to_numpy())
    away, nearest = cKDTree(manholes[["x_m", "y_m"]].to_numpy()).query(middle)
    names = manholes["name"].to_numpy()[nearest]
    return [name if distance < NODE_AWAY_M else "" for name, distance in zip(names, away, strict=True)]


def sluice_gate(plan: CityPlan, barriers: gpd.GeoDataFrame, water: shapely.Geometry) -> gpd.GeoDataFrame:
    """The GATES layer: one gate in the gap of the embankment that lies lowest beside the old town.

    Embankments are open at every third place so that streets drain to the river. The gate stands in such a gap, closes
    it to the crest of the walls beside it when the river rises to half a metre under that crest.
    """
    walls = barriers[barriers["name"] == "锦水堤防"]
    near = walls[walls.distance(Point(CENTRE)) < 1.5 * plan.old_town_radius_m]
    ends = np.array([[line.coords[0], line.coords[-1]] for line in near.geometry])
    crest = near["crest_m"].to_numpy()
    best: tuple[float, LineString] | None = None
    tree = cKDTree(ends[:, 0])
    for wall, end in enumerate(ends[:, 1]):
        for other in tree.query_ball_point(end, 90.0):
            gap = LineString([end, ends[other, 0]])
            if other != wall and gap.length > 30.0 and not gap.intersects(water):
                level = max(crest[wall], crest[other])
                if best is None or level < best[0]:
                    best = level, gap
    assert best is not None
    level, gap = best
    return gpd.GeoDataFrame(
        {
            "id": ["G1"],
            "name": ["锦水1号闸"],
            "name_en": ["Jinshui sluice gate 1"],
            "closed_m": [round(level, 2)],
            "sill_m": [round(level - 2.0, 2)],
            "open_at_start": [True],
            "close_above_m": [round(level - 0.5, 2)],
            "source": ["synthetic"],
        },
        geometry=[gap],
        crs=barriers.crs,
    )


def power_lines(
    pumps: pd.DataFrame, underpasses: gpd.GeoDataFrame, gates: gpd.GeoDataFrame, shelters: pd.DataFrame
) -> pd.DataFrame:
    """The LIFELINES layer: four substations, each feeding what lies in its quarter of the city."""
    large = shelters[shelters["area_m2"] >= SHELTER_AREA_M2]
    places: list[tuple[str, str, float, float]] = []
    for kind, frame in (("pump", pumps), ("shelter", large)):
        places += [(kind, *row) for row in zip(frame["id"], frame["x_m"], frame["y_m"], strict=True)]
    for kind, layer in (("underpass", underpasses), ("gate", gates)):
        middle = layer.geometry.centroid
        places += [(kind, *row) for row in zip(layer["id"], middle.x, middle.y, strict=True)]
    rows = []
    for kind, name, x, y in places:
        quarter = int(np.floor((np.arctan2(y - CENTRE[1], x - CENTRE[0]) + np.pi / 4) / (np.pi / 2))) % 4
        zh, en = SUBSTATIONS[quarter]
        rows.append((f"SS{quarter + 1}", f"{zh}变电站", f"{en} substation", kind, name, BACKUP_H[kind], "synthetic"))
    rows.sort()
    return pd.DataFrame(
        rows, columns=["source_id", "source_name", "source_name_en", "asset_kind", "asset_id", "backup_h", "source"]
    )
