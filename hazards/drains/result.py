"""What a run of the sewer engine leaves: tables of nodes, links and outfalls, the books, the warnings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hazards.drains.library import LINK_KINDS, NODE_KINDS
from hazards.drains.tables import LINK_COLUMNS, NODE_COLUMNS


@dataclass(frozen=True)
class EngineResult:
    """What the engine knows at the end of a run.

    `nodes`: name, kind, max_depth_m, max_head_m, surcharged_s (level above the highest crown; no meaning for storage),
    flooded_s, flooded_m3 and max_flooding_m3_s (over the rim, lost by an engine alone), max_inflow_m3_s, lateral_m3
    (net volume from outside). `links`: name, kind, max_flow_m3_s, max_speed_m_s, max_depth_m, max_fill (greatest depth
    by full depth; NaN without a depth), full_s (full at both ends), above_full_flow_s. `outfalls`: name, volume_m3
    (net, out of the network), max_flow_m3_s. Peaks are those of native steps after the report start of the file.
    `totals` in m3: inflow, outflow (through outfalls and negative inflows), flooding, evaporated, seeped, initial,
    stored, error (initial + inflow - the rest). Errors are in per cent as SWMM reports them.
    """

    nodes: pd.DataFrame
    links: pd.DataFrame
    outfalls: pd.DataFrame
    totals: dict[str, float]
    continuity_error_percent: float  # of routing
    runoff_error_percent: float
    quality_error_percent: float
    routing_steps: int
    wall_s: float  # s inside the engine
    warnings: tuple[str, ...]


def result_from(told: dict[str, Any], file: Path, warnings: tuple[str, ...]) -> EngineResult:
    """The tables out of what `read_results` left."""
    with np.load(file) as arrays:
        nodes = pd.DataFrame(arrays["nodes"], columns=list(NODE_COLUMNS))
        links = pd.DataFrame(arrays["links"], columns=list(LINK_COLUMNS))
    nodes.insert(0, "name", told["node_names"])
    nodes.insert(1, "kind", [NODE_KINDS[kind] for kind in told["node_kinds"]])
    links.insert(0, "name", told["link_names"])
    links.insert(1, "kind", [LINK_KINDS[kind] for kind in told["link_kinds"]])
    outfalls = nodes.loc[told["outfalls"], ["name", "max_inflow_m3_s"]]
    outfalls = outfalls.rename(columns={"max_inflow_m3_s": "max_flow_m3_s"})
    outfalls.insert(1, "volume_m3", told["outfall_m3"])
    runoff, routing, quality = told["errors_percent"]
    return EngineResult(
        nodes,
        links,
        outfalls.sort_index().reset_index(drop=True),
        told["totals"],
        routing,
        runoff,
        quality,
        told["steps"],
        told["wall_s"],
        warnings,
    )
