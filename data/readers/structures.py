"""Reads what acts on the water of a city, and checks that what its layers name of each other is there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from data.datum import WGS84, to_wgs84, transform
from data.errors import InputError
from data.readers.city_file import CityFile
from data.readers.points import locate_points
from data.readers.report import Report
from data.readers.series import read_series
from data.readers.tables import read_numbered
from data.schema import FLOW_SERIES, LIFELINES, PUMPS, STAGE_SERIES, DrainageNetwork, Grid
from data.suggest import closest

_LAYER_OF_ASSET = {"pump": "pumps", "underpass": "underpasses", "gate": "gates", "shelter": "shelters"}
_SERIES = {"inflow_series": FLOW_SERIES, "stage_series": STAGE_SERIES}
_NAMES_LISTED = 8  # of known names in a message; more do not help


@dataclass(frozen=True)
class Structures:
    """What a pack says of pumping stations, power lines and the series of its rivers."""

    pumps: pd.DataFrame | None
    lifelines: pd.DataFrame | None
    river_series: dict[str, pd.DataFrame]


def read_structures(
    pack: CityFile,
    grid: Grid | None,
    layers: Mapping[str, pd.DataFrame | None],
    network: DrainageNetwork | None,
    report: Report,
    gone: Collection[str] = (),
) -> Structures:
    """These layers of a pack; `layers` are those read before, None where the pack lacks one or it was unreadable.

    `gone` are the ids of shelters that were left out: what feeds them is left out too.
    """
    pumps: pd.DataFrame | None = None
    lifelines: pd.DataFrame | None = None
    if "pumps" in pack.layers:
        with report.attempt():
            pumps = read_pumps(pack.layers["pumps"].file, grid, datum=pack.layers["pumps"].datum, report=report)
    frames = {**layers, "pumps": pumps}
    if "lifelines" in pack.layers:
        ids: dict[str, list[str] | None] = {}
        for kind, layer in _LAYER_OF_ASSET.items():
            frame = frames[layer]
            lacking: list[str] | None = None if layer in pack.layers else []
            ids[kind] = lacking if frame is None else list(frame["id"].astype(str))
        stations = ids["pump"]
        if network is not None and stations is not None:  # a pump of the network needs power too
            links = network.links
            ids["pump"] = [*stations, *links.loc[links["kind"] == "pump", "name"].astype(str)]
        with report.attempt():
            lifelines = read_lifelines(pack.layers["lifelines"].file, ids, report, gone)
    for layer, column in (("underpasses", "pump_node"), ("pumps", "to_node")):
        frame = frames[layer]
        if frame is not None and (network is not None or "drainage" not in pack.layers):
            with report.attempt():
                check_nodes(frame, column, pack.layers[layer].file, network, report)
    rivers = frames["rivers"]
    series = {} if rivers is None else read_river_series(rivers, pack.layers["rivers"].file, report)
    return Structures(pumps, lifelines, series)


def read_pumps(file: Path, grid: Grid | None, *, datum: str, report: Report) -> pd.DataFrame | None:
    """Pumping stations of a CSV file on the grid, with x_m, y_m and to_x_m, to_y_m; without a grid only checked."""
    mark = report.mark()
    frame, rows = read_numbered(file, PUMPS, report, without_range=("lon", "lat"))
    low = ~(frame["off_depth_m"] < frame["on_depth_m"]).to_numpy()
    _tell(low, "off_depth_m is not below on_depth_m", frame["off_depth_m"], file, "off_depth_m", rows, report)
    to_lon, to_lat = (frame[name].to_numpy(float).copy() for name in ("to_lon", "to_lat"))
    half = np.isfinite(to_lon) != np.isfinite(to_lat)
    _tell(half, "one of to_lon and to_lat is missing", None, file, "to_lon, to_lat", rows, report, "both or none")
    twice = np.isfinite(to_lon) & (frame["to_node"] != "").to_numpy()
    _tell(twice, "lifts to a place and to a node", frame["to_node"], file, "to_node", rows, report, "one of them")
    if grid is None:
        return None
    there = np.isfinite(to_lon) & np.isfinite(to_lat)
    to_lon[there], to_lat[there] = to_wgs84(to_lon[there], to_lat[there], datum)
    x, y = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    x[there], y[there] = transform(to_lon[there], to_lat[there], WGS84, grid.crs)
    outside = there & (grid.cell_of(np.where(there, x, np.inf), np.where(there, y, np.inf))[0] < 0)
    _tell(outside, "lifts to a place outside the terrain", None, file, "to_lon, to_lat", rows, report,
          "a place on the terrain, or none for out of the model")  # fmt: skip
    frame = frame.assign(to_lon=to_lon, to_lat=to_lat, to_x_m=x, to_y_m=y)
    return locate_points(frame, rows, file, PUMPS, grid, datum=datum, report=report, mark=mark)


def check_gates(file: Path, gates: pd.DataFrame, report: Report) -> None:
    """Tell gates that are no higher closed than open."""
    rows = [f"feature {number}" for number in range(1, len(gates) + 1)]
    low = ~(gates["closed_m"] > gates["sill_m"]).to_numpy()
    _tell(low, "closed_m is not above sill_m", gates["closed_m"], file, "closed_m", rows, report)


def read_lifelines(
    file: Path, assets: Mapping[str, Collection[str] | None], report: Report, gone: Collection[str] = ()
) -> pd.DataFrame:
    """Power lines of a CSV file; `assets` has the ids of each kind of asset, None where its layer could not be read.

    Rows of shelters that are `gone` (ids) are left out.
    """
    mark = report.mark()
    frame, rows = read_numbered(file, LIFELINES, report)
    kinds, names = frame["asset_kind"].astype(str), frame["asset_id"].astype(str)
    lost: list[str] = []
    for row, kind, name in zip(rows, kinds, names, strict=True):
        known = assets.get(kind)
        if known is None or name in known:
            continue
        if kind == "shelter" and name in gone:
            lost.append(row)
            continue
        expected = _some(name, known) if known else f"an id of the layer {_LAYER_OF_ASSET[kind]}, which the pack lacks"
        report.error(
            f"no {kind} of this id on the terrain", file=file, place=f"{row}, asset_id", value=name, expected=expected
        )
    report.stop_since(mark)
    if lost:
        words = f"{len(lost)} of {len(rows)} power lines feed shelters that are left out, and are left out with them"
        report.warn(words, file=file, place=f"{lost[0]}, asset_id", remedy="shelters that can be trusted")
    return frame[~np.isin(rows, lost)].reset_index(drop=True)


def read_river_series(rivers: pd.DataFrame, file: Path, report: Report) -> dict[str, pd.DataFrame]:
    """The series that river reaches name, by their names, which are relative to the layer's own file."""
    found: dict[str, pd.DataFrame] = {}
    tables: dict[str, str] = {}
    for column, table in _SERIES.items():
        for number, name in enumerate(rivers[column].astype(str), start=1):
            place = f"feature {number}, {column}"
            if not name or (name in found and tables[name] == column):
                continue
            with report.attempt():
                if name in tables:
                    raise InputError(
                        "one file for the inflow and for the stage", file=file, place=place, value=name,
                        expected="a file of its own for each",
                    )  # fmt: skip
                if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name:
                    raise InputError(
                        "not a file of the pack", file=file, place=place, value=name,
                        expected="a file beside this layer, or in a folder beside it",
                    )  # fmt: skip
                tables[name] = column
                if not (file.parent / name).is_file():
                    raise InputError(
                        "no such file", file=file, place=place, value=name, expected=f"a CSV file in {file.parent}"
                    )
                found[name] = read_series(file.parent / name, table, report)
    return found


