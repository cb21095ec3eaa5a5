"""Drains and what hangs on them: tables of a sewer network, pumps, gates and lifelines, and the network in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from data.schema.fields import Field, Table
from data.schema.inputs import SOURCES

NODE_KINDS = ("junction", "outfall", "storage", "divider")
LINK_KINDS = ("conduit", "pump", "orifice", "weir", "outlet")
ASSET_KINDS = ("pump", "underpass", "gate", "shelter")
SEWER_SYSTEMS = ("storm", "combined", "sanitary")

_ID = Field("id", "", "Unique identifier", "text", unique=True)
_NAME = Field("name", "", "Name in Chinese", "text", required=False, default="")
_NAME_EN = Field("name_en", "", "Name in English", "text", required=False, default="")
_SOURCE = Field("source", "", "Where the value comes from", "text", choices=SOURCES, required=False, default="")
_LON = Field("lon", "degrees_east", "Longitude", minimum=-180, maximum=180)
_LAT = Field("lat", "degrees_north", "Latitude", minimum=-90, maximum=90)

INLETS = Table(
    "inlets",
    "Street inlets (gullies) and the node of the network that each drains to. A node without a row has the inlets that "
    "the rules give a manhole.",
    (
        _ID,
        Field("node", "", "Node of the network", "text"),
        _LON,
        _LAT,
        Field("weir_length_m", "m", "Length of the edge over which water falls in", minimum=0.01, maximum=500),
        Field("orifice_area_m2", "m2", "Open area of the grate", minimum=0.001, maximum=500),
        Field("blocked_share", "1", "Share that is clogged", minimum=0, maximum=1, required=False, default=0.0),
        _SOURCE,
    ),
)

PIPES = Table(
    "pipes",
    "What the census of pipes found, one row per conduit of the network that was looked at.",
    (
        Field("id", "", "Conduit of the network", "text", unique=True),
        Field("condition_grade", "1", "1 sound .. 4 failing", "int", minimum=1, maximum=4, required=False, default=1),
        Field(
            "blocked_share", "1", "Share of the flow area lost", minimum=0, maximum=0.95, required=False, default=0.0
        ),
        Field("system", "", "What it carries", "text", choices=SEWER_SYSTEMS, required=False, default="storm"),
        Field("repair_cost", "1e4 CNY", "Cost of repair", minimum=0, maximum=1e7, required=False, default=None),
        _SOURCE,
    ),
)

PUMPS = Table(
    "pumps",
    "Pumping stations that lift water off the surface: out of a low place, into a node, a river or away.",
    (
        _ID,
        _NAME,
        _NAME_EN,
        _LON,
        _LAT,
        Field("rate_m3_s", "m3/s", "Rate while running", minimum=0, maximum=1000),
        Field("on_depth_m", "m", "Depth at its intake at which it starts", minimum=0.001, maximum=20),
        Field("off_depth_m", "m", "Depth at which it stops, below on_depth_m", minimum=0, maximum=20),
        Field("to_lon", "degrees_east", "Where the water goes; absent: out of the model", minimum=-180, maximum=180,
              required=False, default=None),
        Field("to_lat", "degrees_north", "Where the water goes", minimum=-90, maximum=90, required=False, default=None),
        Field("to_node", "", "Node of the network that it lifts to, in place of a place", "text", required=False,
              default=""),
        _SOURCE,
    ),
)  # fmt: skip

GATES = Table(
    "gates",
    "Gates (lines): walls whose crest changes between closed and open, by rule.",
    (
        Field("geometry", "", "Line", "geometry"),
        _ID,
        _NAME,
        _NAME_EN,
        Field("closed_m", "m", "Crest when closed, above datum", minimum=-500, maximum=9000),
        Field("sill_m", "m", "Crest when open, above datum", minimum=-500, maximum=9000),
        Field("open_at_start", "", "Open at the start", "bool", required=False, default=True),
        Field("close_above_m", "m", "Closes when the water on either side rises above; absent: stays as it is",
              minimum=-500, maximum=9000, required=False, default=None),
        _SOURCE,
    ),
)  # fmt: skip

LIFELINES = Table(
    "lifelines",
    "Which power source feeds which asset: when the source fails, so does the asset.",
    (
        Field("source_id", "", "Substation or feeder", "text"),
        Field("source_name", "", "Name in Chinese", "text", required=False, default=""),
        Field("source_name_en", "", "Name in English", "text", required=False, default=""),
        Field("asset_kind", "", "Kind of asset", "text", choices=ASSET_KINDS),
        Field("asset_id", "", "Asset that it feeds", "text"),
        Field("backup_h", "h", "Hours that the asset runs on its own supply", minimum=0, maximum=1000,
              required=False, default=0.0),
        _SOURCE,
    ),
)  # fmt: skip

_PEAKS = "since the start of the run"
SEWER_NODES = Table(
    "nodes.csv",
    "One row per node of the sewer network: what it saw in the run.",
    (
        Field("name", "", "Node of the network", "text"),
        Field("kind", "", "Kind of the node as the engine ran it: a coupled manhole is a storage shaft", "text",
              choices=NODE_KINDS),
        Field("max_depth_m", "m", f"Greatest depth above the invert {_PEAKS}", minimum=0),
        Field("max_head_m", "m", f"Highest water level {_PEAKS}"),
        Field("surcharged_s", "s", "Time with the level above the highest crown", minimum=0),
        Field("flooded_s", "s", "Time with water over the rim of a node that is not coupled", minimum=0),
        Field("flooded_m3", "m3", "Water lost over the rim of a node that is not coupled", minimum=0),
        Field("max_flooding_m3_s", "m3/s", "Greatest such loss", minimum=0),
        Field("max_inflow_m3_s", "m3/s", "Greatest inflow from all sides"),
        Field("lateral_m3", "m3", "Net volume from outside the network; negative: let out"),
    ),
)  # fmt: skip

SEWER_LINKS = Table(
    "links.csv",
    "One row per link of the sewer network: what it saw in the run.",
    (
        Field("name", "", "Link of the network", "text"),
        Field("kind", "", "Kind of the link", "text", choices=LINK_KINDS),
        Field("max_flow_m3_s", "m3/s", "Greatest flow, either way"),
        Field("max_speed_m_s", "m/s", "Greatest speed"),
        Field("max_depth_m", "m", "Greatest depth", minimum=0),
        Field("max_fill", "1", "Greatest depth by full depth; empty without a depth", minimum=0),
        Field("full_s", "s", "Time full at both ends", minimum=0),
        Field("above_full_flow_s", "s", "Time with more than the full flow", minimum=0),
    ),
)

DRAINAGE_TABLES = (INLETS, PIPES, PUMPS, GATES, LIFELINES)


@dataclass(frozen=True)
class Inp:
    """A SWMM input file as it was read: its lines, and where it lies (files that it names are relative to that)."""

    lines: tuple[str, ...]
    file: Path  # for messages; need not exist for a network made in memory
    folder: Path  # what relative names inside are relative to


@dataclass(frozen=True)
class DrainageNetwork:
    """A sewer network: the SWMM model of the city as it is, and its parts as tables in SI and the city's metric CRS.

    `nodes`: name, kind (NODE_KINDS), invert_m, max_depth_m (0: the file has none), rim_m (invert + max depth, but no
    lower than the crown of the highest pipe, as the engine takes it), surcharge_depth_m, x_m, y_m (NaN without
    coordinates), line (row of the file, from 1).
    `links`: name, kind (LINK_KINDS), tail, head (row numbers of `nodes`), length_m, roughness, shape, height_m,
    width_m, barrels, tail_invert_m, head_invert_m, full_area_m2, full_flow_m3_s (of all barrels; NaN but for conduits
    whose section is known), line, what the census says (condition_grade, blocked_share, system, repair_cost of PIPES;
    grade 0 and "" where it did not look, share 0, cost NaN) and `geometry` (line through the vertices of the file).
    `inlets`: columns of INLETS + x_m, y_m, node_index; empty where the pack names none.
    `hotstart`: a SWMM hot start file to begin from, or None.
    """

    inp: Inp
    nodes: pd.DataFrame
    links: gpd.GeoDataFrame
    inlets: pd.DataFrame
    flow_units: str  # of the file: CFS, GPM, MGD, CMS, LPS, MLD
    has_subcatchments: bool
    hotstart: Path | None = None
    subcatchments: gpd.GeoDataFrame | None = None  # name, outlet, geometry; None without polygons
    crs: str | None = None  # of the coordinates in the file; None: that of the city
    datum: str = "WGS84"  # of the coordinates in the file and of its inlets
