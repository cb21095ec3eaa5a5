"""How much of a network the census of pipes knows, per area."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.readers.area_of import area_of_points
from data.records import records
from data.schema import DrainageNetwork
from data.schema.networks import CENSUS

_POOR = 3  # from this condition grade on


def census_completeness(network: DrainageNetwork, areas: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Columns of CENSUS; an area counts what lies in the areas below it too, the first row is the whole network.

    A conduit belongs to the lowest area that holds its middle; conduits without a place or outside all areas stand
    under an empty code.
    """
    links = network.links[network.links["kind"] == "conduit"]
    length = links["length_m"].to_numpy()
    grade = links["condition_grade"].to_numpy()
    shares = {
        "conduit_m": length,
        "known_m": np.where(grade > 0, length, 0.0),
        "poor_m": np.where(grade >= _POOR, length, 0.0),
        "blocked_m": np.where(links["blocked_share"].to_numpy() > 0.0, length, 0.0),
    }
    rows = [("all", "全部", "Whole network", "", *(float(values.sum()) for values in shares.values()))]
    if areas is not None:
        code = _areas_of(links, areas)
        above = dict(zip(areas["code"], areas["parent"], strict=True))
        totals: dict[str, np.ndarray] = {}
        for name, metres in zip(code, np.column_stack(list(shares.values())), strict=True):
            while True:
                totals[name] = totals.get(name, 0.0) + metres
                if not above.get(name):
                    break
                name = above[name]
        rows += [
            (area["code"], area["name"], area["name_en"], area["level"], *totals[area["code"]].tolist())
            for area in records(areas.drop(columns="geometry"))
            if area["code"] in totals
        ]
        if "" in totals:
            rows.append(("", "区域之外", "Outside all areas", "", *totals[""].tolist()))
    frame = pd.DataFrame(rows, columns=["code", "name", "name_en", "level", *shares])
    known = np.divide(frame["known_m"], frame["conduit_m"], out=np.zeros(len(frame)), where=frame["conduit_m"] > 0.0)
    return frame.assign(known_share=known)[list(CENSUS.names)]


def _areas_of(links: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> np.ndarray:
    middle = shapely.line_interpolate_point(np.asarray(links.geometry.array), 0.5, normalized=True)
    x, y = shapely.get_x(middle), shapely.get_y(middle)
    placed = np.isfinite(x)
    code = np.full(len(links), "", dtype=object)
    code[placed] = area_of_points(areas, x[placed], y[placed])
    return code
