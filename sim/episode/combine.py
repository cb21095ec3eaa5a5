"""Which areas get a message of their own: five levels, one combined message for each area that has something to say.

A child is not sent what the message of an area above it already says. It is where its colour is higher, where it is as
high for a more particular reason, or where its own people have to leave. What has begun goes on until its own danger
is over: a child never gets an all clear because the area above was raised to its colour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.schema.inputs import AREA_LEVELS
from sim.episode.decide import more_particular
from sim.episode.terms import EpisodeTerms


@dataclass(frozen=True)
class Standing:
    """What is known of an area when messages are shared out."""

    area: str
    area_level: str
    parent: str
    level: int  # wanted, with hysteresis
    event: str
    ordered: bool
    begun: bool  # it has a message in force


def own_messages(
    areas: Sequence[Standing], terms: EpisodeTerms, not_covering: frozenset[str] = frozenset()
) -> set[str]:
    """Codes of the areas with a message of their own, every message in force among them.

    `not_covering`: areas whose message could not be sent; those below them must not rely on it.
    """
    by_code = {area.area: area for area in areas}
    own: set[str] = set()
    for area in sorted(areas, key=lambda one: AREA_LEVELS.index(one.area_level)):
        if area.begun or (area.level and _says_more(area, by_code, own - not_covering, terms)):
            own.add(area.area)
    return own


def _says_more(area: Standing, by_code: Mapping[str, Standing], own: set[str], terms: EpisodeTerms) -> bool:
    above = [by_code[code] for code in _above(area, by_code) if code in own]
    if not above:
        return True
    if area.ordered and _down_to(area.area_level, terms.own_order_down_to):
        return True
    if not _down_to(area.area_level, terms.own_colour_down_to):
        return False
    highest = max(one.level for one in above)
    if area.level != highest:
        return area.level > highest
    return all(more_particular(area.event, one.event) for one in above if one.level == highest)


def _down_to(level: str, lowest: str) -> bool:
    return AREA_LEVELS.index(level) <= AREA_LEVELS.index(lowest)


def _above(area: Standing, by_code: Mapping[str, Standing]) -> list[str]:
    """Areas that hold this one, the nearest first; an area whose parent is unknown stands alone."""
    codes: list[str] = []
    code = area.parent
    while code in by_code and code not in codes and code != area.area:
        codes.append(code)
        code = by_code[code].parent
    return codes
