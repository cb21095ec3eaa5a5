"""Builds the measures of a scenario into a city: the same city with other ground, pumps, pipes and areas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from rasterio.features import rasterize
from rasterio.transform import Affine

from data.datum import WGS84, transform
from data.errors import InputError
from data.rules_file import Rules
from data.schema import AREA_LEVELS, PUMPS, City, SpongeGround
from data.suggest import closest
from data.units import mm_h_to_m_s, mm_to_m
from sim.ground import building_heights
from sim.measures import Drainage, GreenRoof, Inlets, Measure, Pipes, PondingPark, Pump, Sponge, Tank
from sim.sewer_measures import clean_inlets, repair_pipes, tank_at_node


def apply_measures(city: City, measures: tuple[Measure, ...], rules: Rules) -> City:
    """The city with every measure built, one after the other; InputError where one does not fit the city."""
    for measure in measures:
        city = _BUILD[type(measure)](city, measure, rules)
    return city


def _sponge(city: City, measure: Sponge, rules: Rules) -> City:
    cells = _ground(city) & _in_areas(city, measure, measure.areas) & _covered(city, measure, measure.land_cover)
    _expect_cells(measure, cells)
    return _soaked(
        city,
        np.where(cells, measure.share * mm_to_m(measure.storage_mm), 0.0),
        np.where(cells, measure.share * mm_h_to_m_s(measure.infiltration_mm_h), 0.0),
    )


def _green_roof(city: City, measure: GreenRoof, rules: Rules) -> City:
    cells = _roofs(city) & _in_areas(city, measure, measure.areas)
    _expect_cells(measure, cells)
    return _soaked(city, np.where(cells, measure.share * mm_to_m(measure.storage_mm), 0.0), np.zeros(city.grid.shape))


def _tank(city: City, measure: Tank, rules: Rules) -> City:
    """On the street a tank is storage below the lowest of the nine cells round its place."""
    if measure.at is None:
        return tank_at_node(city, measure)
    row, col = _cell_at(city, measure, "at", measure.at)
    near = np.zeros(city.grid.shape, bool)
    near[max(row - 1, 0) : row + 2, max(col - 1, 0) : col + 2] = True
    near &= _ground(city)
    _expect_cells(measure, near)
    lowest = np.argmin(np.where(near, city.terrain, np.inf))
    storage = np.zeros(city.grid.shape)
    storage.reshape(-1)[lowest] = measure.volume_m3 / city.grid.cell_area_m2
    return _soaked(city, storage, np.zeros(city.grid.shape))


def _ponding_park(city: City, measure: PondingPark, rules: Rules) -> City:
    lowered = np.zeros(city.grid.shape, bool)
    if measure.land_cover:
        lowered |= _in_areas(city, measure, measure.areas) & _covered(city, measure, measure.land_cover)
    for site in measure.sites:
        lowered |= _site_ground(city, measure, site)
    lowered &= _ground(city)
    _expect_cells(measure, lowered)
    shelters = city.shelters
    if shelters is not None and len(shelters):
        row, col = city.grid.cell_of(shelters["x_m"].to_numpy(float), shelters["y_m"].to_numpy(float))
        wet = ((row >= 0) & lowered[row, col]) | shelters["id"].isin(measure.sites).to_numpy()
        shelters = shelters.assign(fit_for_flood=shelters["fit_for_flood"].to_numpy(bool) & ~wet)
    return replace(city, terrain=np.where(lowered, city.terrain - measure.depth_m, city.terrain), shelters=shelters)


def _pump(city: City, measure: Pump, rules: Rules) -> City:
    pumps = pd.DataFrame(columns=[*PUMPS.names, "x_m", "y_m", "to_x_m", "to_y_m"]) if city.pumps is None else city.pumps
    if (pumps["id"] == measure.id).any():
        raise _error(measure, "id", "the city has a pumping station of this id", measure.id, "an id of its own")
    _cell_at(city, measure, "at", measure.at)
    if measure.to is not None:
        _cell_at(city, measure, "to", measure.to)
    to = (np.nan, np.nan) if measure.to is None else measure.to
    x_m, y_m = _metric(city, measure.at)
    to_x_m, to_y_m = (np.nan, np.nan) if measure.to is None else _metric(city, measure.to)
    row = {
        "id": measure.id, "name": measure.name, "name_en": measure.name_en, "lon": measure.at[0],
        "lat": measure.at[1], "rate_m3_s": measure.rate_m3_s, "on_depth_m": measure.on_depth_m,
        "off_depth_m": measure.off_depth_m, "to_lon": to[0], "to_lat": to[1], "to_node": "", "source": "",
        "x_m": x_m, "y_m": y_m, "to_x_m": to_x_m, "to_y_m": to_y_m,
    }  # fmt: skip
    added = pd.DataFrame([row])
    return replace(city, pumps=added if pumps.empty else pd.concat([pumps, added[pumps.columns]], ignore_index=True))


def _pipes(city: City, measure: Pipes, rules: Rules) -> City:
    _check_areas(city, measure, measure.areas)
    return repair_pipes(city, measure)


def _inlets(city: City, measure: Inlets, rules: Rules) -> City:
    _check_areas(city, measure, measure.areas)
    return clean_inlets(city, measure, rules)


def _drainage(city: City, measure: Drainage, rules: Rules) -> City:
    if city.areas is None or city.areas.empty:
        raise _error(measure, "mm_h", "the city has no areas to give a capacity", None, "a city pack with areas")
    _check_areas(city, measure, measure.areas)
    chosen = set(measure.areas or city.areas["code"])
    rank = city.areas["level"].map(AREA_LEVELS.index)
    for row in rank.sort_values(kind="stable").index:  # from above, so that what lies below follows
        if city.areas["parent"][row] in chosen:
            chosen.add(city.areas["code"][row])
    mm_h = city.areas["drainage_mm_h"].where(~city.areas["code"].isin(chosen), measure.mm_h)
    return replace(city, areas=city.areas.assign(drainage_mm_h=mm_h))


_BUILD: dict[type, Callable[[City, Any, Rules], City]] = {
    Sponge: _sponge,
    GreenRoof: _green_roof,
    Tank: _tank,
    PondingPark: _ponding_park,
    Pump: _pump,
    Pipes: _pipes,
    Inlets: _inlets,
    Drainage: _drainage,
}


def _soaked(city: City, storage_m: np.ndarray, rate_m_s: np.ndarray) -> City:
    before = city.sponge
    if before is not None:
        storage_m, rate_m_s = before.storage_m + storage_m, before.rate_m_s + rate_m_s
    return replace(city, sponge=SpongeGround(storage_m, rate_m_s))


def _roofs(city: City) -> np.ndarray:
    return (building_heights(city.grid, city.buildings) > 0.0) & np.isfinite(city.terrain)


def _ground(city: City) -> np.ndarray:
    """Cells where something can be built: inside the domain, neither building nor river."""
    river = np.zeros(city.grid.shape, bool) if city.rivers is None else _painted(city, city.rivers.geometry)
    return np.isfinite(city.terrain) & ~_roofs(city) & ~river


def _painted(city: City, shapes: Any) -> np.ndarray:
    if not len(shapes):
        return np.zeros(city.grid.shape, bool)
    affine = Affine(*city.grid.affine)
    return rasterize(list(shapes), out_shape=city.grid.shape, transform=affine, fill=0, dtype="uint8") > 0


def _in_areas(city: City, measure: Measure, codes: tuple[str, ...]) -> np.ndarray:
    if not codes:
        return np.ones(city.grid.shape, bool)
    _check_areas(city, measure, codes)
    assert city.areas is not None
    return _painted(city, city.areas.geometry[city.areas["code"].isin(codes)])


def _covered(city: City, measure: Measure, codes: tuple[int, ...]) -> np.ndarray:
    if not codes:
        return np.ones(city.grid.shape, bool)
    if city.land_cover is None or city.land_cover_table is None:
        raise _error(measure, "land_cover", "the city has no land cover", list(codes), "a city pack with land_cover")
    known = city.land_cover_table["code"].tolist()
    for code in codes:
        if code not in known:
            raise _error(measure, "land_cover", "unknown land-cover code", code, f"one of {sorted(known)}")
    return np.isin(city.land_cover, codes)


def _site_ground(city: City, measure: PondingPark, site: str) -> np.ndarray:
    """Cells within the circle of a site's area round it, of the land cover that it stands on."""
    shelters = city.shelters
    if shelters is None or not (shelters["id"] == site).any():
        known = [] if shelters is None else shelters["id"].tolist()
        raise _error(measure, "sites", "unknown shelter site", site, closest(site, known) if known else "no sites")
    row = shelters[shelters["id"] == site].iloc[0]
    if bool(row["indoor"]):
        raise _error(measure, "sites", "a building is no park", site, "sites on open ground")
    grid = city.grid
    at_row, at_col = (int(k) for k in grid.cell_of(float(row["x_m"]), float(row["y_m"])))
    if at_row < 0:
        raise _error(measure, "sites", "the site lies outside the terrain", site, "a site on the terrain")
    distance = np.hypot(
        grid.x_centres[None, :] - grid.x_centres[at_col], grid.y_centres[:, None] - grid.y_centres[at_row]
    )
    cells = distance <= np.sqrt(float(row["area_m2"]) / np.pi)
    if city.land_cover is not None:
        cells &= city.land_cover == city.land_cover[at_row, at_col]
    return cells


