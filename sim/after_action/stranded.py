"""Where people are stuck at the end and why: by area, road and reason."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.datum import WGS84, transform
from sim.area_map import area_of_points, map_areas, warning_level
from sim.result import Result

STRANDED_COLUMNS = (
    "place", "place_en", "road", "road_en", "road_class", "reason", "persons", "x_m", "y_m", "lon", "lat",
)  # fmt: skip


def stranded_places(result: Result, stuck: pd.DataFrame) -> pd.DataFrame:
    """People of `stuck` (sim.movement.outcome) by area of the warned level, road and reason; most people first.

    Columns STRANDED_COLUMNS; reason "turned_away" where they found no place. The point is that of the crossing or road
    where most of the group are. Road names are empty where the city has none, and at a crossing.
    """
    roads = result.city.roads
    if roads is None or stuck.empty:
        return pd.DataFrame(columns=list(STRANDED_COLUMNS))
    node, edge = stuck["node"].to_numpy(int), stuck["edge"].to_numpy(int)
    x_m, y_m = roads.nodes["x_m"].to_numpy(float)[node].copy(), roads.nodes["y_m"].to_numpy(float)[node].copy()
    on_road = edge >= 0
    middle = roads.edges.geometry.iloc[edge[on_road]].interpolate(0.5, normalized=True)
    x_m[on_road], y_m[on_road] = middle.x.to_numpy(), middle.y.to_numpy()
    frame = pd.DataFrame({"persons": stuck["persons"].to_numpy(int), "x_m": x_m, "y_m": y_m})
    frame["reason"] = stuck["reason"].replace("", "turned_away").to_numpy()
    frame["place"], frame["place_en"] = _areas(result, x_m, y_m)
    for column, source in (("road", "name"), ("road_en", "name_en"), ("road_class", "road_class")):
        words = roads.edges[source].fillna("").to_numpy(object) if source in roads.edges.columns else None
        frame[column] = "" if words is None else np.where(on_road, words[edge], "")
    frame["lon"], frame["lat"] = transform(x_m, y_m, result.city.grid.crs, WGS84)
    keys = ["place", "place_en", "road", "road_en", "road_class", "reason"]
    frame = frame.sort_values("persons", ascending=False, kind="stable")
    grouped = frame.groupby(keys, sort=False, as_index=False).agg(
        persons=("persons", "sum"),
        x_m=("x_m", "first"),
        y_m=("y_m", "first"),
        lon=("lon", "first"),
        lat=("lat", "first"),
    )
    return grouped.sort_values("persons", ascending=False, kind="stable", ignore_index=True)[list(STRANDED_COLUMNS)]


def _areas(result: Result, x_m: np.ndarray, y_m: np.ndarray) -> tuple[list[str], list[str]]:
    """Names of the warned areas that hold the points; those of the city where none does."""
    city = result.city
    area_map = map_areas(city, warning_level(city))
    row = area_of_points(area_map, city, x_m, y_m)
    names = [*area_map.areas["name"].astype(str), city.name]
    names_en = [*area_map.areas["name_en"].astype(str), city.name_en]
    return [names[k] for k in row], [names_en[k] for k in row]
