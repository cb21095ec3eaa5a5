"""The main roads: rings, radials, riverside roads, and the railway they pass under."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon, box

from data.sample.names import RING_NAMES
from data.sample.plan import CENTRE, CityPlan

ROAD_WIDTH_M = {
    "trunk": 44.0,
    "primary": 40.0,
    "secondary": 32.0,
    "tertiary": 24.0,
    "residential": 20.0,
    "footway": 8.0,
}
RIVERSIDE = ("滨河路", "Riverside Road")
RAIL_HALF_WIDTH_M = 22.0
TURN_RAD = np.deg2rad(-9.0)  # the street plan is turned against the compass, as in the old town of Chengdu


@dataclass(frozen=True)
class Street:
    """A named centre line."""

    line: LineString
    road_class: str
    name: str = ""
    name_en: str = ""
    crosses_river: bool = False


def draw_arterials(plan: CityPlan) -> list[Street]:
    """Rings and radials over the whole domain, not yet cut at rivers or structures."""
    rng = plan.rng("arterials")
    domain = box(*plan.grid.bounds)
    reach = plan.half_m * 1.5
    rings = plan.ring_radii_m
    streets: list[Street] = []
    for number, radius in enumerate(rings):
        zh, en = RING_NAMES[number]
        streets.append(Street(_ring(radius, rng), "trunk", zh, en, crosses_river=True))
    streets.append(Street(_ring(0.52 * rings[0], rng), "secondary", "顺城街", "Shuncheng Street", crosses_river=True))
    inner = rings[0]
    number = 1
    while inner < reach:
        outer = next((r for r in rings if r > inner + 1.0), inner + 1_150.0)
        between = _ring(0.5 * (inner + outer), rng)
        streets.append(Street(between, "secondary", f"环{number}街", f"Circle {number} Street", number % 2 == 1))
        if outer > rings[-1]:
            streets.append(Street(_ring(outer, rng), "secondary", f"外环{number}街", f"Outer Circle {number} Street"))
        inner = outer
        number += 1
    axis = (("东", "East"), ("北", "North"), ("西", "West"), ("南", "South"))
    corner = (("东北", "Northeast"), ("西北", "Northwest"), ("西南", "Southwest"), ("东南", "Southeast"))
    for k in range(16):
        angle = TURN_RAD + k * np.pi / 8
        if k % 4 == 0:
            zh, en = axis[k // 4]
            line = _radial(angle, 0.0, reach, rng, jitter=0.0)
            streets.append(Street(line, "primary", f"天府{zh}大道", f"Tianfu Avenue {en}", True))
        elif k % 2 == 0:
            zh, en = corner[k // 4]
            line = _radial(angle, 0.52 * rings[0], reach, rng)
            streets.append(Street(line, "primary", f"蓉{zh}大道", f"Rong {en} Avenue", True))
        else:
            line = _radial(angle, rings[0], reach, rng)
            streets.append(Street(line, "secondary", f"射{k}路", f"Radial {k} Road", k % 4 == 1))
    if len(rings) > 2:
        for k in range(16):
            line = _radial(TURN_RAD + (k + 0.5) * np.pi / 8, rings[1], reach, rng)
            streets.append(Street(line, "secondary", f"支{k + 1}路", f"Branch {k + 1} Road", k % 4 == 0))
    return [part for street in streets for part in clip(street, domain)]


def clip(street: Street, area: Polygon, outside: bool = False) -> list[Street]:
    """The parts of a street inside (or outside) an area."""
    cut = street.line.difference(area) if outside else street.line.intersection(area)
    return [
        Street(part, street.road_class, street.name, street.name_en, street.crosses_river)
        for part in shapely.get_parts(cut)
        if part.geom_type == "LineString" and part.length > 1.0
    ]


def _ring(radius_m: float, rng: np.random.Generator) -> LineString:
    """A rounded square: |cos|^p + |sin|^p = (R/r)^p with p = 2.9, wobbling by one or two in a hundred."""
    theta = np.linspace(0.0, 2 * np.pi, 181)
    p = 2.9
    r = radius_m / (np.abs(np.cos(theta)) ** p + np.abs(np.sin(theta)) ** p) ** (1 / p)
    for k in (2, 3, 5):
        r *= 1 + rng.normal(0.0, 0.007) * np.cos(k * theta + rng.uniform(0, 2 * np.pi))
    xy = np.stack([r * np.cos(theta + TURN_RAD), r * np.sin(theta + TURN_RAD)], axis=1)
    xy[-1] = xy[0]
    return LineString(np.round(xy + CENTRE, 2))


def _radial(angle: float, start_m: float, end_m: float, rng: np.random.Generator, jitter: float = 0.04) -> LineString:
    r = np.arange(start_m, end_m, 60.0)
    bend = rng.normal(0.0, 0.035) * np.sin(r / 1_400.0 + rng.uniform(0, 6.28))
    theta = angle + rng.uniform(-jitter, jitter) + bend * np.clip(r / 1_000.0, 0, 1)
    xy = np.stack([r * np.cos(theta), r * np.sin(theta)], axis=1)
    return LineString(np.round(xy + CENTRE, 2))


def riverside_roads(plan: CityPlan, valley: Polygon) -> list[Street]:
    """A road along both banks of each river, on the edge of the valley."""
    edge = valley.boundary.intersection(box(*plan.grid.bounds).buffer(-1.0))
    return [
        Street(part, "tertiary", *RIVERSIDE)
        for part in shapely.get_parts(shapely.line_merge(edge))
        if part.length > 60.0
    ]


def draw_railway(plan: CityPlan) -> list[LineString]:
    """The main line round the north of the old town, and a branch southward on the east side."""
    old = plan.old_town_radius_m
    far = plan.half_m + 200.0
    main = np.array(
        [
            [-far, -0.30 * far],
            [-1.75 * old, 0.45 * old],
            [-0.5 * old, 1.62 * old],
            [1.1 * old, 1.75 * old],
            [far, 0.66 * far],
        ]
    )
    branch = np.array([[1.1 * old, 1.75 * old], [2.25 * old, 1.45 * old], [2.30 * old, -0.5 * old], [2.36 * old, -far]])
    return [_curve(main), _curve(branch)]


def _curve(points: np.ndarray) -> LineString:
    for _ in range(5):
        first = 0.75 * points[:-1] + 0.25 * points[1:]
        second = 0.25 * points[:-1] + 0.75 * points[1:]
        points = np.vstack([points[:1], np.stack([first, second], axis=1).reshape(-1, 2)[1:-1], points[-1:]])
    return LineString(np.round(points + CENTRE, 2))
