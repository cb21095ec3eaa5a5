"""Peaks and books of a run, read out of the engine in SI."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np

from hazards.drains.library import (
    CUBIC_FOOT_M3,
    LINK,
    LINK_FULL_DEPTH,
    NODE,
    NODE_INVERT,
    FileUnits,
    LinkStats,
    NodeStats,
    RoutingTotals,
)

_HOUR_S = 3600.0
_NAME_LENGTH = 256
NODE_COLUMNS = (
    "max_depth_m",
    "max_head_m",
    "surcharged_s",
    "flooded_s",
    "flooded_m3",
    "max_flooding_m3_s",
    "max_inflow_m3_s",
    "lateral_m3",
)
LINK_COLUMNS = ("max_flow_m3_s", "max_speed_m_s", "max_depth_m", "max_fill", "full_s", "above_full_flow_s")


def read_totals(library: ctypes.CDLL, units: FileUnits) -> dict[str, float]:
    """The water book of the network so far, in m3; `error` is what the engine lost (positive) or made."""
    record = RoutingTotals()
    library.swmm_getSystemRoutingTotals(ctypes.byref(record))
    cubic = units.balance_m3
    sources = ("dry_weather_inflow", "wet_weather_inflow", "groundwater_inflow", "infiltration_inflow")
    totals = {
        "inflow": (sum(getattr(record, name) for name in sources) + record.external_inflow) * cubic,
        "outflow": record.outflow * cubic,
        "flooding": record.flooding * cubic,
        "evaporated": record.evaporation * cubic,
        "seeped": record.seepage * cubic,
        "initial": record.initial_storage * CUBIC_FOOT_M3,
        "stored": library.massbal_getStorage(b"\0") * CUBIC_FOOT_M3,
    }
    gone = ("outflow", "flooding", "evaporated", "seeped", "stored")
    totals["error"] = totals["initial"] + totals["inflow"] - sum(totals[name] for name in gone)
    return totals


def read_results(library: ctypes.CDLL, units: FileUnits, file: Path) -> dict[str, Any]:
    """Write the peaks of every node and link to `file` (npz); names, kinds and totals are returned."""
    flow = units.flow_per_m3_s
    nodes = np.zeros((library.swmm_getCount(NODE), len(NODE_COLUMNS)))
    links = np.zeros((library.swmm_getCount(LINK), len(LINK_COLUMNS)))
    node, link, value = NodeStats(), LinkStats(), ctypes.c_double()
    # Without links the engine keeps no statistics at all.
    for i in range(len(nodes) if len(links) else 0):
        library.swmm_getNodeStats(i, ctypes.byref(node))
        library.swmm_getNodeParam(i, NODE_INVERT, ctypes.byref(value))
        depth = node.max_depth * units.metres
        nodes[i] = (
            depth,
            value.value * units.metres + depth,
            node.time_surcharged * _HOUR_S,
            node.time_flooded * _HOUR_S,
            node.volume_flooded * units.balance_m3,
            node.max_overflow / flow,
            node.max_inflow / flow,
            node.lateral_inflow * units.balance_m3,
        )
    for i in range(len(links)):
        library.swmm_getLinkStats(i, ctypes.byref(link))
        full = library.swmm_getValue(LINK_FULL_DEPTH, i)
        links[i] = (
            link.max_flow / flow,
            link.max_velocity * units.metres,
            link.max_depth * units.metres,
            link.max_depth / full if full > 0.0 else np.nan,
            link.time_surcharged * _HOUR_S,
            link.time_full_flow * _HOUR_S,
        )
    np.savez(file, nodes=nodes, links=links)
    return {
        "node_names": _names(library, NODE, len(nodes)),
        "link_names": _names(library, LINK, len(links)),
        "node_kinds": _kinds(library.swmm_getNodeType, len(nodes)),
        "link_kinds": _kinds(library.swmm_getLinkType, len(links)),
        "totals": read_totals(library, units),
    }


def _names(library: ctypes.CDLL, kind: int, count: int) -> list[str]:
    text = ctypes.create_string_buffer(_NAME_LENGTH)
    names = []
    for i in range(count):
        library.swmm_getName(kind, i, text, _NAME_LENGTH)
        names.append(text.value.decode("utf-8", "replace"))
    return names


def _kinds(function: Any, count: int) -> list[int]:
    kind = ctypes.c_int()
    kinds = []
    for i in range(count):
        function(i, ctypes.byref(kind))
        kinds.append(kind.value)
    return kinds
