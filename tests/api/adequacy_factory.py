"""A made-up but consistent `Adequacy` for tests of what planners see: two districts, every reason against a site."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Transformer
from shapely.geometry import Polygon, box

from data.schema import (
    ADEQUACY,
    ADEQUACY_BLOCKS,
    ADEQUACY_CURVE,
    ADEQUACY_SITES,
    ADEQUACY_YEARS,
    AID,
    FUNCTIONS,
    STAGES,
    City,
    Grid,
    LeftOut,
)
from sim.adequacy_result import Adequacy, SiteChange, StormCase
from sim.scenario import Scenario
from tests.api.result_factory import lonlat

CRS = "EPSG:32648"
GRID = Grid(80, 80, 50.0, 410_000.0, 3_394_000.0, CRS)
SIDE_M = 4000.0
SPACE_M2, TARGET_M2, REACH_M = 2.0, 2.0, 1000.0
STORMS = (
    StormCase("dry", None, 0.0),
    StormCase("5a/120min", 5.0, 62.4),
    StormCase("20a/120min", 20.0, 87.9),
    StormCase("50a/120min", 50.0, 104.6),
)
DISTRICTS = (("510101", "锦川区", "Jinchuan"), ("510102", "东屏区", "Dongping"))
STREETS = (
    ("510101001", "府河街道", "Fuhe Street", "510101"),
    ("510101002", "北巷街道", "Beixiang Street", "510101"),
    ("510102001", "南桥街道", "Nanqiao Street", "510102"),
    ("510102002", "东门大桥街道", "Dongmen Bridge Street", "510102"),
)
NEVER = 1e9
# id, names, type, x and y (m), gross m2, usable, roof, functions, wet and cut off from this storm (a) on
SITES: tuple[tuple[Any, ...], ...] = (
    ("S01", "府河中学", "Fuhe School", "school", 600, 700, 9000, 0.6, True, 7, NEVER, NEVER),
    ("S02", "锦川体育馆", "Jinchuan Stadium", "stadium", 1400, 2600, 12000, 0.8, True, 6, NEVER, NEVER),
    ("S03", "北巷公园", "Beixiang Park", "park", 700, 3300, 60000, 0.5, False, 4, NEVER, NEVER),
    ("S04", "滨河绿道", "Riverside Greenway", "greenway", 1900, 1400, 8000, 0.5, False, 1, 5, NEVER),
    ("S05", "洼地小学", "Hollow School", "school", 1300, 900, 7000, 0.5, True, 5, 20, NEVER),
    ("S06", "下穿口文化馆", "Underpass Hall", "building", 1700, 3700, 3000, 0.7, True, 3, NEVER, 50),
    ("S07", "南桥小学", "Nanqiao School", "school", 2600, 600, 8000, 0.5, True, 7, NEVER, NEVER),
    ("S08", "东屏广场", "Dongping Square", "square", 3400, 1500, 20000, 0.6, False, 2, NEVER, NEVER),
    ("S09", "老礼堂", "Old Hall", "building", 2900, 3000, 2400, 0.7, True, 2, NEVER, NEVER),
    ("S10", "新建避难中心", "New Refuge Centre", "building", 3500, 3500, 16000, 0.8, True, 7, NEVER, NEVER),
    ("S11", "岗亭", "Guard Post", "building", 3100, 800, 30, 0.05, True, 0, NEVER, NEVER),
    ("S12", "河心岛公园", "Island Park", "park", 2200, 2300, 15000, 0.5, False, 1, NEVER, NEVER),
)
FIXED_REASON = {"S04": "floodplain", "S09": "not_fit", "S10": "not_open", "S11": "no_capacity", "S12": "no_road"}
ADDED = ("A01", "东门仓库", "Dongmen Depot", "building", 3300, 2900, 10000, 0.9, True, 5, NEVER, NEVER)


def make_adequacy(*, changed: bool = False, storms: tuple[StormCase, ...] = STORMS) -> Adequacy:
    """The study; `changed`: a site added, one removed, one resized, with the study before."""
    before = _study(SITES, storms)
    if not changed:
        return before
    rows = [(*row[:6], 18000, *row[7:]) if row[0] == "S02" else row for row in SITES if row[0] != "S05"]
    changes = (
        SiteChange("add", "A01", "东门仓库", "Dongmen Depot", 0.0, 10000.0),
        SiteChange("remove", "S05", "洼地小学", "Hollow School", 7000.0, 0.0),
        SiteChange("resize", "S02", "锦川体育馆", "Jinchuan Stadium", 12000.0, 18000.0),
    )
    return replace(_study((*rows, ADDED), storms), changes=changes, before=before)


def make_city() -> City:
    """Districts, streets, communities, grid cells; a river; three rows that cannot be trusted."""
    west, south, east, north = GRID.bounds
    rows = [("510100", "锦屏市", "Jinping", "", "city", box(west, south, east, north))]
    rows += [
        (c, zh, en, "510100", "district", _box(2000 * k, 0, 2000, 4000)) for k, (c, zh, en) in enumerate(DISTRICTS)
    ]
    for k, (code, zh, en, parent) in enumerate(STREETS):
        x, y = 2000 * (k // 2), 2000 * (k % 2)
        rows.append((code, zh, en, parent, "street", _box(x, y, 2000, 2000)))
        for half in range(2):
            part = f"{code}{half + 1}"
            zh2, en2 = f"{zh[:2]}{'南北'[half]}社区", f"{en.split()[0]} {('South', 'North')[half]}"
            rows.append((part, zh2, en2, code, "community", _box(x, y + 1000 * half, 2000, 1000)))
            rows += [(f"{part}g{i}", f"{zh2}第{'一二'[i]}网格", f"{en2}, cell {i + 1}", part, "grid",
                      _box(x + 1000 * i, y + 1000 * half, 1000, 1000)) for i in range(2)]  # fmt: skip
    areas = gpd.GeoDataFrame(rows, columns=["code", "name", "name_en", "parent", "level", "geometry"], crs=CRS)
    areas = areas.assign(drainage_class="new_town", drainage_mm_h=5.0, source="synthetic")
    river = Polygon([(west + 1900, south), (west + 2100, south), (west + 2350, north), (west + 2150, north)])
    left_out = (
        LeftOut(
            "shelters", "S77", "零点学校", "shelters.csv row 14", "zero_coordinates", "0, 0", "a place in the city"
        ),
        LeftOut("shelters", "S78", "府河中学", "shelters.csv row 15", "duplicate", "S01", "one row per site"),
        LeftOut("people", "B999", "", "people.csv row 66", "outside", "120 persons", "a block inside an area"),
    )
    return City(
        "锦屏市", "Jinping", GRID, np.full(GRID.shape, 500.0), areas=areas,
        rivers=gpd.GeoDataFrame({"name": ["府河"], "name_en": ["Fu River"]}, geometry=[river], crs=CRS),
        provenance={"terrain": "synthetic: flat", "people": "synthetic: drawn", "areas": "derived: squares"},
        synthetic=("terrain", "people", "shelters"), left_out=left_out, notes=("a made-up city",),
    )  # fmt: skip


def _study(rows: Any, storms: tuple[StormCase, ...]) -> Adequacy:
    city, blocks = make_city(), _people()
    by_storm = [_storm(rows, blocks, storm) for storm in storms]
    tables = [_areas(city, sites, people, storm) for (sites, people), storm in zip(by_storm, storms, strict=True)]
    sites, people = by_storm[-1]
    last = tables[-1]
    dry_blocks = by_storm[0][1]
    people = people.assign(nearest_dry=dry_blocks["nearest_storm"], distance_dry_m=dry_blocks["distance_storm_m"])
    last = last.assign(in_reach_dry=tables[0]["in_reach_storm"])
    shapes = gpd.GeoDataFrame(
        {"code": last["code"], "level": last["level"]}, geometry=lonlat(city.areas.geometry.to_numpy()), crs="EPSG:4326"
    )
    curve = pd.concat(
        [
            table[table["level"].isin(["city", "district"])].assign(
                storm=storm.label, rain_mm=storm.rain_mm,
                return_period_a=np.nan if storm.return_period_a is None else storm.return_period_a,
            )
            for table, storm in zip(tables, storms, strict=True)
        ],
        ignore_index=True,
    )  # fmt: skip
    return Adequacy(
        city, Scenario(name="study"), "short", SPACE_M2, TARGET_M2, REACH_M, storms,
        last.loc[:, list(ADEQUACY.names)], shapes, sites.loc[:, list(ADEQUACY_SITES.names)],
        people.loc[:, list(ADEQUACY_BLOCKS.names)], curve.loc[:, list(ADEQUACY_CURVE.names)], _years(last),
        _aid(), _practice(people),
        {"certified": True, "gap": 0.0, "rounds": 3}, _stages(),
    )  # fmt: skip


def _people() -> pd.DataFrame:
    at = np.arange(250.0, SIDE_M, 500.0)
    x, y = (a.ravel() for a in np.meshgrid(at, at))
    lon, lat = _degrees(x, y)
    number = np.arange(len(x))
    area = [_cell(a, b) for a, b in zip(x, y, strict=True)]
    return pd.DataFrame({"block": [f"B{k:03d}" for k in number], "area": area,
                         "lon": lon, "lat": lat, "x": x, "y": y, "people": 300 + (number * 137) % 500})  # fmt: skip


def _storm(rows: Any, blocks: pd.DataFrame, storm: StormCase) -> tuple[pd.DataFrame, pd.DataFrame]:
    years = storm.return_period_a or 0.0
    wet_storm = years > 0.0
    names = ["id", "name", "name_en", "site_type", "x", "y", "area_m2", "usable", "indoor", "functions", "wet", "cut"]
    sites = pd.DataFrame(list(rows), columns=names)
    lon, lat = _degrees(sites["x"].to_numpy(float), sites["y"].to_numpy(float))
    open_, wet, cut = sites["id"] != "S10", sites["wet"] <= years, sites["cut"] <= years
    reason = sites["id"].map(FIXED_REASON).fillna("")
    if wet_storm:
        reason = np.where(reason != "", reason, np.where(wet, "flooded", np.where(cut, "cut_off", "")))
        reason = np.where((reason == "") & ~sites["indoor"], "open_air", reason)
    else:
        reason = np.where(np.isin(reason, ["floodplain", "not_fit"]), "", reason)
    effective = sites["area_m2"] * sites["usable"]
    missing = [" ".join(FUNCTIONS[n:]) for n in sites["functions"]]
    sites = sites.assign(
        area=[_cell(a, b) for a, b in zip(sites["x"], sites["y"], strict=True)], lon=lon, lat=lat,
        shelter_class=np.where(effective > 8000, "central", "fixed"), longest_stay="short", effective_m2=effective,
        capacity=np.floor(effective / SPACE_M2).astype(int), occupants=0, units=np.ceil(effective / 4000).astype(int),
        functions_missing=missing, accessible=sites["functions"] > 3, fit_for="flood waterlogging",
        in_floodplain=reason == "floodplain",
        conversion_time_h=np.where(sites["functions"] > 1, 2.0 + sites["functions"], np.nan),
        approach_directions=np.where(sites["id"] == "S12", 0, 1 + sites["functions"] % 3),
        water_days=np.where(sites["functions"] > 4, 1.5, np.nan),
        toilets_short=np.where(sites["functions"] > 1, 12.0, np.nan), kits_short=np.nan,
        wet_at_min=np.where(wet & wet_storm, 95.0, np.nan),
        cut_off_at_min=np.where(reason == "no_road", 0.0, np.where(cut & wet_storm, 130.0, np.nan)),
        excluded=reason, open=open_,
    )  # fmt: skip
    sites["two_roads_ok"] = sites["approach_directions"] >= 2
    left = np.where(reason == "", sites["capacity"], 0)
    people = _assign(blocks, sites, left, years)
    taken = np.where(reason == "", sites["capacity"], 0) - left
    return sites.assign(
        assigned=taken, assigned_at_risk=taken // 6, worst_trip_min=np.where(taken > 0, 24.5, np.nan)
    ), people  # fmt: skip


def _assign(blocks: pd.DataFrame, sites: pd.DataFrame, left: np.ndarray, years: float) -> pd.DataFrame:
    away = np.abs(blocks["x"].to_numpy()[:, None] - sites["x"].to_numpy()[None]) + np.abs(
        blocks["y"].to_numpy()[:, None] - sites["y"].to_numpy()[None]
    )
    used = np.flatnonzero(left > 0)
    nearest = used[np.argmin(away[:, used], axis=1)]
    distance = away[np.arange(len(blocks)), nearest]
    reached = distance <= 2 * REACH_M
    without = blocks["people"].to_numpy().copy()
    for block in np.argsort(distance, kind="stable"):
        for site in used[np.argsort(away[block, used], kind="stable")]:
            given = min(without[block], left[site])
            left[site] -= given
            without[block] -= given
    danger = np.hypot(blocks["x"] - 1300.0, blocks["y"] - 1100.0).to_numpy() < 14.0 * years
    at_risk = np.where(danger, blocks["people"] * 0.6, 0).astype(int)
    return blocks.assign(
        at_risk=at_risk, nearest_dry="", distance_dry_m=np.nan,
        nearest_storm=np.where(reached, sites["id"].to_numpy()[nearest], ""),
        distance_storm_m=np.where(reached, distance, np.nan), routes=np.where(reached, 1 + (distance < 900), 0),
        without_place=without, at_risk_without_place=np.minimum(at_risk, without),
        latest_departure_min=np.where(danger, 70.0, np.nan), coping_gap=np.minimum(at_risk, without) * 1.0,
    )  # fmt: skip


def _areas(city: City, sites: pd.DataFrame, blocks: pd.DataFrame, storm: StormCase) -> pd.DataFrame:
    rows = []
    dry = sites["open"] & sites["wet_at_min"].isna() & sites["cut_off_at_min"].isna()
    for area in city.areas.itertuples():
        code = "" if area.level == "city" else area.code
        b, s = blocks[blocks["area"].str.startswith(code)], sites[sites["area"].str.startswith(code)]
        if area.level == "grid":
            b, s = blocks[blocks["area"] == code], sites[sites["area"] == code]
        n, inside = int(b["people"].sum()), s.index
        used = s["excluded"] == ""
        m2 = [s.loc[kept, "effective_m2"].sum() for kept in (s["open"], dry[inside] & s["open"], used & s["open"])]
        each = [value / n if n else np.nan for value in m2]
        short = max(0.0, TARGET_M2 * n - m2[1])
        in_reach = b.loc[b["distance_storm_m"] <= REACH_M, "people"].sum() / n if n else 0.0
        risk = [0.01 * b["at_risk"].sum(), 0.02 * b["at_risk"].sum(), float(b["coping_gap"].sum())]
        departure = b.loc[b["at_risk"] > 0, "latest_departure_min"].min()
        rows.append(
            {
                "code": area.code, "name": area.name, "name_en": area.name_en, "level": area.level, "people": n,
                "people_day": int(n * 1.1), "people_night": n, "people_65": n // 7, "people_14": n // 8,
                "people_disabled": n // 50, "sites": int(s["open"].sum()), "sites_used": int(used.sum()),
                "effective_m2": m2[0],
                "m2_per_person": each[0], "target_m2": TARGET_M2, "target_ok": bool(n == 0 or each[0] >= TARGET_M2),
                "dry_m2": m2[1], "dry_m2_per_person": each[1], "storm_m2": m2[2], "storm_m2_per_person": each[2],
                "in_reach_dry": in_reach, "in_reach_storm": in_reach,
                "two_routes": b.loc[b["routes"] == 2, "people"].sum() / n if n else 0.0,
                "without_place": int(b["without_place"].sum()), "at_risk": int(b["at_risk"].sum()),
                "at_risk_without_place": int(b["at_risk_without_place"].sum()),
                "deficit_persons": int(np.ceil(short / TARGET_M2)), "deficit_m2": short,
                "deficit_sites": int(np.ceil(short / 50_000)), "fixed_share": min(1.0, m2[0] / SPACE_M2 / max(n, 1)),
                "fixed_share_ok": True, "latest_departure_min": departure, "person_risk": risk[0],
                "waterlogging_excess": risk[1], "coping_gap": risk[2], "risk_score": sum(risk),
                "risk_index": 100 * (1 - np.exp(-sum(risk) / 2000)),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _years(areas: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for area in areas[areas["level"].isin(["city", "district"])].itertuples():
        for year in range(2020, 2029):
            m2 = area.effective_m2 + (12_800.0 if year >= 2027 and area.code in ("510100", "510102") else 0.0)
            target = min(2.0, 1.5 + 0.1 * (year - 2020))
            rows.append((year, area.code, area.name, area.name_en, area.level, area.sites, m2, m2 / area.people, target,
                         m2 / area.people >= target))  # fmt: skip
    return pd.DataFrame(rows, columns=list(ADEQUACY_YEARS.names))


def _aid() -> pd.DataFrame:
    one, two = DISTRICTS
    return pd.DataFrame([(*two, *one, 2600, 31.5), (*one, *two, 180, 22.0)], columns=list(AID.names))


def _stages() -> pd.DataFrame:
    rows = [
        ("emergency", "emergency", 0.5, 7, 21_000, 900, 0, 0, 880, 20, 6.2, 21.0),
        ("fixed", "short", 2.0, 5, 5_200, 880, 440, 300, 140, 0, 9.5, 18.0),
        ("central", "long", 4.5, 0, 0, 440, 352, 0, 0, 88, np.nan, np.nan),
    ]
    return pd.DataFrame(rows, columns=list(STAGES.names))


def _practice(blocks: pd.DataFrame) -> dict[str, dict[str, float]]:
    people, without = int(blocks["people"].sum()), int(blocks["without_place"].sum())

    def told(lost: int, mean: float, worst: float) -> dict[str, float]:
        served = people - without - lost
        return {"served": served, "without_place": people - served, "walk_person_min": served * mean, "mean_min": mean,
                "worst_min": worst}  # fmt: skip

    return {"ours": told(0, 14.2, 51.0), "fair": told(0, 14.9, 39.5), "nearest_with_room": told(310, 18.8, 63.0)}


def _cell(x: float, y: float) -> str:
    street = STREETS[2 * int(x // 2000) + int(y // 2000)][0]
    return f"{street}{1 + int(y % 2000 // 1000)}g{int(x % 2000 // 1000)}"


def _box(x: float, y: float, wide: float, high: float) -> Polygon:
    west, south, _, _ = GRID.bounds
    return box(west + x, south + y, west + x + wide, south + y + high)


def _degrees(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    west, south, _, _ = GRID.bounds
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(west + x, south + y)
    return np.asarray(lon), np.asarray(lat)
