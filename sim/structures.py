"""The structures of a city under a scenario: pumps of underpasses, pumping stations, gates, and levees that break."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from data.datum import WGS84, transform
from data.errors import InputError
from data.readers.city_file import read_city_file
from data.readers.report import Report
from data.rules_file import Rules
from data.schema import City
from data.suggest import closest
from data.units import minutes_to_s
from hazards.structures import Breach, Faces, Gate, PumpStation, Structure, line_faces, nearest_faces
from sim.ground import Ground
from sim.outages import Asset, Interval, check_failures, outages
from sim.scenario import Scenario

_OFF_SHARE = 0.5  # pumps of an underpass stop at this share of the depth at which they start; derived
_LEAST_ON_DEPTH_M = 0.001  # as PUMPS asks of any station
_MOST_MOVED = 3  # cells from a place to the open ground that stands for it

Outages = dict[Asset, list[Interval]]


def city_structures(
    city: City, ground: Ground, scenario: Scenario, rules: Rules, nodes: Sequence[str] = (), file: Path | None = None
) -> list[Structure]:
    """Everything that acts on the water of a city, in a fixed order.

    `nodes` names the coupled nodes of the sewer in its order: a pump that lifts to one of them is given its number, one
    that lifts to another lets the water out of the model, as all do without a network. `file` is the scenario's, for
    messages. Raises InputError where the scenario names what the city does not have.
    """
    check_failures(city, scenario.failure, file)
    out = outages(city, scenario.failure)
    number = {name: index for index, name in enumerate(nodes)}
    return [
        *_breaches(city, scenario, file),
        *_gates(city, ground, scenario, rules, out),
        *_underpass_pumps(city, ground, number, out),
        *_stations(city, ground, scenario, number, out),
    ]


def lifted_nodes(city: City) -> list[str]:
    """Nodes of the network that pumps of the city lift to, each once."""
    named = [] if city.underpasses is None else [_text(row, "pump_node") for row in _rows(city.underpasses)]
    named += [] if city.pumps is None else [_text(row, "to_node") for row in _rows(city.pumps)]
    return [name for name in dict.fromkeys(named) if name]


def _underpass_pumps(city: City, ground: Ground, number: dict[str, int], out: Outages) -> list[Structure]:
    found: list[Structure] = []
    if city.underpasses is None:
        return found
    street = ground.street.reshape(-1)
    for row, cells in zip(_rows(city.underpasses), ground.underpass_cells, strict=True):
        cells = cells[street[cells]]
        if not row["pump_m3_s"] > 0.0 or not len(cells):
            continue
        on_depth = max(float(row["pump_on_depth_m"]), _LEAST_ON_DEPTH_M)
        found.append(
            PumpStation(
                f"underpass {row['id']}",
                cells,
                float(row["pump_m3_s"]),
                on_depth_m=on_depth,
                off_depth_m=_OFF_SHARE * on_depth,
                node=number.get(_text(row, "pump_node")),
                outages=out.get(("underpass", str(row["id"])), []),
            )
        )
    return found


def _stations(city: City, ground: Ground, scenario: Scenario, number: dict[str, int], out: Outages) -> list[Structure]:
    found: list[Structure] = []

    def cell(row: dict[str, Any], side: str) -> int:
        place = f"pumps, id {row['id']}, {side}lon"
        return _open_cell(ground, row[f"{side}x_m"], row[f"{side}y_m"], place, scenario)

    for row in [] if city.pumps is None else _rows(city.pumps):
        away = not np.isfinite(row["to_x_m"])
        found.append(
            PumpStation(
                f"pump {row['id']}",
                np.array([cell(row, "")]),
                float(row["rate_m3_s"]),
                on_depth_m=float(row["on_depth_m"]),
                off_depth_m=float(row["off_depth_m"]),
                to_cell=None if away else cell(row, "to_"),
                node=number.get(_text(row, "to_node")) if away else None,
                outages=out.get(("pump", str(row["id"])), []),
            )
        )
    return found


def _gates(city: City, ground: Ground, scenario: Scenario, rules: Rules, out: Outages) -> list[Structure]:
    found: list[Structure] = []
    bed = ground.bed.reshape(-1)
    for feature, row in enumerate([] if city.gates is None else _rows(city.gates), start=1):
        place = f"gates, feature {feature} ({row['id']})"
        faces = _faces(city, [row["geometry"]], place, scenario)
        limit = float(row["close_above_m"])
        beside = faces.beside(*city.grid.shape)
        below = beside[bed[beside] < limit]  # rain on a bank above the level says nothing about the river
        if np.isfinite(limit) and not len(below):
            message = "the ground beside the gate lies above the level at which it closes"
            expected = f"a level above {np.nanmin(bed[beside]):.2f} m"
            file = _layer_file(scenario, "gates")
            raise InputError(message, file=file, place=f"{place}, close_above_m", value=limit, expected=expected)
        found.append(
            Gate(
                f"gate {row['id']}",
                faces,
                closed_m=float(row["closed_m"]),
                sill_m=float(row["sill_m"]),
                open_at_start=bool(row["open_at_start"]),
                close_above_m=limit if np.isfinite(limit) else None,
                reopen_fall_m=rules.number("drainage.gate_reopen_fall_m"),
                watch=below,
                stuck=out.get(("gate", str(row["id"])), []),
            )
        )
    return found


def _breaches(city: City, scenario: Scenario, file: Path | None) -> list[Structure]:
    return [_breach(city, scenario, number, file) for number in range(1, len(scenario.breach) + 1)]


def _breach(city: City, scenario: Scenario, number: int, file: Path | None) -> Structure:
    breach = scenario.breach[number - 1]

    def error(key: str, message: str, value: object, expected: str) -> InputError:
        return InputError(message, file=file, place=f"[breach {number}] {key}", value=value, expected=expected)

    known = [] if city.barriers is None else [str(name) for name in city.barriers["id"] if name]
    if breach.barrier not in known:
        expected = closest(breach.barrier, known) if known else "barriers with an id: the city has none"
        raise error("barrier", "no such barrier in the city", breach.barrier, expected)
    assert city.barriers is not None
    walls = city.barriers[city.barriers["id"] == breach.barrier]
    place = transform(np.array([breach.lon]), np.array([breach.lat]), WGS84, city.grid.crs)
    x, y = float(place[0][0]), float(place[1][0])
    away = shapely.distance(walls.geometry.to_numpy(), shapely.Point(x, y))
    near = max(0.5 * breach.width_m, 2.0 * city.grid.cell_m)
    if not away.min() <= near:
        message = f"the place lies {away.min():.0f} m from the barrier"
        raise error("at", message, [breach.lon, breach.lat], f"a place within {near:.0f} m of {breach.barrier}")
    crest = float(walls["crest_m"].iloc[int(np.argmin(away))])
    if breach.to_m >= crest:
        raise error("to_m", "the crest would not drop", breach.to_m, f"a level below {crest:g} m")
    faces = _faces(city, list(walls.geometry), f"barriers, id {breach.barrier}", scenario)
    return Breach(
        f"breach {breach.barrier} {number}",
        nearest_faces(faces, city.grid, x, y, breach.width_m),
        at_s=float(minutes_to_s(breach.at_min)),
        to_m=breach.to_m,
    )


def _faces(city: City, lines: list[Any], place: str, scenario: Scenario) -> Faces:
    parts = [np.asarray(part.coords) for line in lines for part in getattr(line, "geoms", [line])]
    faces = line_faces(city.grid, [(xy[:, 0], xy[:, 1]) for xy in parts])
    if not faces.count:
        message = "the line runs along no side of a cell (outside the terrain, or shorter than half a cell)"
        expected = f"a line of {city.grid.cell_m:g} m or more on the terrain"
        raise InputError(message, file=_layer_file(scenario, place.split(",")[0]), place=place, expected=expected)
    return faces


def _layer_file(scenario: Scenario, layer: str) -> Path | None:
    """The file of a layer of the scenario's city pack, for messages; None for a city made in memory."""
    if scenario.city is None:
        return None
    found = read_city_file(scenario.city, Report(collect=True)).layers.get(layer)
    return None if found is None else found.file


