"""The 23 districts of Chengdu by name, with the areas and residents that public sources give.

Facts, from secondary public sources and to be confirmed before anyone relies on them: areas of the 20 districts
(wuhanx.com/xinwen/53603.html), residents in 2010 (m.gotohui.com/pdata-300/2010), the city's 20,937,757 residents in
2020 (census press page of 2021-05-28). The 23 names are those that the city's plans use; that they are 23 in all is a
derivation. Per-district figures of 2020 were not within reach.

Derived: residents in 2020 = residents in 2010 times one factor, so that the city's total is met; where 2010 is
missing, the mean density of the six outer counties takes its place.

Synthetic: the three functional zones have no area in the sources. They are cut out of the districts they lie in with
round sizes, and their residents are those of the ground they take.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CITY_CODE = "510100"
CITY_RESIDENTS_2020 = 20_937_757
OUTER_COUNTIES = ("金堂县", "大邑县", "蒲江县", "彭州市", "邛崃市", "崇州市")


@dataclass(frozen=True)
class District:
    """One of the 20 districts of the sources."""

    name: str
    name_en: str
    code: str  # GB/T 2260
    area_km2: float
    residents_2010_10k: float  # nan where the source has none


@dataclass(frozen=True)
class Zone:
    """A functional zone, cut out of districts: (district, km2) pairs, round synthetic sizes."""

    name: str
    name_en: str
    code: str  # own code: 99xxxx is not assigned
    cut_km2: tuple[tuple[str, float], ...]


DISTRICTS = (
    District("锦江区", "Jinjiang District", "510104", 60.51, 69.00),
    District("青羊区", "Qingyang District", "510105", 66.26, 82.80),
    District("金牛区", "Jinniu District", "510106", 107.78, 120.00),
    District("武侯区", "Wuhou District", "510107", 123.15, 94.36),
    District("成华区", "Chenghua District", "510108", 108.70, 93.90),
    District("龙泉驿区", "Longquanyi District", "510112", 557.94, 76.80),
    District("青白江区", "Qingbaijiang District", "510113", 378.41, 38.20),
    District("新都区", "Xindu District", "510114", 494.06, 77.70),
    District("温江区", "Wenjiang District", "510115", 276.49, 45.80),
    District("双流区", "Shuangliu District", "510116", 1066.92, 128.20),
    District("郫都区", "Pidu District", "510117", 437.28, 89.80),
    District("新津区", "Xinjin District", "510118", 329.07, np.nan),
    District("金堂县", "Jintang County", "510121", 1155.83, 71.70),
    District("大邑县", "Dayi County", "510129", 1283.84, 50.20),
    District("蒲江县", "Pujiang County", "510131", 579.83, 24.00),
    District("都江堰市", "Dujiangyan City", "510181", 1208.11, 65.80),
    District("彭州市", "Pengzhou City", "510182", 1420.76, 76.30),
    District("邛崃市", "Qionglai City", "510183", 1376.20, 61.30),
    District("崇州市", "Chongzhou City", "510184", 1088.08, 66.10),
    District("简阳市", "Jianyang City", "510185", 2213.12, np.nan),
)
ZONES = (
    Zone("成都高新区", "Chengdu Hi-tech Zone", "990191", (("武侯区", 48.0), ("双流区", 40.0))),
    Zone("四川天府新区", "Tianfu New Area", "990192", (("双流区", 560.0),)),
    Zone("成都东部新区", "Eastern New Area", "990193", (("简阳市", 730.0),)),
)

# west to east, north to south; a tuple ("|", west, east) or ("-", north, south), cut where the areas say
LAYOUT = (
    "|",
    ("-", "都江堰市", ("-", ("|", "大邑县", "崇州市"), ("|", "邛崃市", "蒲江县"))),
    (
        "|",
        (
            "-",
            "彭州市",
            (
                "-",
                ("|", "郫都区", "新都区"),
                (
                    "-",
                    (
                        "|",
                        "温江区",
                        (
                            "-",
                            ("|", "金牛区", "成华区"),
                            ("-", ("|", "青羊区", "锦江区"), ("|", "武侯区", "成都高新区")),
                        ),
                    ),
                    ("-", ("|", "双流区", "四川天府新区"), "新津区"),
                ),
            ),
        ),
        ("-", ("|", "青白江区", "金堂县"), ("-", "龙泉驿区", ("-", "简阳市", "成都东部新区"))),
    ),
)


@dataclass(frozen=True)
class Unit:
    """One of the 23 units as the sample city holds it."""

    name: str
    name_en: str
    code: str
    area_km2: float
    residents: float  # 2020, derived, not yet whole
    source: str  # what its area is: "fact", "derived" (a district less a zone) or "synthetic" (a zone)


def city_area_km2() -> float:
    """Sum of the areas of the sources."""
    return sum(d.area_km2 for d in DISTRICTS)


def units() -> list[Unit]:
    """The 23 units: 20 districts less the zones cut out of them, and 3 zones."""
    outer = [d for d in DISTRICTS if d.name in OUTER_COUNTIES]
    density = sum(d.residents_2010_10k for d in outer) / sum(d.area_km2 for d in outer)
    before = {
        d.name: density * d.area_km2 if np.isnan(d.residents_2010_10k) else d.residents_2010_10k for d in DISTRICTS
    }
    factor = CITY_RESIDENTS_2020 / sum(before.values())
    cut = {d.name: sum(km2 for z in ZONES for name, km2 in z.cut_km2 if name == d.name) for d in DISTRICTS}
    per_km2 = {d.name: before[d.name] * factor / d.area_km2 for d in DISTRICTS}
    found = [
        Unit(
            d.name,
            d.name_en,
            d.code,
            d.area_km2 - cut[d.name],
            (d.area_km2 - cut[d.name]) * per_km2[d.name],
            "derived" if cut[d.name] else "fact",
        )
        for d in DISTRICTS
    ]
    for z in ZONES:
        residents = sum(km2 * per_km2[name] for name, km2 in z.cut_km2)
        found.append(Unit(z.name, z.name_en, z.code, sum(km2 for _, km2 in z.cut_km2), residents, "synthetic"))
    return found
