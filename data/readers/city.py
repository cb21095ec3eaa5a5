"""Reads a whole city pack into memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from data.datum import WGS84
from data.readers.area_of import area_of_points, tell_areas
from data.readers.city_file import VECTOR_LAYERS, CityFile, Layer, read_city_file
from data.readers.datum_doubt import tell_wrong_datum
from data.readers.drainage import read_drainage
from data.readers.rasters import Terrain, load_terrain, read_matching
from data.readers.report import Report
from data.readers.road_files import TntpUnits, is_noded, read_road_lines
from data.readers.roads import RoadOptions, build_network, tell_dropped
from data.readers.sensors import WATCHES, read_sensors
from data.readers.sites import OUTSIDE_AREAS, Trusted, left_out_notes, read_trusted, tell_outside_areas
from data.readers.structures import check_gates, read_structures
from data.readers.tables import read_table
from data.readers.teams import read_teams
from data.readers.trust import MESSAGES, trust_limits
from data.readers.vectors import read_vectors
from data.schema import (
    AREAS,
    BARRIERS,
    BUILDINGS,
    CANDIDATES,
    GATES,
    LAND_COVER,
    LAND_COVER_CODE,
    PEOPLE,
    RIVERS,
    SHELTERS,
    UNDERPASSES,
    City,
    DrainageNetwork,
    LeftOut,
    RoadNetwork,
    Table,
)  # fmt: skip

_VECTORS = {
    "buildings": (BUILDINGS, "polygon"),
    "barriers": (BARRIERS, "line"),
    "underpasses": (UNDERPASSES, "polygon"),
    "rivers": (RIVERS, "polygon"),
    "areas": (AREAS, "polygon"),
    "gates": (GATES, "line"),
}
_MISSING = {
    "land_cover": "no land cover: one roughness and no infiltration",
    "buildings": "no buildings: water flows through them",
    "barriers": "no barriers: walls and embankments show as far as the terrain has them",
    "underpasses": "no underpasses: none is watched or closed",
    "rivers": "no rivers: river water counts as water on the street",
    "areas": "no areas: warnings are for the city as a whole",
    "people": "no people: hazard alone, no risk and no evacuation",
    "shelters": "no shelters: nobody can be assigned",
    "roads": "no roads: nobody can walk to a shelter",
    "teams": "no teams: orders are carried out at once, and nobody rescues or fetches people",
    "drainage": "no drainage network: an equivalent capacity of each area class takes water off the street",
}


def read_city(path: str | Path) -> City:
    """The city of a pack (a folder with city.toml, or that file). Raises InputError at the first defect."""
    city = load_city(path, Report())
    assert city is not None  # a report that does not collect raises instead
    return city


def load_city(path: str | Path, report: Report) -> City | None:
    """The same with a report that may collect every defect; None where the terrain cannot be used at all."""
    pack: CityFile | None = None
    with report.attempt():
        pack = read_city_file(path, report)
    if pack is None:
        return None
    reader = _CityReader(pack, report)
    return reader.read()


class _CityReader:
    """Reads layer after layer; where the terrain is unusable the others are still checked by themselves."""

    def __init__(self, pack: CityFile, report: Report) -> None:
        self.pack = pack
        self.report = report
        self.terrain: Terrain | None = None
        self.left_out: tuple[LeftOut, ...] = ()
        self.outside: list[str] = []  # notes of people outside all areas

    def read(self) -> City | None:
        if "terrain" in self.pack.layers:
            layer = self.pack.layers["terrain"]
            with self.report.attempt():
                self.terrain = load_terrain(layer.file, self.pack.crs, layer.options["fill_holes"], self.report)
        cover, cover_table = self._land_cover()
        vectors = {name: self._vectors(name) for name in VECTOR_LAYERS}
        areas = vectors["areas"]
        if areas is not None:
            with self.report.attempt():
                tell_areas(areas, self.pack.layers["areas"].file, self.report)
        people = self._points("people", PEOPLE)
        shelters = self._points("shelters", SHELTERS)
        candidates = self._points("candidates", CANDIDATES, shelters)
        roads = self._roads()
        drainage = self._drainage()
        teams = self._teams()
        layers = {**vectors, "shelters": _frame(shelters)}
        grid = self.terrain.grid if self.terrain else None
        gone = {one.id for one in self.left_out if one.layer == "shelters"}
        structures = read_structures(self.pack, grid, layers, drainage, self.report, gone)
        sensors = self._sensors({**vectors, "pumps": structures.pumps})
        if self.terrain is None:
            return None
        people_frame = _frame(people)
        if people is not None:
            people_frame = people.frame.assign(area=self._areas_of(areas, people))
        city = City(
            name=self.pack.name,
            name_en=self.pack.name_en,
            grid=self.terrain.grid,
            terrain=self.terrain.level_m,
            land_cover=cover,
            land_cover_table=cover_table,
            people=people_frame,
            shelters=_frame(shelters),
            candidates=_frame(candidates),
            roads=roads,
            teams=teams,
            sensors=sensors,
            drainage=drainage,
            provenance=self.pack.provenance,
            synthetic=self.pack.synthetic,
            buildings=vectors["buildings"],
            barriers=vectors["barriers"],
            underpasses=vectors["underpasses"],
            rivers=vectors["rivers"],
            areas=areas,
            pumps=structures.pumps,
            gates=vectors["gates"],
            lifelines=structures.lifelines,
            river_series=structures.river_series,
            left_out=self.left_out,
        )
        tell_wrong_datum(city, self.pack, self.report)
        return replace(city, notes=self._notes())

    def _notes(self) -> tuple[str, ...]:
        missing = [words for layer, words in _MISSING.items() if layer not in self.pack.layers]
        told = [
            finding.message
            for finding in self.report.findings
            if finding.severity == "warning"
            and "unknown column" not in finding.message
            and finding.message not in (OUTSIDE_AREAS, *MESSAGES.values())
        ]
        rows = [*left_out_notes(self.left_out), *self.outside]
        return tuple(dict.fromkeys([*self.pack.notes, *missing, *told, *rows]))

    def _land_cover(self) -> tuple[np.ndarray | None, pd.DataFrame | None]:
        layer = self.pack.layers.get("land_cover")
        if layer is None:
            return None, None
        table: pd.DataFrame | None = None
        codes: np.ndarray | None = None
        with self.report.attempt():
            table = read_table(layer.options["table"], LAND_COVER, self.report)
        if self.terrain is not None:
            domain = np.isfinite(self.terrain.level_m)
            with self.report.attempt():
                values = read_matching(layer.file, self.terrain.grid, LAND_COVER_CODE, domain, report=self.report)
                codes = np.where(domain, values, 0.0).astype(np.uint8)
                self._check_codes(layer, values[domain], table)
        return codes, table

    def _check_codes(self, layer: Layer, values: np.ndarray, table: pd.DataFrame | None) -> None:
        found, count = np.unique(values, return_counts=True)
        known = found.astype(int) if table is None else table["code"].to_numpy()
        for code, cells in zip(found, count, strict=True):
            if code not in known:
                self.report.error(
                    "land-cover code without a row in the table",
                    file=layer.file,
                    place=f"{cells} cells",
                    value=float(code),
                    expected="a code of " + str(layer.options["table"]),
                )

    def _vectors(self, name: str) -> gpd.GeoDataFrame | None:
        layer = self.pack.layers.get(name)
        if layer is None:
            return None
        table, kind = _VECTORS[name]
        height = layer.options.get("height_m")
        if height is not None:
            table = Table(table.name, table.meaning, (table["geometry"], replace(table["height_m"], default=height)))
        target = self.terrain.grid.crs if self.terrain else WGS84
        frame: gpd.GeoDataFrame | None = None
        with self.report.attempt():
            frame = read_vectors(layer.file, table, kind, target, crs=layer.crs, datum=layer.datum, report=self.report)
            self._check_overlap(layer.file, frame)
            if name == "gates":
                check_gates(layer.file, frame, self.report)
        return frame

    def _check_overlap(self, file: Path, frame: gpd.GeoDataFrame) -> None:
        if self.terrain is None:
            return
        west, south, east, north = self.terrain.grid.bounds
        left, bottom, right, top = (float(v) for v in frame.total_bounds)
        if right < west or left > east or top < south or bottom > north:
            self.report.error(
                "the layer lies outside the terrain (longitude and latitude swapped, or another CRS?)",
                file=file,
                value=f"{left:.0f}, {bottom:.0f}, {right:.0f}, {top:.0f}",
                expected=f"features within {west:.0f}, {south:.0f}, {east:.0f}, {north:.0f} of {frame.crs}",
            )

    def _points(self, name: str, table: Table, existing: Trusted | None = None) -> Trusted | None:
        layer = self.pack.layers.get(name)
        found: Trusted | None = None
        if layer is not None:
            with self.report.attempt():
                if self.terrain is not None:
                    found = read_trusted(
                        layer.file, table, self.terrain.grid, trust_limits(), datum=layer.datum, report=self.report,
                        existing=None if existing is None else existing.frame,
                    )  # fmt: skip
                    self.left_out += found.left_out
                elif layer.file.suffix.lower() == ".csv":
                    read_table(layer.file, table, self.report)
        return found

    def _roads(self) -> RoadNetwork | None:
        layer = self.pack.layers.get("roads")
        if layer is None:
            return None
        target = self.terrain.grid.crs if self.terrain else WGS84
        parts: list[gpd.GeoDataFrame] = []
        for file in layer.files:
            with self.report.attempt():
                parts.append(self._road_lines(file, layer, target))
        if self.terrain is None or len(parts) < len(layer.files):
            return None
        lines = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=target)
        default = RoadOptions()
        snap_m = layer.options["snap_m"]
        noded = layer.options["noded"] or (len(parts) == 1 and is_noded(layer.file))
        options = replace(default, snap_m=default.snap_m if snap_m is None else snap_m, noded=noded)
        network: RoadNetwork | None = None
        with self.report.attempt():
            network = build_network(lines, options)
            tell_dropped(layer.file, network, self.report, options)
        return network

    def _teams(self) -> pd.DataFrame | None:
        layer = self.pack.layers.get("teams")
        teams: pd.DataFrame | None = None
        if layer is not None:
            grid = self.terrain.grid if self.terrain else None
            with self.report.attempt():
                teams = read_teams(layer.file, grid, datum=layer.datum, report=self.report)
        return teams

    def _sensors(self, layers: Mapping[str, pd.DataFrame | None]) -> pd.DataFrame | None:
        layer = self.pack.layers.get("sensors")
        sensors: pd.DataFrame | None = None
        if layer is not None:
            grid = self.terrain.grid if self.terrain else None
            assets = {
                name: set(frame["name" if name == "rivers" else "id"].astype(str))
                for name, frame in layers.items()
                if frame is not None and name in WATCHES.values()
            }
            with self.report.attempt():
                sensors = read_sensors(layer.file, grid, datum=layer.datum, report=self.report, assets=assets)
        return sensors

    def _drainage(self) -> DrainageNetwork | None:
        layer = self.pack.layers.get("drainage")
        network: DrainageNetwork | None = None
        if layer is not None:
            terrain = self.terrain
            with self.report.attempt():
                network = read_drainage(
                    layer.file, terrain.grid if terrain else None, terrain.level_m if terrain else None,
                    crs=layer.crs, datum=layer.datum, report=self.report, **layer.options,
                )  # fmt: skip
        return network

    def _road_lines(self, file: Path, layer: Layer, target: str) -> gpd.GeoDataFrame:
        units = TntpUnits(*(layer.options[key] for key in ("nodes", "length_unit", "time_unit")))
        frame = read_road_lines(file, target, crs=layer.crs, datum=layer.datum, tntp=units, report=self.report)
        self._check_overlap(file, frame)
        return frame

    def _areas_of(self, areas: gpd.GeoDataFrame | None, people: Trusted) -> np.ndarray:
        if areas is None:
            return np.full(len(people.frame), "", dtype=object)
        code = area_of_points(areas, people.frame["x_m"].to_numpy(), people.frame["y_m"].to_numpy())
        self.outside += tell_outside_areas(people, code, self.pack.layers["people"].file, self.report)
        return code


def _frame(found: Trusted | None) -> pd.DataFrame | None:
    return None if found is None else found.frame
