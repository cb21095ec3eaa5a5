"""Areas that nest: the city, its districts, streets (the administrative kind) and communities."""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import Polygon, box

from data.rules_file import load_rules
from data.sample.names import SIDES, stem
from data.sample.plan import CENTRE_X_M, CENTRE_Y_M, CityPlan

LEAST_M2 = 220_000.0  # smaller superblocks join a neighbour


def draw_areas(plan: CityPlan, superblocks: list[Polygon], blocks: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The AREAS layer; every level covers the whole domain, and each area lies in its parent.

    The old town is one district, the ground outside it four. Communities are superblocks, small ones joined;
    streets are groups of communities that follow each other round the centre. A community with the station is a
    hub, one with a hospital a key area.
    """
    domain = box(*plan.grid.bounds)
    faces = np.array(superblocks)
    faces = shapely.get_parts(
        shapely.polygonize(shapely.get_parts(shapely.union_all([*(f.boundary for f in faces), domain.boundary])))
    )
    district = _district_of(plan, faces)
    faces, district = _join_small(faces, district)
    order = np.lexsort((_angle(faces), district))
    faces, district = faces[order], district[order]
    drainage = np.where(district == 0, "old_town", "new_town").astype(object)
    for use, name in (("hospital", "key_area"), ("station", "hub")):
        sites = blocks[blocks["use"] == use]
        points = shapely.points(sites["x_m"], sites["y_m"])
        drainage[np.unique(shapely.STRtree(faces).query(points, predicate="within")[1])] = name
    rows = [_row("990100", plan.name, plan.name_en, "", "city", "new_town", domain)]
    count = 0
    for number in range(5):
        mine = np.flatnonzero(district == number)
        code = f"9901{number + 1:02d}"
        zh, en = _district_name(number)
        kind = "old_town" if number == 0 else "new_town"
        rows.append(_row(code, zh, en, "990100", "district", kind, shapely.union_all(faces[mine])))
        groups = np.array_split(mine, max(round(len(mine) / 5), 1))
        for group_number, group in enumerate(groups, start=1):
            street = f"{code}{group_number:03d}"
            zh, en = stem(count)
            count += 1
            rows.append(
                _row(street, f"{zh}街道", f"{en} Subdistrict", code, "street", kind, shapely.union_all(faces[group]))
            )
            for member_number, member in enumerate(group, start=1):
                rows.append(
                    _row(
                        f"{street}{member_number:03d}",
                        f"{zh}第{member_number}社区",
                        f"{en} Community {member_number}",
                        street,
                        "community",
                        str(drainage[member]),
                        faces[member],
                    )
                )
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=plan.grid.crs)


@cache
def drainage_mm_h(kind: str) -> float:
    """Equivalent drainage capacity of a drainage class, from the rules."""
    return float(load_rules().number(f"drainage.capacity_mm_h_{kind}"))


def _row(code: str, name: str, name_en: str, parent: str, level: str, kind: str, polygon: Polygon) -> dict[str, object]:
    return {
        "code": code,
        "name": name,
        "name_en": name_en,
        "parent": parent,
        "level": level,
        "drainage_class": kind,
        "drainage_mm_h": drainage_mm_h(kind),
        "source": "synthetic",
        "geometry": polygon,
    }


def _district_name(number: int) -> tuple[str, str]:
    if number == 0:
        return "老城区", "Old Town District"
    zh, en = SIDES[(number - 1) * 2]
    return f"城{zh}新区", f"{en} New District"


def _angle(faces: np.ndarray) -> np.ndarray:
    c = shapely.centroid(faces)
    return np.round(np.arctan2(shapely.get_y(c) - CENTRE_Y_M, shapely.get_x(c) - CENTRE_X_M), 6)


def _district_of(plan: CityPlan, faces: np.ndarray) -> np.ndarray:
    """0 inside the first ring, else 1 to 4 for east, north, west, south."""
    c = shapely.point_on_surface(faces)
    dx, dy = shapely.get_x(c) - CENTRE_X_M, shapely.get_y(c) - CENTRE_Y_M
    sector = np.floor((np.arctan2(dy, dx) + np.pi / 4) / (np.pi / 2)).astype(int) % 4
    return np.where(np.hypot(dx, dy) < plan.old_town_radius_m, 0, sector + 1)


def _join_small(faces: np.ndarray, district: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join each small face, smallest first, to the neighbour of its district with the longest common border."""
    parts = dict(enumerate(faces))
    of = dict(enumerate(district))
    while True:
        small = sorted((p.area, number) for number, p in parts.items() if p.area < LEAST_M2)
        joined = False
        for _, number in small:
            face = parts[number]
            border = {
                other: parts[other].boundary.intersection(face.boundary).length
                for other in parts
                if other != number and of[other] == of[number] and parts[other].intersects(face)
            }
            best = max(border, key=lambda other: (border[other], -other), default=None)
            if best is not None and border[best] > 0.0:
                parts[best] = shapely.union_all([parts[best], face])
                del parts[number]
                joined = True
                break
        if not joined:
            break
    numbers = sorted(parts)
    return np.array([parts[n] for n in numbers]), np.array([of[n] for n in numbers])