def _open_cell(ground: Ground, x_m: float, y_m: float, place: str, scenario: Scenario) -> int:
    """Flat index of the cell at a place, or the nearest that is no building, where the place is under a roof."""
    grid = ground.city.grid
    row, col = (int(value) for value in grid.cell_of(x_m, y_m))
    top, left = max(row - _MOST_MOVED, 0), max(col - _MOST_MOVED, 0)
    near = np.s_[top : row + _MOST_MOVED + 1, left : col + _MOST_MOVED + 1]
    rows, cols = np.nonzero(np.isfinite(ground.bed[near]) & ~ground.building[near])
    if row < 0 or not len(rows):
        message = "the pumping station has no open ground near"
        expected = f"a place within {_MOST_MOVED} cells of street, open ground or river"
        file, value = _layer_file(scenario, "pumps"), f"{x_m:.0f}, {y_m:.0f}"
        raise InputError(message, file=file, place=place, value=value, expected=expected)
    best = int(np.argmin(np.hypot(rows + top - row, cols + left - col)))
    return int((rows[best] + top) * grid.cols + cols[best] + left)


def _rows(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    return frame.to_dict("records")


def _text(row: dict[str, Any], column: str) -> str:
    value = row.get(column, "")
    return value if isinstance(value, str) else ""
