"""Teams of the tiny city: one post of each kind and the reserve of the region."""

from __future__ import annotations

import pandas as pd

from data.readers.columns import fill_absent
from data.readers.points import place_points
from data.sample.people import to_degrees
from data.schema import TEAMS, City

_POSTS = (  # id, kind, x and y from the south-west corner (m), vehicles, seats, turnout (min), pump rate, regional
    ("F1", "rescue", 105.0, 505.0, 2, 6, 1.0, 0.0, False),
    ("A1", "ambulance", 305.0, 105.0, 1, 2, 2.0, 0.0, False),
    ("B1", "bus", 505.0, 305.0, 2, 50, 3.0, 0.0, False),
    ("P1", "pump", 5.0, 5.0, 1, 0, 5.0, 0.28, False),
    ("R1", "road", 305.0, 305.0, 1, 0, 2.0, 0.0, False),
    ("X1", "rescue", 555.0, 555.0, 4, 8, 60.0, 0.0, True),
)


def tiny_teams(city: City) -> pd.DataFrame:
    """The TEAMS layer with x_m, y_m; every post on a crossing of the tiny city."""
    names = ("id", "kind", "x_m", "y_m", "vehicles", "seats", "turnout_min", "pump_m3_s", "regional")
    frame = pd.DataFrame(_POSTS, columns=list(names))
    frame["x_m"] += city.grid.west_m
    frame["y_m"] += city.grid.south_m
    lon, lat = to_degrees(city.grid.crs, frame["x_m"].to_numpy(), frame["y_m"].to_numpy())
    titles = {"rescue": "消防站", "ambulance": "急救站", "bus": "公交场", "pump": "抢险队", "road": "道路队"}
    frame["name"], frame["name_en"] = frame["kind"].map(titles), frame["kind"].str.title() + " Post"
    return place_points(fill_absent(frame.assign(lon=lon, lat=lat, source="synthetic"), TEAMS), city.grid)
