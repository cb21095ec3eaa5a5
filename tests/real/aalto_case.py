"""The Aalto demonstration catchment as a flood case: 1 m terrain, land use, sewers and minute rain of one place."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from data.flood_case import FloodCase, load_flood_case
from tests.shared_data import shared

FOLDER = "swmm_demo_catchment_aalto"
START = datetime(1990, 6, 8, 14, 40)  # the strongest hour of the month follows
VEGETATION = 61
COVER = """code,name,manning_n,infiltration,conductivity_mm_h,suction_mm,moisture_deficit
10,connected roof,0.012,none,,,
20,unconnected roof,0.012,none,,,
30,sand and gravel,0.03,green_ampt,4.21,88.9,0.217
31,asphalt,0.011,none,,,
61,vegetation,0.238,green_ampt,4.21,88.9,0.217
"""
CASE = """
[terrain]
dem = "{dem}"
crs = "EPSG:3067"      # the coordinates are local; any metric system will do
[land_cover]
raster = "cover.asc"
table = "cover.csv"
[edges]
west = "open"
east = "open"
south = "open"
north = "open"
[run]
duration_s = {duration_s}
output_step_s = 600
[rain]
series = "rain.csv"
[loss]
infiltration = "land_cover"
[drains]
network = "{network}"
runoff = "{runoff}"
"""


def rain_mm(minutes: int) -> np.ndarray:
    """Depth of rain in each minute from the start on."""
    columns = ["station", "year", "month", "day", "hour", "minute", "mm"]
    rows = pd.read_csv(shared(FOLDER, "prec_mm.DAT"), sep=r"\s+", names=columns)
    times = pd.to_datetime(rows[["year", "month", "day", "hour", "minute"]])
    first = int(np.searchsorted(times, pd.Timestamp(START)))
    return rows["mm"].to_numpy(float)[first : first + minutes]


def aalto_case(folder: Path, runoff: str, minutes: int) -> FloodCase:
    """The case on disk and read; cells of the terrain without a land use (147 on the rim) are vegetation."""
    header = shared(FOLDER, "raster_landuse.asc").read_text().splitlines()[:6]
    cover = np.loadtxt(shared(FOLDER, "raster_landuse.asc"), skiprows=6)
    level = np.loadtxt(shared(FOLDER, "raster_dem.asc"), skiprows=6)
    cover[(cover <= 0) & (level > 0)] = VEGETATION
    np.savetxt(folder / "cover.asc", cover, fmt="%d", header="\n".join(header), comments="")
    (folder / "cover.csv").write_text(COVER)
    rates = [f"{60 * k},{60.0 * depth:g}" for k, depth in enumerate(rain_mm(minutes))]
    (folder / "rain.csv").write_text("\n".join(["time_s,rain_mm_h", *rates, f"{60 * minutes},0"]) + "\n")
    names = {"dem": shared(FOLDER, "raster_dem.asc"), "network": shared(FOLDER, "demo_catchment_adap.inp")}
    text = CASE.format(duration_s=60 * minutes, runoff=runoff, **names)
    (folder / "case.toml").write_text(text)
    return load_flood_case(folder / "case.toml")