def _check_areas(city: City, measure: Measure, codes: tuple[str, ...]) -> None:
    known = [] if city.areas is None else city.areas["code"].tolist()
    for code in codes:
        if code not in known:
            expected = closest(code, known) if known else "a city pack with areas"
            raise _error(measure, "areas", "unknown area", code, expected)


def _cell_at(city: City, measure: Measure, key: str, place: tuple[float, float]) -> tuple[int, int]:
    row, col = (int(k) for k in city.grid.cell_of(*_metric(city, place)))
    if row < 0 or not np.isfinite(city.terrain[row, col]):
        raise _error(measure, key, "the place lies outside the terrain", list(place), "[longitude, latitude] in it")
    return row, col


def _metric(city: City, place: tuple[float, float]) -> tuple[float, float]:
    x_m, y_m = transform(np.array(place[0]), np.array(place[1]), WGS84, city.grid.crs)
    return float(x_m), float(y_m)


def _expect_cells(measure: Measure, cells: np.ndarray) -> None:
    if not cells.any():
        raise _error(measure, measure.kind, "nothing to build on there", None, "streets, open ground or roofs")


def _error(measure: Measure, key: str, message: str, value: object, expected: str) -> InputError:
    return InputError(message, place=f'[measure "{measure.id}"] {key}', value=value, expected=expected)
