"""Nodes of a SWMM input as a table in SI."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.swmm.inp import Row
from data.swmm.rows import RowReader

# section, kind, fewest tokens
_KINDS = (
    ("JUNCTIONS", "junction", 2),
    ("OUTFALLS", "outfall", 3),
    ("STORAGE", "storage", 6),
    ("DIVIDERS", "divider", 4),
)
NODE_COLUMNS = ("name", "kind", "invert_m", "max_depth_m", "rim_m", "surcharge_depth_m", "x_m", "y_m", "line")


def read_nodes(rows: dict[str, list[Row]], metre: float, reader: RowReader) -> pd.DataFrame:
    """Every node in the order of the file; x_m, y_m and rim_m are still to be filled in."""
    found = []
    first: dict[str, Row] = {}
    for row in _in_order(rows):
        kind, fewest = next((kind, fewest) for section, kind, fewest in _KINDS if section == row.section)
        if not reader.has(row, fewest):
            continue
        name = row.tokens[0]
        if name in first:
            reader.report.error(
                "name of two nodes", file=reader.inp.file, place=row.place, value=name,
                expected=f"a name of its own (also in {first[name].place})",
            )  # fmt: skip
            continue
        first[name] = row
        found.append((name, kind, *_levels(row, kind, metre, reader), row.line))
    frame = pd.DataFrame(found, columns=["name", "kind", "invert_m", "max_depth_m", "surcharge_depth_m", "line"])
    frame = frame.assign(rim_m=np.nan, x_m=np.nan, y_m=np.nan)[list(NODE_COLUMNS)]
    return frame.astype({"line": np.int64, **{name: float for name in NODE_COLUMNS if name.endswith("_m")}})


def _in_order(rows: dict[str, list[Row]]) -> list[Row]:
    return sorted((row for section, _, _ in _KINDS for row in rows.get(section, ())), key=lambda row: row.line)


def _levels(row: Row, kind: str, metre: float, reader: RowReader) -> tuple[float, float, float]:
    """Invert, depth and surcharge depth (m); the depth is 0 where the file gives none."""
    invert = reader.number(row, 1, "invert") * metre
    depth, surcharge = 0.0, 0.0
    if kind == "junction":
        depth = reader.number(row, 2, "depth", 0.0, minimum=0.0)
        surcharge = reader.number(row, 4, "surcharge depth", 0.0, minimum=0.0)
        reader.number(row, 3, "initial depth", 0.0, minimum=0.0)
        reader.number(row, 5, "ponded area", 0.0)
    elif kind == "storage":
        depth = reader.number(row, 2, "depth", minimum=0.0)
        reader.number(row, 3, "initial depth", minimum=0.0)
        after = 6 if row.token(4).upper().startswith("TABULAR") else 8
        surcharge = reader.number(row, after, "surcharge depth", 0.0)
    elif kind == "divider":
        at = 5 if row.token(3).upper().startswith(("TABULAR", "CUTOFF")) else 7 if _is_weir(row) else 4
        depth = reader.number(row, at, "depth", 0.0)
        surcharge = reader.number(row, at + 2, "surcharge depth", 0.0)
    return invert, depth * metre, surcharge * metre


def _is_weir(row: Row) -> bool:
    return row.token(3).upper().startswith("WEIR")


def set_rims(nodes: pd.DataFrame, links: pd.DataFrame, rows: dict[str, list[Row]]) -> None:
    """Rim = invert + depth, but no lower than the crown of the highest conduit, or of a regulator that leaves there.

    So the engine takes it, but for storage nodes, pumps and orifices in the bottom.
    """
    crown = nodes["invert_m"].to_numpy(copy=True)
    bottom = {row.tokens[0] for row in rows.get("ORIFICES", ()) if row.token(3).upper().startswith("BOTTOM")}
    whole = links[(links["tail"] >= 0) & (links["head"] >= 0) & (links["kind"] != "pump") & ~links["name"].isin(bottom)]
    for end, raising in (("tail", whole), ("head", whole[whole["kind"] == "conduit"])):
        top = raising[f"{end}_invert_m"] + raising["height_m"].fillna(0.0)
        np.fmax.at(crown, raising[end].to_numpy(), top.to_numpy())
    top = nodes["invert_m"].to_numpy() + nodes["max_depth_m"].to_numpy()
    nodes["rim_m"] = np.where(nodes["kind"] == "storage", top, np.fmax(top, crown))
