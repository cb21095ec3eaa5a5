"""Checks the levels and sizes of a network: inverts, depths of manholes, slopes, diameters, regulators."""

from __future__ import annotations

import numpy as np

from data.swmm.inp import Row
from data.swmm.shapes import OPEN_SHAPES
from data.swmm.telling import CheckLimits, Teller

_SENTINEL_M = 9000.0  # levels beyond it are marks for "no value": -9999, 99999
_ROUGHNESS = (0.005, 0.3)  # Manning's n beyond which no sewer or channel lies
_STEEP = 1.0  # slope (1:1) of a conduit beyond which a level is wrong


def check_levels(teller: Teller, rows: dict[str, list[Row]], limits: CheckLimits) -> None:
    """Tell levels and sizes that contradict each other."""
    _check_inverts(teller, limits)
    _check_manholes(teller)
    _check_conduits(teller, limits)
    _check_shrinking(teller, limits)
    _check_regulators(teller, rows)


def _check_inverts(teller: Teller, limits: CheckLimits) -> None:
    """Inverts that nobody surveyed: marks for no value, or 0 far from the neighbours' inverts."""
    nodes, links = teller.network.nodes, teller.network.links
    invert = nodes["invert_m"].to_numpy()
    marked = np.abs(invert) >= _SENTINEL_M
    nearest = np.full(len(nodes), np.inf)
    whole = links[(links["tail"] >= 0) & (links["head"] >= 0)]
    tail, head = whole["tail"].to_numpy(), whole["head"].to_numpy()
    apart = np.abs(invert[tail] - invert[head])
    np.minimum.at(nearest, tail, apart)
    np.minimum.at(nearest, head, apart)
    inland = (nodes["kind"] != "outfall").to_numpy()  # an outfall may well lie at the level of the sea
    bare = inland & (invert == 0.0) & np.isfinite(nearest) & (nearest > limits.missing_invert_m)
    severity = "error" if teller.coupled else "warning"
    values = [f"{level:g} m" for level in invert]
    teller.rows(severity, nodes, marked | bare, "invert missing: not the level of a sewer", values,
                "the invert as surveyed")  # fmt: skip


def _check_manholes(teller: Teller) -> None:
    """Rims of the file against the pipes that end in the manhole; a depth of 0 is none."""
    nodes, links = teller.network.nodes, teller.network.links
    count = len(nodes)
    invert, crown = np.full(count, -np.inf), np.full(count, -np.inf)
    pipe = links[(links["kind"] == "conduit") & (links["tail"] >= 0) & (links["head"] >= 0)]
    for end in ("tail", "head"):
        np.fmax.at(invert, pipe[end].to_numpy(), pipe[f"{end}_invert_m"].to_numpy())
        top = pipe[f"{end}_invert_m"] + pipe["height_m"].fillna(0.0)
        np.fmax.at(crown, pipe[end].to_numpy(), top.to_numpy())
    top_m = (nodes["invert_m"] + nodes["max_depth_m"]).to_numpy()
    given = (nodes["max_depth_m"] > 0.0).to_numpy() & nodes["kind"].isin(["junction", "divider"]).to_numpy()
    below = given & (top_m < invert)
    values = [f"rim {rim:.2f} m, pipe {level:.2f} m" for rim, level in zip(top_m, invert, strict=True)]
    teller.rows("error" if teller.coupled else "warning", nodes, below, "manhole ends below its pipe", values,
                "a rim above the invert of each pipe")  # fmt: skip
    cut = given & ~below & (top_m < crown - 1e-6)
    values = [f"rim {rim:.2f} m, crown {level:.2f} m" for rim, level in zip(top_m, crown, strict=True)]
    teller.rows("warning", nodes, cut, "manhole ends below the crown of its pipe: taken as high as the crown", values,
                "a depth that reaches the street")  # fmt: skip
    bare = (nodes["kind"] == "junction").to_numpy() & (nodes["max_depth_m"] == 0.0).to_numpy()
    if bare.any() and teller.coupled:
        teller.tell("warning", f"{int(bare.sum())} junctions without a depth: their lids lie at street level",
                    "[JUNCTIONS]", None, "the depth of each manhole")  # fmt: skip


