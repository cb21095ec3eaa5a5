"""What kind of city is drawn: its size, its centre, its rings, and how many people it holds."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np

from data.schema import Grid

CRS = "EPSG:32648"  # UTM 48 N, the zone of Chengdu
CENTRE_X_M = 410_000.0  # about 104.06 E 30.66 N: the latitude of Chengdu, not its streets
CENTRE_Y_M = 3_392_500.0
CENTRE = np.array([CENTRE_X_M, CENTRE_Y_M])


@dataclass(frozen=True)
class CityPlan:
    """The figures a synthetic city is drawn from. All are synthetic; those with a model say which.

    The slope of 3-4 per mille from NW to SE and the old town between two rivers follow the Chengdu plain; the
    shelter area of 1.5 m2 per person is the city's 2020 level in its park-city plan (indicator 18).
    """

    name: str
    name_en: str
    side_m: float
    people: int
    ring_radii_m: tuple[float, ...]  # main ring roads, inside to outside
    pockets: int  # former ponds: low ground without an outlet
    parks: int
    candidates: int = 24  # sites that might become shelters
    cell_m: float = 10.0
    seed: int = 1
    slope: float = 0.0035  # fall from NW to SE
    level_m: float = 500.0  # mean ground level at the centre
    shelter_m2_per_person: float = 1.5

    @property
    def old_town_radius_m(self) -> float:
        """The old town lies inside the first ring."""
        return self.ring_radii_m[0]

    @property
    def half_m(self) -> float:
        return self.side_m / 2

    @property
    def grid(self) -> Grid:
        cells = round(self.side_m / self.cell_m)
        return Grid(cells, cells, self.cell_m, CENTRE_X_M - self.half_m, CENTRE_Y_M + self.half_m, CRS)

    def rng(self, layer: str) -> np.random.Generator:
        """A generator of its own for each layer, so that a change in one layer leaves the others as they are."""
        return np.random.default_rng([self.seed, zlib.crc32(layer.encode())])


PLANS = {
    "small": CityPlan("蓉安示例城（小）", "Rong'an sample city (small)", 6_000.0, 300_000, (1_150.0, 2_300.0), 24, 9),
    "city": CityPlan(
        "蓉安示例城（中）", "Rong'an sample city (city)", 10_000.0, 1_000_000, (1_250.0, 2_500.0, 3_900.0), 64, 24, 30
    ),
}


def city_plan(size: str, seed: int) -> CityPlan:
    """The plan of a size, for a seed."""
    return replace(PLANS[size], seed=seed)