def check_nodes(frame: pd.DataFrame, column: str, file: Path, network: DrainageNetwork | None, report: Report) -> None:
    """Tell nodes that pumps lift to and the network does not have; a doubt where the pack has no network."""
    named = frame[frame[column].astype(str) != ""]
    if named.empty:
        return
    if network is None:
        report.warn(
            f"{len(named)} pumps lift to nodes, and the pack has no drainage network: their water leaves the model",
            file=file,
            place=column,
            value=str(named[column].iloc[0]),
            remedy="a layer [drainage] with these nodes",
        )
        return
    known = network.nodes["name"].astype(str)
    for name, node in zip(named["id"].astype(str), named[column].astype(str), strict=True):
        if node not in set(known):
            place = f"id {name}, {column}"
            report.error("no such node in the network", file=file, place=place, value=node, expected=_some(node, known))


def _some(name: str, known: Collection[str]) -> str:
    """What to write instead; of many names without a close one only the first."""
    words = closest(name, known)
    if words.startswith("one of ") and len(known) > _NAMES_LISTED:
        return "one of " + ", ".join(list(known)[:_NAMES_LISTED]) + f" and {len(known) - _NAMES_LISTED} more"
    return words


def _tell(
    bad: np.ndarray,
    message: str,
    values: pd.Series | None,
    file: Path,
    column: str,
    rows: list[str],
    report: Report,
    expected: str = "",
) -> None:
    where = np.flatnonzero(bad).tolist()
    if where:
        found = [None if values is None else str(values.iloc[i]) for i in where]
        names = [rows[i] for i in where]
        report.row_errors(message, file=file, column=column, rows=names, values=found, expected=expected)
