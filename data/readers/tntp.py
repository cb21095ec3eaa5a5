"""Reads planners' networks in the TNTP text format: links, nodes and trips; the caller says the units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from data.errors import InputError
from data.readers.vectors import read_layer
from data.suggest import closest

LENGTH_UNITS = {"m": 1.0, "km": 1000.0, "mi": 1609.344, "ft": 0.3048}
TIME_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}
_KIND = "a TNTP file"
_META = re.compile(r"<([^>]*)>\s*([^\t~]*)")
_LINK_COLUMNS = ("init_node", "term_node", "capacity", "length", "free_flow_time")


@dataclass(frozen=True)
class TntpNetwork:
    """Links of a network file; nodes are numbered from 1 as in the file.

    `links` columns: tail, head (int64), capacity_veh_h, length_m, time_s (free flow), connector (bool: it takes no
    time and no room, as the arms of a zone do). Nodes below `first_through` carry no through traffic: they are zones.
    """

    zones: int
    nodes: int
    first_through: int
    links: pd.DataFrame


def read_tntp_network(path: str | Path, *, length_unit: str, time_unit: str) -> TntpNetwork:
    """The network file. The format names no units, so the caller does: of LENGTH_UNITS and TIME_UNITS.

    Capacity is vehicles per hour. A link of no length and no time is a connector; one of no time has the length over
    its `speed`. Raises InputError with the line for values that are missing, negative, no numbers or no nodes, for a
    capacity of 0, and where the number of links is not the one told (a truncated file).
    """
    file = Path(path)
    for unit, known in ((length_unit, LENGTH_UNITS), (time_unit, TIME_UNITS)):
        if unit not in known:
            raise InputError("unknown unit", file=file, value=unit, expected=closest(unit, known))
    meta, body = _read(file)
    zones, nodes, first, count = (
        _meta(file, meta, name) for name in ("NUMBER OF ZONES", "NUMBER OF NODES", "FIRST THRU NODE", "NUMBER OF LINKS")
    )
    header = _header(file, body)
    rows = [(line, text) for line, text in body if not text.startswith("~")]
    table = np.array([_numbers(file, line, text, len(header)) for line, text in rows]).reshape(len(rows), len(header))
    if len(rows) != count:
        raise InputError(
            "another number of links than told (a truncated file?)",
            file=file, place="<NUMBER OF LINKS>", value=len(rows), expected=f"{count} links",
        )  # fmt: skip
    frame = pd.DataFrame(table, columns=header)
    lines = [line for line, _ in rows]
    _check_links(file, frame, lines, nodes)
    length_m = frame["length"].to_numpy() * LENGTH_UNITS[length_unit]
    time_s = frame["free_flow_time"].to_numpy() * TIME_UNITS[time_unit]
    speed = frame["speed"].to_numpy() if "speed" in frame else np.zeros(len(frame))
    by_speed = (time_s == 0.0) & (length_m > 0.0)
    untold = np.flatnonzero(by_speed & (speed <= 0.0))
    if len(untold):
        raise InputError(
            "link with a length but neither time nor speed",
            file=file, place=f"line {lines[untold[0]]}, free_flow_time", expected="a time above 0",
        )  # fmt: skip
    own_time = frame["length"].to_numpy() / np.where(by_speed, speed, 1.0)  # in the file's units
    time_s = np.where(by_speed, own_time * TIME_UNITS[time_unit], time_s)
    links = pd.DataFrame(
        {
            "tail": frame["init_node"].to_numpy(np.int64), "head": frame["term_node"].to_numpy(np.int64),
            "capacity_veh_h": frame["capacity"].to_numpy(), "length_m": length_m, "time_s": time_s,
            "connector": (length_m == 0.0) & (time_s == 0.0),
        }
    )  # fmt: skip
    return TntpNetwork(zones, nodes, first, links)


def read_tntp_nodes(path: str | Path, nodes: int) -> tuple[np.ndarray, str | None]:
    """Coordinates of nodes 1 to `nodes`, shape (nodes, 2), and the CRS where the file (a vector layer) names one.

    A text file has the columns node, x, y; a layer has points with a column `id` or `node`. Raises InputError.
    """
    file = Path(path)
    if file.suffix.lower() in (".geojson", ".json", ".gpkg", ".shp"):
        layer = read_layer(file)
        column = next((name for name in layer.columns if name.lower() in ("id", "node")), None)
        points = np.asarray(layer.geometry.array)
        if column is None or (shapely.get_type_id(points) != shapely.GeometryType.POINT).any():
            raise InputError("not a layer of nodes", file=file, expected="points with a column id")
        number = layer[column].to_numpy(np.float64)
        xy = shapely.get_coordinates(points)
        places = [f"feature {row}" for row in range(1, len(layer) + 1)]
        crs = layer.crs.to_wkt() if layer.crs is not None else None
    else:
        rows = [(line, text) for line, text in _lines(file) if not text.startswith("~") and "<" not in text]
        rows = [(line, text) for line, text in rows if not text.lower().startswith("node")]
        table = np.array([_numbers(file, line, text, 3) for line, text in rows]).reshape(len(rows), 3)
        number, xy = table[:, 0], table[:, 1:]
        places = [f"line {line}" for line, _ in rows]
        crs = None
    bad = np.flatnonzero((number != np.round(number)) | (number < 1) | (number > nodes) | ~np.isfinite(xy).all(axis=1))
    if len(bad):
        raise InputError("not a node", file=file, place=places[bad[0]], expected=f"a node of 1 to {nodes} with x and y")
    found = np.full((nodes, 2), np.nan)
    found[number.astype(np.int64) - 1] = xy
    missing = np.flatnonzero(np.isnan(found[:, 0]))
    if len(missing):
        raise InputError(
            f"{len(missing)} nodes have no coordinates (a truncated file?)",
            file=file, value=f"node {missing[0] + 1}", expected=f"nodes 1 to {nodes}",
        )  # fmt: skip
    return found, crs


def read_tntp_trips(path: str | Path, zones: int) -> np.ndarray:
    """Trips that leave each zone (float64, zones 1 to `zones`), over all destinations but the zone itself.

    Raises InputError; also where the sum is not the total that the file tells (a truncated file).
    """
    file = Path(path)
    meta, body = _read(file)
    trips = np.zeros(zones)
    total, zone = 0.0, 0
    for line, text in body:
        if text.lower().startswith("origin"):
            zone = _zone(file, line, text[6:], zones)
            continue
        for part in text.split(";"):
            if not part.strip():
                continue
            to, colon, amount = part.partition(":")
            value = _number(amount)
            if not zone or not colon or value is None or value < 0.0:
                raise InputError(
                    "not a number of trips", file=file, place=f"line {line}", value=part.strip(),
                    expected="Origin N, then destination : trips;",
                )  # fmt: skip
            total += value
            if _zone(file, line, to, zones) != zone:
                trips[zone - 1] += value
    told = _number(meta.get("TOTAL OD FLOW", ""))
    if told is not None and abs(total - told) > max(1e-3 * told, 1.0):
        raise InputError(
            "the trips do not add up to the total told (a truncated file?)",
            file=file, place="<TOTAL OD FLOW>", value=total, expected=f"{told:g} trips",
        )  # fmt: skip
    return trips


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines that hold something, without the closing semicolons and comments, numbered from 1."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise InputError("no such file", file=file, expected=_KIND) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"not readable as text: {error}", file=file, expected=_KIND) from None
    if not text.strip():
        raise InputError("empty file", file=file, expected=_KIND)
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped:
            yield number, stripped


def _read(file: Path) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """The values of the <...> lines, and the lines below <END OF METADATA>."""
    meta: dict[str, str] = {}
    lines = list(_lines(file))
    for place, (_, text) in enumerate(lines):
        match = _META.match(text)
        if match and match[1].strip().upper() == "END OF METADATA":
            return meta, lines[place + 1 :]
        if match:
            meta[match[1].strip().upper()] = match[2].strip()
    raise InputError("no end of the metadata", file=file, expected="a line <END OF METADATA>, as in TNTP files")


def _meta(file: Path, meta: dict[str, str], name: str) -> int:
    value = _number(meta.get(name, ""))
    if value is None or value != round(value) or value < 0 or value > 1e9:
        raise InputError("missing or no number", file=file, place=f"<{name}>", value=meta.get(name), expected="a count")
    return int(value)


def _header(file: Path, body: list[tuple[int, str]]) -> list[str]:
    header = next((text for _, text in body if text.startswith("~")), None)
    names = [] if header is None else header.strip("~;\t ").replace(";", "").lower().split()
    missing = [name for name in _LINK_COLUMNS if name not in names]
    if missing:
        raise InputError(
            "no header of links", file=file, place="line with ~", value=header, expected=", ".join(_LINK_COLUMNS)
        )
    return names


def _check_links(file: Path, frame: pd.DataFrame, lines: list[int], nodes: int) -> None:
    ends = frame[["init_node", "term_node"]].to_numpy()
    checks = (
        (~np.isfinite(frame.to_numpy()).all(axis=1), "not a finite number", "numbers in every column"),
        (((ends != np.round(ends)) | (ends < 1) | (ends > nodes)).any(axis=1), "no such node", f"nodes 1 to {nodes}"),
        (ends[:, 0] == ends[:, 1], "a link from a node to itself", "two different nodes"),
        (frame["capacity"].to_numpy() <= 0.0, "zero capacity", "a capacity above 0 vehicles per hour"),
        (
            (frame[["length", "free_flow_time"]].to_numpy() < 0.0).any(axis=1),
            "negative",
            "length and time of 0 or more",
        ),
    )
    for bad, message, expected in checks:
        where = np.flatnonzero(bad)
        if len(where):
            value = f"{frame['init_node'].iloc[where[0]]:g} to {frame['term_node'].iloc[where[0]]:g}"
            raise InputError(message, file=file, place=f"line {lines[where[0]]}", value=value, expected=expected)


def _numbers(file: Path, line: int, text: str, count: int) -> list[float]:
    values = text.replace(";", " ").split()
    found = [_number(value) for value in values]
    if len(found) != count or None in found:
        raise InputError(
            "wrong number of values" if len(found) != count else "not a number",
            file=file, place=f"line {line}", value=text, expected=f"{count} numbers",
        )  # fmt: skip
    return [value for value in found if value is not None]


def _number(text: str) -> float | None:
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def _zone(file: Path, line: int, text: str, zones: int) -> int:
    value = _number(text)
    if value is None or value != round(value) or not 1 <= value <= zones:
        raise InputError("no such zone", file=file, place=f"line {line}", value=text.strip(), expected=f"1 to {zones}")
    return int(value)
