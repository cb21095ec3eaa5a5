"""Builds the flood case of Merewether (Newcastle, Australia, June 2007) from the published files.

To keep it: `python -m tests.real.merewether_case FOLDER`, then `rongan flood FOLDER/case.toml --out OUT`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import Polygon

from tests.shared_data import shared

CRS = "EPSG:32756"
INFLOW_M3_S = 19.7
INFLOW_CENTRE, INFLOW_RADIUS_M = (382265.0, 6354280.0), 10.0  # as in the published set-up


@dataclass(frozen=True)
class Marks:
    """Surveyed peak stages of the flood and the published TUFLOW stages at the same places (m)."""

    number: tuple[int, ...]
    x: np.ndarray
    y: np.ndarray
    surveyed_m: np.ndarray
    tuflow_m: np.ndarray


def read_marks() -> Marks:
    """The five marks in the order of the file; surveyed values as in the final report."""
    table = pd.read_csv(shared("merewether_2007", "ObservationPoints.csv"), skipinitialspace=True)
    table.columns = ["x", "y", "id", "draft", "surveyed", "tuflow"]
    return Marks(tuple(int(k) for k in table.id), *(table[c].to_numpy(float) for c in ("x", "y", "surveyed", "tuflow")))


def inflow_disk() -> list[list[float]]:
    """The disk that the water comes in on, as a polygon of 24 corners."""
    angle = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    x = INFLOW_CENTRE[0] + INFLOW_RADIUS_M * np.cos(angle)
    y = INFLOW_CENTRE[1] + INFLOW_RADIUS_M * np.sin(angle)
    return np.round(np.column_stack([x, y]), 3).tolist()


def write_case(
    folder: Path,
    *,
    duration_s: float = 900.0,
    manning: float = 0.04,
    road_manning: float = 0.02,
    buildings: bool = True,
) -> Path:
    """Write houses, road zone and case.toml into `folder`; the path of the case file."""
    source = shared("merewether_2007")
    folder.mkdir(parents=True, exist_ok=True)
    houses = [Polygon(np.loadtxt(path, delimiter=",")) for path in sorted((source / "houses").glob("*.csv"))]
    road = Polygon(np.loadtxt(source / "RoadPolygon.csv", delimiter=","))
    gpd.GeoDataFrame({"height_m": [3.0] * len(houses)}, geometry=houses, crs=CRS).to_file(folder / "houses.gpkg")
    gpd.GeoDataFrame(geometry=[road], crs=CRS).to_file(folder / "road.gpkg")
    marks = read_marks()
    gauges = "\n".join(
        f'[[gauge]]\nname = "mark {k}"\nat = [{x!r}, {y!r}]'
        for k, x, y in zip(marks.number, marks.x.tolist(), marks.y.tolist(), strict=True)
    )
    text = f"""# Merewether, 8 June 2007: steady inflow of {INFLOW_M3_S} m3/s, no rain.
[terrain]
dem = "{source / "topography1.asc"}"
manning = {manning}
{'buildings = "houses.gpkg"' if buildings else ""}
[[manning_zone]]
polygons = "road.gpkg"
value = {road_manning}
[edges]
west = "closed"
south = "closed"
east = "open"
north = "open"
[run]
duration_s = {duration_s}
output_step_s = {duration_s / 6}
gauge_step_s = 60
[[inflow]]
name = "upstream catchment"
polygon = {inflow_disk()}
flow_m3_s = {INFLOW_M3_S}
{gauges}
"""
    case = folder / "case.toml"
    case.write_text(text, encoding="utf-8")
    return case


if __name__ == "__main__":
    print(write_case(Path(sys.argv[1])))
