"""Rain by the subcatchments of a network where they lie, and on the grid everywhere else: never on both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from rasterio.features import rasterize
from rasterio.transform import Affine

from data.errors import InputError
from data.schema import DrainageNetwork, Grid
from data.swmm import Row, sections
from data.swmm.subcatchments import DRAWN, drawn_share
from hazards import RainForcing


@dataclass(frozen=True)
class LumpedRain:
    """The rain of a run whose network makes its own runoff."""

    grid: RainForcing  # with one zone more, in which it never rains, over the subcatchments
    gages: tuple[str, ...]
    gage_share: np.ndarray  # (gages, zones + 1), share of each zone in a gage's rain; rows sum to 1


def lumped_rain(network: DrainageNetwork, grid: Grid, inside: np.ndarray, rain: RainForcing) -> LumpedRain:
    """Share out the rain between the gages of a network and the cells outside its subcatchments.

    A gage has the mean rain of the cells of the subcatchments that it feeds; where none of them is drawn, or none has a
    cell, that of all cells `inside`. A network that draws no subcatchment, or only marks where they lie, takes all
    rain. Raises InputError where it has none, and so no water would come of the rain, or draws only some, and so some
    of it would fall twice.
    """
    rows = sections(network.inp)
    _check(network, rows)
    gages = tuple(row.tokens[0] for row in rows.get("RAINGAGES", ()))
    gage_of = {row.tokens[0]: row.token(1) for row in rows.get("SUBCATCHMENTS", ())}
    drawn = network.subcatchments if drawn_share(network) >= DRAWN else None
    lumped = inside if drawn is None else cells_in(grid, drawn) & inside
    zone = np.zeros(grid.shape, np.uint16) if rain.zone is None else rain.zone
    share = np.zeros((len(gages), rain.zones + 1))
    for number, gage in enumerate(gages):
        cells = inside
        if drawn is not None:
            own = cells_in(grid, drawn[drawn["name"].map(gage_of) == gage]) & inside
            cells = own if own.any() else inside
        counted = np.bincount(zone[cells], minlength=rain.zones)
        share[number, :-1] = counted / counted.sum()
    dry = np.zeros((len(rain.rates_m_s), 1))
    zones = np.where(lumped, rain.zones, zone).astype(np.uint16)
    return LumpedRain(RainForcing(rain.edges_s, np.hstack([rain.rates_m_s, dry]), zones), gages, share)


def _check(network: DrainageNetwork, rows: Mapping[str, Sequence[Row]]) -> None:
    """InputError where the runoff of a network cannot stand for that of its ground."""
    file, drawn = network.inp.file, network.subcatchments
    other = 'or runoff = "surface"'
    for section in ("SUBCATCHMENTS", "RAINGAGES"):
        if not rows.get(section):
            message = f"lumped runoff of a network without {section.lower()}: no water would come of the rain"
            raise InputError(message, file=file, place=f"[{section}]", expected=f"a section with rows, {other}")
    if drawn is None:
        return
    there = set(drawn["name"])
    for row in rows["SUBCATCHMENTS"]:
        if row.tokens[0] not in there:
            raise InputError(
                "lumped runoff of a subcatchment without a polygon beside some with one: rain would fall on it twice",
                file=file,
                place=f"[SUBCATCHMENTS] line {row.line}",
                value=row.tokens[0],
                expected=f"polygons of all subcatchments or of none, {other}",
            )


def cells_in(grid: Grid, shapes: gpd.GeoDataFrame) -> np.ndarray:
    """Cells whose centres lie in any of the polygons, bool (rows, cols)."""
    if shapes.empty:
        return np.zeros(grid.shape, bool)
    pairs = [(shape, 1) for shape in shapes.geometry]
    return rasterize(pairs, out_shape=grid.shape, transform=Affine(*grid.affine), dtype=np.uint8) > 0
