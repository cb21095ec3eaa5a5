"""A small made-up drill for the tests of what goes out: one square city, five frames, every kind of thing in it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from data.schema import AREAS_RESULT, PLAN, City, Grid, RoadNetwork
from hazards import WaterBook
from hazards.drains.accounts import DrainsResult
from sim.result import CLOSURE_COLUMNS, AreaOrder, Event, Evidence, Result, RiskParts, ShelterUse, Warning
from tests.api.result_drains import make_drains, make_mishaps, make_network, make_structures, pumps_and_gates

CRS = "EPSG:32648"
START = datetime(2026, 7, 15, 20, 0, tzinfo=timezone(timedelta(hours=8)))
GRID = Grid(80, 80, 25.0, 411_000.0, 3_394_000.0, CRS)
FRAMES_S = np.arange(0.0, 4 * 3600.0 + 1.0, 1800.0)
STREETS = (
    ("510199001", "锦河街道", "Jinhe Street", "old_town"),
    ("510199002", "东桥街道", "Dongqiao Street", "new_town"),
    ("510199003", "南门街道", "Nanmen Street", "key_area"),
    ("XQ-04", "西泉街道", "Xiquan Street", "new_town"),
)
_TO_WGS84 = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)


def lonlat(geometry: Any) -> Any:
    """The geometry in WGS84."""
    return shapely.transform(geometry, _TO_WGS84.transform, interleaved=False)


def street_polygon(index: int) -> Polygon:
    """One quarter of the square city, metric."""
    west, south, _, _ = GRID.bounds
    x, y = west + 1000.0 * (index % 2), south + 1000.0 * (index // 2)
    return box(x, y, x + 1000.0, y + 1000.0)


def make_city(drains: bool = True) -> City:
    """The city: four streets, a river, a road lattice, two underpasses, a street sewer."""
    rows, cols = np.mgrid[0:80, 0:80]
    terrain = 500.0 - 0.08 * rows - 0.05 * cols
    west, south, east, north = GRID.bounds
    areas = gpd.GeoDataFrame(
        {
            "code": ["510199", *(s[0] for s in STREETS)],
            "name": ["样例市", *(s[1] for s in STREETS)],
            "name_en": ["Sample city", *(s[2] for s in STREETS)],
            "parent": ["", *["510199"] * 4],
            "level": ["city", *["street"] * 4],
            "drainage_class": ["new_town", *(s[3] for s in STREETS)],
        },
        geometry=[box(west, south, east, north), *(street_polygon(i) for i in range(4))],
        crs=CRS,
    )
    river = Polygon([(west, north - 300), (east, north - 700), (east, north - 780), (west, north - 380)])
    rivers = gpd.GeoDataFrame({"name": ["府河"], "name_en": ["Fu River"]}, geometry=[river], crs=CRS)
    pumps, gates = pumps_and_gates(GRID)
    return City(
        "样例市",
        "Sample city",
        GRID,
        terrain,
        rivers=rivers,
        areas=areas,
        roads=_roads(),
        drainage=make_network(GRID) if drains else None,
        pumps=pumps,
        gates=gates,
        provenance={"terrain": "synthetic: plane", "people": "synthetic: drawn", "areas": "derived: quarters"},
        synthetic=("terrain", "people", "shelters"),
        notes=("no drainage network: equivalent capacity is used",),
    )


def _roads() -> RoadNetwork:
    west, south, _, _ = GRID.bounds
    xs, ys = np.meshgrid(west + 20 + 195.0 * np.arange(11), south + 20 + 195.0 * np.arange(11))
    nodes = pd.DataFrame({"x_m": xs.ravel(), "y_m": ys.ravel()})
    pairs = [(r * 11 + c, r * 11 + c + 1) for r in range(11) for c in range(10)]
    pairs += [(r * 11 + c, (r + 1) * 11 + c) for r in range(10) for c in range(11)]
    pairs += [(b, a) for a, b in pairs]
    xy = nodes.to_numpy()
    edges = gpd.GeoDataFrame(
        {
            "tail": [a for a, _ in pairs],
            "head": [b for _, b in pairs],
            "length_m": 195.0,
            "road_class": ["primary" if a % 11 == 5 and b % 11 == 5 else "residential" for a, b in pairs],
            "lanes": 1,
            "speed_m_s": 8.3,
            "bridge": False,
            "underpass": False,
            "id": [f"r{i}" for i in range(len(pairs))],
        },
        geometry=[LineString([xy[a], xy[b]]) for a, b in pairs],
        crs=CRS,
    )
    return RoadNetwork(nodes, edges)


def make_flood(peak_m: float = 1.6, drains: DrainsResult | None = None) -> SimpleNamespace:
    """Four pools that rise for two hours and fall again; enough of a FloodRun for what goes out."""
    rows, cols = np.mgrid[0:80, 0:80].astype(float)
    pools = [(55, 20, 9, 1.0), (60, 62, 7, 0.7), (20, 60, 6, 0.45), (35, 35, 12, 0.25)]
    shape = sum(a * np.exp(-((rows - r) ** 2 + (cols - c) ** 2) / (2 * s * s)) for r, c, s, a in pools)
    rise = np.interp(FRAMES_S, [0, 1800, 6300, 14400], [0, 0.1, 1.0, 0.25])
    depth = (peak_m * rise[:, None, None] * shape[None]).astype(np.float32)
    depth[depth < 0.01] = 0.0
    depth[:, :3, :] = np.nan
    largest = np.nan_to_num(depth).max(axis=0)
    hazard = np.digitize(largest, [0.05, 0.3, 0.5, 1.2, 2.0]).astype(np.uint8)
    return SimpleNamespace(
        time_s=FRAMES_S,
        depth=depth,
        bed=np.where(np.isnan(depth[0]), np.nan, 500.0),
        maxima=SimpleNamespace(max_depth=largest, max_hazard=hazard),
        book=WaterBook(
            initial_m3=1.2e4,
            rain_m3=4.2e5,
            inflow_m3=0.0,
            outflow_m3=1.5e5,
            infiltrated_m3=1.1e5,
            drained_m3=1.2e5 - (0.0 if drains is None else 7.71e3),
            stored_m3=5.2e4,
            to_sewers_m3=0.0 if drains is None else 9.01e3,
            from_sewers_m3=0.0 if drains is None else 1.3e3,
        ),
        drains=drains,
        cell_m=GRID.cell_m,
        max_depth_m=float(largest.max()),
    )


def make_warnings() -> tuple[Warning, ...]:
    """One chain of Alert, Update and Cancel, one red Alert, one blue one without people."""
    evidence = (Evidence("people_h3_up", 1250.0, 1000.0, "persons"), Evidence("rain_3h", 0.0563, 0.05, "m"))
    uses = (ShelterUse("S1", "锦河中学", "Jinhe School", 900, 14.0), ShelterUse("S2", "人民公园", "Park", 350, 22.5))
    near = lonlat(street_polygon(0))
    far = lonlat(MultiPolygon([street_polygon(1).buffer(-50), street_polygon(3).buffer(-150)]))

    def warning(number: int, street: int, level: int, kind: str, references: str, sent: float, **more: Any) -> Warning:
        code, name, name_en, _ = STREETS[street]
        values: dict[str, Any] = {
            "onset_s": sent + 1500.0,
            "expires_s": sent + 21600.0,
            "lead_time_min": 25.0,
            "people_at_risk": 1250,
            "evidence": evidence,
            "shelters": uses,
            "leave_by_s": sent + 1200.0,
            "polygon": near,
            "risk": RiskParts(300.0, 100.0, 80.0, 400.0, 60.0),
        } | more
        return Warning(f"w{number}", code, name, name_en, "waterlogging", level, kind, references, sent, **values)

    quiet = {"people_at_risk": 0, "shelters": (), "leave_by_s": None}
    return (
        warning(1, 0, 2, "Alert", "", 1800.0),
        warning(2, 0, 3, "Update", "w1", 3600.0),
        warning(3, 0, 0, "Cancel", "w2", 13_000.0, onset_s=13_000.0, lead_time_min=0.0, **quiet),
        warning(4, 1, 4, "Alert", "", 3600.0, onset_s=3600.0, lead_time_min=0.0, polygon=far, people_at_risk=2300),
        warning(5, 3, 1, "Alert", "", 3600.0, polygon=lonlat(street_polygon(3)), **quiet),
    )


def _areas(danger: bool) -> pd.DataFrame:
    rows = []
    for i, (code, name, name_en, drainage) in enumerate(STREETS):
        counts = [4000, 900, 700, 350, 60, 0] if danger and i < 2 else [1500, 0, 0, 0, 0, 0]
        limit = {"old_town": 3.0, "new_town": 4.0, "key_area": 2.0}[drainage]
        hours = [3.6, 2.1, 0.4, 0.0][i] if danger else 0.0
        score = [300.0 * danger, 100.0 * danger, 80.0 * danger, 400.0 * danger, 60.0 * danger]
        people = [9000 + 500 * i, *counts, *score, 5000.0]
        warned = ["orange", "red", "none", "blue"][i] if danger else "none"
        deepest, ponded_m2 = [1.6, 1.1, 0.4, 0.1][i] * danger, 9e4 * (4 - i) * danger
        water = [1e6, deepest, ponded_m2, ponded_m2 / 1.5e4, hours, limit, hours <= limit, True]
        share = [0.08, 0.04, 0.01, 0.0][i] * danger
        sea = [share, share <= 0.03, True, [1.5, 1.0, 0.4, 0.1][i] * danger, 104.06 + 0.01 * i, 30.66]
        evacuated = [[1250, 2300, 0, 0][i] * danger, [40, 60, 0, 0][i] * danger]
        rows.append([code, name, name_en, "street", drainage, *water, *sea, *people, warned, *evacuated])
    return pd.DataFrame(rows, columns=list(AREAS_RESULT.names))


def _sites() -> pd.DataFrame:
    rows = [
        ("S1", "锦河中学", "Jinhe School", 0.30, 0.62, "school", True, 1800.0, 900, 900, 900, np.nan, 45, "", "full"),
        ("S2", "人民公园", "People's Park", 0.70, 0.70, "park", False, 4000.0, 2000, 1400, 1310, np.nan, 0, "", "part"),
        ("S3", "东桥体育馆", "Dongqiao Stadium", 0.72, 0.25, "stadium", True, 2400.0, 1200, 600, 120, 5400.0, 30,
         "flooded", "flooded"),
        ("S4", "西泉广场", "Xiquan Square", 0.20, 0.85, "square", False, 3000.0, 0, 0, 0, np.nan, 0,
         "open_air", "empty"),
    ]  # fmt: skip
    west, south, _, _ = GRID.bounds
    out = []
    for id_, name, name_en, fx, fy, kind, indoor, m2, capacity, assigned, peak, closed, turned, out_for, status in rows:
        x, y = west + fx * 2000.0, south + fy * 2000.0
        lon, lat = _TO_WGS84.transform(x, y)
        per_person = m2 / peak if peak else np.nan
        out.append((id_, name, name_en, lon, lat, x, y, kind, indoor, m2, capacity, assigned, peak, closed, turned))
        out[-1] += (per_person, max(0, peak - capacity), out_for, status)
    columns = "id name name_en lon lat x_m y_m site_type indoor effective_m2 capacity assigned peak closed_s"
    more = ["turned_away", "m2_per_person_at_peak", "overflow", "excluded", "status"]
    return pd.DataFrame(out, columns=[*columns.split(), *more])


def _timeline(danger: bool) -> pd.DataFrame:
    t = np.arange(0.0, 14_401.0, 300.0)
    ordered = np.where(t >= 3600.0, 3550, 0) * danger
    refused = (ordered * 0.1).astype(int)
    out = np.interp(t, [3600, 12_000], [0.0, 1.0])
    stranded = (ordered * 0.02 * out).astype(int)
    sheltered = ((ordered - refused) * 0.66 * out).astype(int)
    home = ((ordered - refused) * np.interp(t, [3600, 9000], [1.0, 0.05])).astype(int)
    turned = (75 * out * danger).astype(int)
    home = np.minimum(home, ordered - refused - stranded - sheltered - turned)
    moving = ordered - refused - stranded - sheltered - turned - home
    rise = np.interp(t, [0, 1800, 6300, 14400], [0, 0.1, 1.0, 0.25]) * danger
    return pd.DataFrame(
        {
            "time_s": t,
            "rain_mm_h": np.interp(t, [0, 2900, 3000, 7200, 7201], [12, 130, 130, 20, 0]),
            "volume_m3": 4e5 * rise,
            "ponded_m2": 6e5 * rise,
            "people_h2_up": (3200 * rise).astype(int),
            "people_h3_up": (2220 * rise).astype(int),
            "roads_closed_m": 9000 * rise,
            "ordered": ordered,
            "unordered": 0,
            "home": home,
            "moving": moving - moving // 4,
            "waiting": moving // 4 - moving // 8,
            "riding": 0,
            "at_door": moving // 8,
            "sheltered": sheltered,
            "stranded": stranded,
            "refused": refused,
            "turned_away": turned,
        }
    )


def _plan() -> pd.DataFrame:
    rows = [
        (f"b{i}", STREETS[i % 2][0], ["S1", "S2", "S3"][i % 3], "名", 60 + i, 12.0 + i % 9, 800.0, 7200.0)
        for i in range(30)
    ]
    rows.append(("b3", STREETS[1][0], "", "", 100, np.nan, np.nan, np.nan))
    return pd.DataFrame(rows, columns=list(PLAN.names))


def _blocks() -> pd.DataFrame:
    west, south, _, _ = GRID.bounds
    rows = []
    for i in range(30):
        x, y = west + 1000.0 * (i % 2) + 90.0 * (i // 3), south + 150.0 + 60.0 * (i // 2)
        lon, lat = _TO_WGS84.transform(x, y)
        rows.append((f"b{i}", STREETS[i % 2][0], x, y, lon, lat, 400, 120, 3600.0, 4 if i == 3 else 0, 90))
    columns = ["id", "area", "x_m", "y_m", "lon", "lat", "people", "evacuees", "order_s", "unserved", "people_h3_up"]
    return pd.DataFrame(rows, columns=columns)


def _underpasses() -> pd.DataFrame:
    west, south, _, _ = GRID.bounds
    a, b = (_TO_WGS84.transform(west + x, south + 620.0) for x in (520.0, 1500.0))
    return pd.DataFrame(
        [
            ("U1", "锦河下穿隧道", "Jinhe Underpass", *a, 1.62, 2700.0, 12_600.0),
            ("U2", "东桥下穿隧道", "Dongqiao Underpass", *b, 0.12, np.nan, np.nan),
        ],
        columns=["id", "name", "name_en", "lon", "lat", "max_depth_m", "closed_from_s", "closed_until_s"],
    )


def _closures() -> pd.DataFrame:
    rows = [("U1", 2700.0, 6900.0), ("U1", 7800.0, 12_600.0)]
    return pd.DataFrame(rows, columns=list(CLOSURE_COLUMNS))


def _events() -> tuple[Event, ...]:
    jinhe = {"area": "锦河街道", "area_en": "Jinhe Street"}
    return (
        Event(0.0, "rain_starts", {}),
        Event(1800.0, "warning", {**jinhe, "level": 2, "message_type": "Alert", "event": "waterlogging"}),
        Event(
            2700.0, "underpass_closed", {"underpass": "锦河下穿隧道", "underpass_en": "Jinhe Underpass", "depth_m": 0.3}
        ),
        Event(3000.0, "rain_peak", {"rain_mm_h": 130.0}),
        Event(3600.0, "order", {**jinhe, "persons": 1250}),
        Event(4500.0, "first_arrival", {"shelter": "锦河中学", "shelter_en": "Jinhe School"}),
        Event(5400.0, "shelter_flooded", {"shelter": "东桥体育馆", "shelter_en": "Dongqiao Stadium", "persons": 120}),
        Event(7200.0, "rain_ends", {"total_mm": 100.9}),
        Event(12_000.0, "people_stranded", {"persons": 71}),
    )


def _sea(danger: bool) -> list[dict[str, Any]]:
    worst = [
        {
            "lon": 104.06 + 0.01 * i,
            "lat": 30.66,
            "depth_m": depth,
            "place": f"{name}第1社区",
            "place_en": f"{name_en} 1",
        }
        for i, (depth, (_, name, name_en, _)) in enumerate(zip([1.5, 1.0, 0.4, 0.1], STREETS, strict=True))
    ]
    kept = worst if danger else [None] * len(worst)
    return [{"area": s[0], "class": s[3], "worst": place} for s, place in zip(STREETS, kept, strict=True)]


def _summary(danger: bool, timeline: pd.DataFrame) -> dict[str, Any]:
    last = timeline.iloc[-1]
    exposed = {"H1": 11_000, "H2": 1800, "H3": 1400, "H4": 700, "H5": 120, "H6": 0} if danger else {"H1": 6000}
    return {
        "city": "样例市",
        "scenario": {"name": "drill", "seed": 1},
        "rules_hash": "0f" * 32,
        "wall_s": {"flood": 4.0, "drains": 0.0, "plan": 1.0, "evacuation": 2.0, "report": 0.0, "total": 7.0},
        "flood": {"cells": 6160, "cell_m": 25.0, "steps": 4000, "continuity_error": 1.2e-7,
                  "max_depth_m": 1.6 * danger, "area_m2_by_class": {"H1": 5e5, "H2": 2e5, "H3": 1e5}, "drain_down": [],
                  "sea": _sea(danger)},
        "people": {"total": 39_000, "exposed_by_class": exposed, "person_risk": 600.0 * danger},
        "warnings": [],
        "plan": {"evacuees": 3550 * danger, "assigned": 3450 * danger, "unserved": 100 * danger, "mean_min": 15.2,
                 "p95_min": 27.9, "worst_min": 41.0, "optimality_gap": 0.0},
        "evacuation": {"ordered": int(last.ordered), "arrived": int(last.sheltered), "moving": int(last.moving),
                       "stranded": int(last.stranded), "refused_to_leave": int(last.refused),
                       "turned_away": int(last.turned_away), "casualties_expected": 0.3 * danger,
                       "casualties_without": 2.4 * danger, "unordered": 0,
                       "t50_min": 42.0, "t90_min": 95.0, "t95_min": 110.0, "balance_error": 0},
        "shelters": [],
    }  # fmt: skip


def make_result(*, danger: bool = True, rain: bool = True, drains: bool = True) -> Result:
    """The drill; `danger=False` is a storm that harms nobody: no warning, no order, no deep water.

    `drains=False` is a city without a network, pumps or failures.
    """
    city = make_city(drains)
    sites = _sites()
    timeline = _timeline(danger)
    if not rain:
        timeline["rain_mm_h"] = 0.0
    if not danger:
        sites = sites.assign(assigned=0, peak=0, turned_away=0, closed_s=np.nan, status="empty", overflow=0)
    arrivals = np.interp(timeline.time_s, [3600, 12_000], [0.0, 1.0])[:, None]
    edges = len(city.roads.edges)
    closed = np.zeros((len(FRAMES_S), edges), bool)
    closed[2:7, 20:60] = danger
    orders = tuple(AreaOrder(s[0], s[1], s[2], 3600.0, n) for s, n in zip(STREETS[:2], (1250, 2300), strict=True))
    return Result(
        city=city,
        scenario={"name": "drill", "seed": 1, "storm": {"return_period_a": 50.0, "duration_min": 120.0, "uplift": 1.0}},
        start=START,
        rules_hash="0f" * 32,
        unverified_rules=("warning.impact_people", "rain.chengdu_a", "drainage.limit_h_old_town"),
        rain_time_s=timeline.time_s.to_numpy(),
        rain_mm_h=timeline.rain_mm_h.to_numpy(),
        flood=make_flood(1.6 if danger else 0.03, make_drains(city.drainage) if city.drainage else None),
        areas=_areas(danger),
        warnings=make_warnings() if danger else (),
        orders=orders if danger else (),
        events=_events() if danger else (Event(0.0, "rain_starts", {}),) * rain,
        plan=_plan() if danger else _plan().iloc[:0],
        sites=sites,
        site_occupancy=(arrivals * sites.peak.to_numpy()).astype(int),
        underpasses=_underpasses() if danger else _underpasses().iloc[:0],
        blocks=_blocks(),
        roads_closed_frames=closed,
        timeline=timeline,
        summary=_summary(danger, timeline),
        closures=_closures() if danger else _closures().iloc[:0],
        structures=make_structures() if drains else (),
        mishaps=make_mishaps() if drains else (),
    )