def _check_conduits(teller: Teller, limits: CheckLimits) -> None:
    links = teller.network.links
    conduit = (links["kind"] == "conduit").to_numpy() & (links["shape"] != "DUMMY").to_numpy()
    rise = (links["head_invert_m"] - links["tail_invert_m"]).to_numpy()
    length = links["length_m"].to_numpy()
    values = [f"rises {up:.2f} m over {run:.1f} m" for up, run in zip(rise, length, strict=True)]
    teller.rows("warning", links, conduit & (rise > limits.adverse_m), "adverse slope", values,
                "a pipe that falls along its direction")  # fmt: skip
    with np.errstate(invalid="ignore"):
        steep = conduit & (np.abs(rise) > _STEEP * length)
    teller.rows("warning", links, steep, "falls by more than its length", values, "levels and length of the pipe")
    n = links["roughness"].to_numpy()
    with np.errstate(invalid="ignore"):
        odd = conduit & (links["shape"] != "FORCE_MAIN").to_numpy() & ((n < _ROUGHNESS[0]) | (n > _ROUGHNESS[1]))
    teller.rows("warning", links, odd, "unusual roughness", [f"{value:g}" for value in n],
                f"Manning's n between {_ROUGHNESS[0]:g} and {_ROUGHNESS[1]:g}")  # fmt: skip


def _check_shrinking(teller: Teller, limits: CheckLimits) -> None:
    """Closed conduits that leave a junction with less full area than the largest that arrives, by the fall."""
    nodes, links = teller.network.nodes, teller.network.links
    whole = links[(links["tail"] >= 0) & (links["head"] >= 0)]
    backward = (whole["head_invert_m"] > whole["tail_invert_m"]).to_numpy() & (whole["kind"] == "conduit").to_numpy()
    upper = np.where(backward, whole["head"], whole["tail"]).astype(np.int64)
    lower = np.where(backward, whole["tail"], whole["head"]).astype(np.int64)
    area = whole["full_area_m2"].to_numpy()
    closed = np.isfinite(area) & ~whole["shape"].isin(OPEN_SHAPES).to_numpy()
    arriving, leaving = np.zeros(len(nodes)), np.zeros(len(nodes))
    np.maximum.at(arriving, lower[closed], area[closed])
    np.add.at(leaving, upper[closed], area[closed])
    free = (nodes["kind"] == "junction").to_numpy(copy=True)
    free[upper[~closed]] = False  # a regulator, pump or channel takes the water on
    narrow = np.zeros(len(links), bool)
    position = np.arange(len(links))[((links["tail"] >= 0) & (links["head"] >= 0)).to_numpy()]
    at = upper[closed]
    narrow[position[closed]] = free[at] & (leaving[at] < limits.shrink_share * arriving[at])
    values: list[object] = [None] * len(links)
    for place, node in zip(position[closed], at, strict=True):
        values[place] = f"{leaving[node]:.3f} m2 after {arriving[node]:.3f} m2"
    teller.rows("warning", links, narrow, "smaller than the pipe above it", values,
                "diameters that do not shrink downstream")  # fmt: skip


def _check_regulators(teller: Teller, rows: dict[str, list[Row]]) -> None:
    nodes, links = teller.network.nodes, teller.network.links
    regulator = links["kind"].isin(["orifice", "weir", "outlet"]).to_numpy() & (links["tail"] >= 0).to_numpy()
    top = (nodes["invert_m"] + nodes["max_depth_m"]).to_numpy()
    rim = np.append(top, np.inf)[links["tail"].to_numpy()]
    crest = links["tail_invert_m"].to_numpy()
    values = [f"crest {level:.2f} m, rim {level_of:.2f} m" for level, level_of in zip(crest, rim, strict=True)]
    depth = np.append(nodes["max_depth_m"].to_numpy(), 0.0)[links["tail"].to_numpy()]
    teller.rows("warning", links, regulator & (depth > 0.0) & (crest >= rim), "crest above the rim: it never flows",
                values, "a crest below the rim")  # fmt: skip
    number = {name: position for position, name in enumerate(links["name"])}
    odd = {"depth": np.zeros(len(links), bool), "ideal": np.zeros(len(links), bool)}
    told: list[object] = [None] * len(links)
    for row in rows.get("PUMPS", ()):
        place = number.get(row.tokens[0])
        if place is None:
            continue
        start, stop = _float(row.token(5, "0")), _float(row.token(6, "0"))
        odd["depth"][place] = stop > start > 0.0
        odd["ideal"][place] = row.token(3, "*") == "*"
        told[place] = f"starts at {row.token(5, '0')}, stops at {row.token(6, '0')}"
    teller.rows("warning", links, odd["depth"], "pump stops at a greater depth than it starts at", told,
                "a stop below the start")  # fmt: skip
    teller.rows("warning", links, odd["ideal"], "ideal pump without a curve: it moves whatever arrives",
                [None] * len(links), "a pump curve")  # fmt: skip


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
