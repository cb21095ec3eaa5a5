"""A sewer network out of a SWMM input: tables in SI and the metric CRS of the city, with the census joined to it."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.datum import WGS84, is_metric, to_wgs84, transform, utm_crs
from data.readers.report import Report
from data.readers.tables import read_numbered
from data.schema import INLETS, PIPES, DrainageNetwork, Inp
from data.swmm.files import named_files
from data.swmm.inp import Row, options, sections
from data.swmm.links import read_links
from data.swmm.nodes import read_nodes, set_rims
from data.swmm.rows import RowReader
from data.swmm.units import METRE_OF, flow_units


def read_network(
    inp: Inp,
    *,
    crs: str | None = None,
    target_crs: str | None = None,
    datum: str = "WGS84",
    inlets: Path | None = None,
    pipes: Path | None = None,
    hotstart: Path | None = None,
    report: Report | None = None,
) -> DrainageNetwork:
    """Nodes, links, inlets and subcatchments of a SWMM input.

    `crs` is that of its coordinates (None: the target's), `target_crs` that of the city (None: the UTM zone of the
    network where `crs` is known, else the coordinates as they stand). `inlets` and `pipes` are CSV files of INLETS
    and PIPES; without `hotstart` the one that the input names counts. Raises InputError for the first row that cannot
    be read; a collecting report keeps them all.
    """
    told = report or Report()
    mark = told.mark()
    rows = sections(inp, told)
    setting = {name: value for name, (value, _) in options(rows).items()}
    units = _units(rows, inp, told)
    reader = RowReader(inp, told)
    nodes = read_nodes(rows, METRE_OF[units], reader)
    links = read_links(rows, nodes, setting, METRE_OF[units], reader)
    set_rims(nodes, links, rows)
    places = _Places(rows, reader, crs, target_crs, datum)
    nodes["x_m"], nodes["y_m"] = places.of_nodes(nodes["name"])
    told.stop_since(mark)
    lines = gpd.GeoDataFrame(links, geometry=places.of_links(links, nodes), crs=places.target)
    return DrainageNetwork(
        inp=inp,
        nodes=nodes,
        links=_with_census(lines, pipes, told),
        inlets=_inlets(inlets, nodes, places.target, datum, told),
        flow_units=units,
        has_subcatchments=bool(rows.get("SUBCATCHMENTS")),
        hotstart=hotstart or _own_hotstart(rows, inp),
        subcatchments=places.subcatchments(),
        crs=crs,
        datum=datum,
    )


def _units(rows: dict[str, list[Row]], inp: Inp, report: Report) -> str:
    value, row = options(rows).get("FLOW_UNITS", ("CFS", None))
    if row is not None and not value.upper().startswith(tuple(METRE_OF)):
        report.error("unknown flow units", file=inp.file, place=row.place, value=value, expected=", ".join(METRE_OF))
    return flow_units({"FLOW_UNITS": value})


def _own_hotstart(rows: dict[str, list[Row]], inp: Inp) -> Path | None:
    """The hot start file that the input itself begins from."""
    return next((named.path for named in named_files(rows, inp) if named.use == "hotstart"), None)


class _Places:
    """Coordinates of the file on their way into the metric CRS of the city."""

    def __init__(
        self, rows: dict[str, list[Row]], reader: RowReader, crs: str | None, target: str | None, datum: str
    ) -> None:
        self.rows = rows
        self.datum = datum
        self._points = {name: self._read(name, reader) for name in ("COORDINATES", "VERTICES", "POLYGONS")}
        self.source = crs or target
        self.target = target or (self._own_zone(crs) if crs else None)

    def of_nodes(self, names: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        """East and north (m) of nodes; NaN without coordinates. Of a node that stands twice the last counts."""
        found, x, y = self._points["COORDINATES"]
        last = {name: position for position, name in enumerate(found)}
        at = np.array([last.get(name, -1) for name in names], dtype=np.int64)
        x, y = self._moved(np.append(x, np.nan), np.append(y, np.nan))
        return x[at], y[at]

    def of_links(self, links: pd.DataFrame, nodes: pd.DataFrame) -> np.ndarray:
        """Lines from node to node through the vertices; None where an end has no coordinates."""
        found, x, y = self._points["VERTICES"]
        x, y = self._moved(x, y)
        between: dict[str, list[tuple[float, float]]] = {}
        for name, point in zip(found, zip(x.tolist(), y.tolist(), strict=True), strict=True):
            between.setdefault(name, []).append(point)
        ends = list(zip(nodes["x_m"].tolist(), nodes["y_m"].tolist(), strict=True))
        lines = np.full(len(links), None, dtype=object)
        for number, (name, tail, head) in enumerate(zip(links["name"], links["tail"], links["head"], strict=True)):
            if tail >= 0 and head >= 0 and np.isfinite([*ends[tail], *ends[head]]).all():
                lines[number] = shapely.LineString([ends[tail], *between.get(name, ()), ends[head]])
        return lines

    def subcatchments(self) -> gpd.GeoDataFrame | None:
        """Polygons of subcatchments with their outlets; None where the file draws none."""
        found, x, y = self._points["POLYGONS"]
        x, y = self._moved(x, y)
        outlet = {row.tokens[0]: row.token(2) for row in self.rows.get("SUBCATCHMENTS", ())}
        corners: dict[str, list[tuple[float, float]]] = {}
        for name, point in zip(found, zip(x.tolist(), y.tolist(), strict=True), strict=True):
            if name in outlet:
                corners.setdefault(name, []).append(point)
        names = [name for name, points in corners.items() if len(points) > 2]
        if not names:
            return None
        shapes = shapely.make_valid(np.array([shapely.Polygon(corners[name]) for name in names], dtype=object))
        return gpd.GeoDataFrame(
            {"name": names, "outlet": [outlet[name] for name in names]}, geometry=shapes, crs=self.target
        )

    def _read(self, section: str, reader: RowReader) -> tuple[list[str], np.ndarray, np.ndarray]:
        found = [
            (row.tokens[0], reader.number(row, 1, "x"), reader.number(row, 2, "y"))
            for row in self.rows.get(section, ())
            if reader.has(row, 3)
        ]
        return [name for name, _, _ in found], np.array([x for _, x, _ in found]), np.array([y for _, _, y in found])

    def _moved(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self.source is None or self.target is None:
            return x, y
        x, y = self._degrees(x, y) if self.datum != "WGS84" else (x, y)
        source = WGS84 if self.datum != "WGS84" else self.source
        if source == self.target:
            return x, y
        x, y = transform(x, y, source, self.target)
        return np.where(np.isfinite(x), x, np.nan), np.where(np.isfinite(y), y, np.nan)

    def _degrees(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert self.source is not None
        return to_wgs84(*transform(x, y, self.source, WGS84), self.datum)

    def _own_zone(self, crs: str) -> str:
        """The CRS itself where it is metric, else the UTM zone of the middle of the network."""
        if is_metric(crs):
            return crs
        _, x, y = self._points["COORDINATES"]
        good = np.isfinite(x) & np.isfinite(y)
        if not good.any():
            return crs
        lon, lat = transform(x[good], y[good], crs, WGS84)
        here = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 84.0)
        return utm_crs(float(np.median(lon[here])), float(np.median(lat[here]))) if here.any() else crs


def _with_census(links: gpd.GeoDataFrame, file: Path | None, report: Report) -> gpd.GeoDataFrame:
    """The links with the columns of PIPES: grade 0 and no system where the census did not look."""
    links = links.assign(condition_grade=np.int64(0), blocked_share=0.0, system="", repair_cost=np.nan)
    if file is None:
        return links
    mark = report.mark()
    found, names = read_numbered(file, PIPES, report)
    place = {name: number for number, name in enumerate(links["name"])}
    at = np.array([place.get(name, -1) for name in found["id"]], dtype=np.int64)
    _tell_unknown(at < 0, "unknown link", found["id"], names, "id", file, report)
    report.stop_since(mark)
    for column in ("condition_grade", "blocked_share", "system", "repair_cost"):
        values = links[column].to_numpy(copy=True)
        values[at] = found[column].to_numpy()
        links[column] = values
    return links


def _inlets(file: Path | None, nodes: pd.DataFrame, crs: str | None, datum: str, report: Report) -> pd.DataFrame:
    """The rows of INLETS with x_m, y_m and the number of their node."""
    if file is None:
        empty = {field.name: pd.Series(dtype=object if field.dtype == "text" else float) for field in INLETS}
        return pd.DataFrame(empty).assign(x_m=0.0, y_m=0.0, node_index=np.int64(0))
    mark = report.mark()
    found, names = read_numbered(file, INLETS, report)
    place = {name: number for number, name in enumerate(nodes["name"])}
    at = np.array([place.get(name, -1) for name in found["node"]], dtype=np.int64)
    _tell_unknown(at < 0, "unknown node", found["node"], names, "node", file, report)
    report.stop_since(mark)
    found["lon"], found["lat"] = to_wgs84(found["lon"].to_numpy(), found["lat"].to_numpy(), datum)
    x, y = found["lon"].to_numpy(), found["lat"].to_numpy()
    if crs is not None:
        x, y = transform(x, y, WGS84, crs)
    return found.assign(x_m=x, y_m=y, node_index=at)


def _tell_unknown(
    bad: np.ndarray, message: str, values: pd.Series, rows: list[str], column: str, file: Path, report: Report
) -> None:
    where = np.flatnonzero(bad).tolist()
    if where:
        report.row_errors(
            message, file=file, column=column, rows=[rows[i] for i in where],
            values=[str(values.iloc[i]) for i in where], expected="a name of the network",
        )  # fmt: skip
