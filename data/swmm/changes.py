"""Changes to a sewer network that a planner may try: wider pipes, a tank beside a node."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import shapely

from data.errors import InputError
from data.schema import DrainageNetwork, Inp
from data.swmm.inp import Row, options, sections
from data.swmm.network import read_network
from data.swmm.shapes import shape_of
from data.swmm.units import METRE_OF

# Sizes of a cross-section that are lengths, after its shape: one for force mains (the second is a coefficient) and
# curves, three where the third is a length too, else two. Shapes drawn by points have none.
_LENGTHS = {"FORCE_MAIN": 1, "CUSTOM": 1, "RECT_TRIANGULAR": 3, "RECT_ROUND": 3, "MODBASKETHANDLE": 3}
_BY_POINTS = ("IRREGULAR", "STREET", "DUMMY")
_TANK_DEPTH_M = 5.0  # of a detention tank below the crown that it fills over; derived: usual depth of box tanks
_SHAFT_M2 = 1.167  # m2; above its top a tank is a shaft, so that it is full at its volume
_SHAFT_HEIGHT_M = 100.0
_ORIFICE = 0.65  # discharge coefficient of an orifice, EPA SWMM 5.2 user's manual


def widen_conduits(network: DrainageNetwork, names: Collection[str], factor: float) -> DrainageNetwork:
    """The network with cross-sections of the conduits named `factor` times as high and wide; inverts stay."""
    inp = network.inp
    lines = list(inp.lines)
    for row in sections(inp).get("XSECTIONS", ()):
        if row.tokens[0] not in names:
            continue
        shape = shape_of(row.token(1)) or ""
        if shape in _BY_POINTS or _size(inp, row, 2) <= 0.0:
            raise InputError(
                "a cross-section without a height cannot be widened", file=inp.file, place=row.place,
                value=row.tokens[0], expected="pipes given by height and width",
            )  # fmt: skip
        for position in range(min(1 + _LENGTHS.get(shape, 2), len(row.tokens) - 1), 1, -1):
            begin, end = row.spans[position]
            text = lines[row.line - 1]
            lines[row.line - 1] = f"{text[:begin]}{_size(inp, row, position) * factor:.9g}{text[end:]}"
    changed = replace(inp, lines=tuple(lines))
    fresh = read_network(changed).links
    sizes = ["height_m", "width_m", "full_area_m2", "full_flow_m3_s"]
    return replace(network, inp=changed, links=network.links.assign(**{name: fresh[name] for name in sizes}))


def add_tank(network: DrainageNetwork, node: str, volume_m3: float, name: str) -> DrainageNetwork:
    """The network with a tank beside a node, filled through an orifice at the crown of the widest pipe there.

    The orifice is as large as that pipe and has a flap: what the tank holds stays until it is pumped out after the
    storm. Its floor lies 5 m below the orifice.
    """
    inp, metre = network.inp, METRE_OF[network.flow_units]
    number = network.nodes["name"].tolist().index(node)
    at = network.nodes.iloc[number]
    links = network.links
    here = links[(links["kind"] == "conduit") & ((links["tail"] == number) | (links["head"] == number))]
    here = here[here["height_m"].notna()]
    if here.empty:
        raise InputError("no pipe at the node of the tank", file=inp.file, value=node, expected="a node with pipes")
    height = float(here["height_m"].max())
    crown = max(
        float(row[f"{end}_invert_m"]) + float(row["height_m"])
        for row in here.to_dict("records")
        for end in ("tail", "head")
        if row[end] == number
    )
    by_elevation = options(sections(inp)).get("LINK_OFFSETS", ("DEPTH", None))[0].upper().startswith("ELEV")
    crest = (crown if by_elevation else crown - float(at["invert_m"])) / metre
    area, depth = volume_m3 / _TANK_DEPTH_M / metre**2, _TANK_DEPTH_M / metre
    shaft, top = _SHAFT_M2 / metre**2, (_TANK_DEPTH_M + _SHAFT_HEIGHT_M) / metre
    inlet = f"{name}:in"
    added = [
        "[STORAGE]", f"{name} {(crown - _TANK_DEPTH_M) / metre:.9g} {top:.9g} 0 TABULAR {name} 0 0",
        "[CURVES]", f"{name} STORAGE 0 {area:.9g}", f"{name} {depth:.9g} {area:.9g}",
        f"{name} {depth * 1.001:.9g} {min(shaft, area):.9g}", f"{name} {top:.9g} {min(shaft, area):.9g}",
        "[ORIFICES]", f"{inlet} {node} {name} SIDE {crest:.9g} {_ORIFICE:g} YES 0",
        "[XSECTIONS]", f"{inlet} CIRCULAR {height / metre:.9g} 0 0 0",
    ]  # fmt: skip
    changed = replace(inp, lines=(*inp.lines, *added))
    fresh = read_network(changed)
    x_m, y_m = float(at["x_m"]) + 1.0, float(at["y_m"])
    nodes = fresh.nodes.iloc[len(network.nodes) :].assign(x_m=x_m, y_m=y_m)
    line = shapely.LineString([(at["x_m"], at["y_m"]), (x_m, y_m)])
    more = gpd.GeoDataFrame(fresh.links.iloc[len(links) :].assign(geometry=[line]), geometry="geometry", crs=links.crs)
    return replace(
        network,
        inp=changed,
        nodes=pd.concat([network.nodes, nodes], ignore_index=True),
        links=gpd.GeoDataFrame(pd.concat([links, more], ignore_index=True), geometry="geometry", crs=links.crs),
    )


def _size(inp: Inp, row: Row, position: int) -> float:
    try:
        return float(row.token(position, "0"))
    except ValueError:
        raise InputError(
            "not a number", file=inp.file, place=row.place, value=row.token(position), expected="a length"
        ) from None
