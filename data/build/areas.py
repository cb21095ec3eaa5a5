"""Areas from one polygon file per district, and streets from code tables that hold points alone."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from data.build.spec import AreasSpec, District, StreetTable
from data.datum import WGS84, to_wgs84, transform
from data.errors import InputError
from data.readers.tables import read_rows
from data.readers.vectors import read_layer, to_crs

_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def read_areas(spec: AreasSpec, name: str, name_en: str, crs: str) -> gpd.GeoDataFrame:
    """The AREAS layer: the city (all districts together), the districts, and their streets where points are known.

    A street (街道) is the part of its district that lies nearer to its point than to any other street's: derived, not a
    surveyed border.
    """
    rows, city = [], []
    for district in spec.districts:
        polygon = _polygon(district, spec.datum, crs)
        city.append(polygon)
        rows.append(_row(district.code, district.name, district.name_en, spec.code, "district", district, polygon))
        if district.streets is not None and spec.street_table is not None:
            rows += _streets(district, spec.street_table, spec.datum, crs, polygon)
    whole = shapely.union_all(city)
    first = {"code": spec.code, "name": name, "name_en": name_en, "parent": "", "level": "city"}
    first |= {"drainage_class": "new_town", "source": "fact", "geometry": whole}
    frame = gpd.GeoDataFrame([first, *rows], geometry="geometry", crs=crs)
    repeated = frame["code"][frame["code"].duplicated()]
    if len(repeated):
        raise InputError("area code occurs twice", place="[areas]", value=repeated.iloc[0], expected="unique codes")
    return frame


def _polygon(district: District, datum: str, crs: str) -> shapely.Geometry:
    layer = read_layer(district.polygon)
    shapes = np.asarray(layer.geometry.array)
    if not len(shapes) or not np.isin(shapely.get_type_id(shapes), _POLYGONS).all():
        raise InputError("not a polygon", file=district.polygon, expected="the polygon of one district")
    if not shapely.is_valid(shapes).all():
        raise InputError(
            "invalid polygon",
            file=district.polygon,
            value=shapely.is_valid_reason(shapes)[0],
            expected="a valid polygon (ogr2ogr -makevalid repairs many)",
        )
    source = layer.crs.to_wkt() if layer.crs is not None else WGS84
    return shapely.union_all(to_crs(shapes, source, crs, datum))


def _streets(
    district: District, table: StreetTable, datum: str, crs: str, polygon: shapely.Geometry
) -> list[dict[str, object]]:
    assert district.streets is not None
    named, points = _street_points(district, table, datum, crs)
    inside = np.flatnonzero(shapely.contains(polygon, points))
    if len(inside) < 2:
        return []
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points[inside]), extend_to=polygon))
    cell_of, point_of = shapely.STRtree(points[inside]).query(cells, predicate="intersects")
    rows = []
    for cell, point in sorted(zip(cell_of.tolist(), point_of.tolist(), strict=True), key=lambda pair: pair[1]):
        code, name = named[inside[point]]
        part = shapely.intersection(cells[cell], polygon)
        name_en = f"{district.name_en} {code.removeprefix(district.code).removesuffix('000')}"
        rows.append(_row(code, name, name_en, district.code, "street", district, part) | {"source": "derived"})
    return rows


def _street_points(
    district: District, table: StreetTable, datum: str, crs: str
) -> tuple[list[tuple[str, str]], np.ndarray]:
    """(code, name) and place of the streets of a code table without header; those without a place are left out."""
    file = district.streets
    assert file is not None
    header, lines = read_rows(file)
    named, degrees = [], []
    last = max(table.code, table.name, table.level, table.lon, table.lat)
    for number, row in [(1, header), *lines]:
        if len(row) < last:
            raise InputError("too few columns", file=file, place=f"row {number}", expected=f"{last} or more")
        if row[table.level - 1].strip() != table.street:
            continue
        place = row[table.lon - 1].strip(), row[table.lat - 1].strip()
        if not all(place):
            continue
        try:
            degrees.append((float(place[0]), float(place[1])))
        except ValueError:
            message = f"row {number}, columns {table.lon} and {table.lat}"
            raise InputError("not a place", file=file, place=message, value=place, expected="lon and lat") from None
        named.append((row[table.code - 1].strip(), row[table.name - 1].strip().removesuffix("办事处")))
    lon, lat = np.array(degrees).reshape(-1, 2).T
    x, y = transform(*to_wgs84(lon, lat, datum), WGS84, crs)
    return named, shapely.points(x, y)


def _row(
    code: str, name: str, name_en: str, parent: str, level: str, district: District, polygon: shapely.Geometry
) -> dict[str, object]:
    return {
        "code": code,
        "name": name,
        "name_en": name_en,
        "parent": parent,
        "level": level,
        "drainage_class": district.drainage_class,
        "source": "fact",
        "geometry": polygon,
    }
