"""What a movement run is given: whether its arrays fit each other."""

from __future__ import annotations

import numpy as np

from sim.movement.links import NEVER, Doors, Links
from sim.movement.units import NO_SITE, Units


def check_run(
    links: Links,
    doors: Doors,
    units: Units,
    count: int,
    until_s: float,
    record_s: float,
    block_node: np.ndarray,
    block_access_ms: np.ndarray,
) -> None:
    """ValueError with the value that does not fit."""
    nodes = len(links.out_first) - 1
    if not (until_s > 0.0 and until_s * 1000.0 < NEVER - 1):
        raise ValueError(f"until_s(={until_s}) must be > 0 and below {NEVER // 1000} s")
    if not record_s > 0.0:
        raise ValueError(f"record_s(={record_s}) must be > 0")
    if not 0 <= count <= units.room:
        raise ValueError(f"count(={count}) must be 0 to the room of the units, {units.room}")
    if len(links.tail) != 2 * len(links.area_m2):
        raise ValueError(f"{len(links.tail)} links for {len(links.area_m2)} edges; two each are needed")
    if np.shape(block_node) != np.shape(block_access_ms):
        raise ValueError(f"block_node {np.shape(block_node)}, block_access_ms {np.shape(block_access_ms)}")
    _check_range("block_node", np.asarray(block_node), nodes)
    _check_range("doors.node", doors.node, nodes)
    check_units(units, count, len(block_node), len(doors.node))
    _check_places(units, count, doors)


def check_units(units: Units, count: int, blocks: int, sites: int) -> None:
    """ValueError where a unit is nobody, takes no room, or comes from or is bound for nowhere known."""
    _check_range("units.block", units.block[:count], blocks)
    site = units.site[:count]
    if count and (site.min() < NO_SITE or site.max() >= sites):
        raise ValueError(f"units.site runs from {site.min()} to {site.max()} with {sites} sites")
    if count and (units.persons[:count].min() < 1 or units.size[:count].min() < 1):
        raise ValueError("units must hold at least one person and take room for at least one")


def _check_range(name: str, values: np.ndarray, end: int) -> None:
    if len(values) and (values.min() < 0 or values.max() >= end):
        raise ValueError(f"{name} runs from {values.min()} to {values.max()}; it must be 0 to {end - 1}")


def _check_places(units: Units, count: int, doors: Doors) -> None:
    """A place must be kept for everybody who is bound for a site.

    Else the site looks emptier than it is: whoever its door turns away would be sent back to it, again and again.
    """
    bound = units.site[:count] != NO_SITE
    needed = np.bincount(units.site[:count][bound], units.persons[:count][bound], len(doors.node))
    short = np.flatnonzero(doors.reserved < needed)
    if short.size:
        site = int(short[0])
        raise ValueError(
            f"doors.reserved[{site}](={doors.reserved[site]}) is below the {needed[site]:.0f} persons bound for the "
            "site; count_reserved keeps their places"
        )
