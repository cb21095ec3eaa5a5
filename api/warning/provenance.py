"""What a warning was made from: short words that messages carry, and how they are said in both languages.

An item is "word" or "word:value", for instance "nowcast", "ensemble:20", "sensors:61"; the words are those of the
catalogue under `made_from`. An item that the catalogue does not know is said as it stands.
"""

from __future__ import annotations

from collections.abc import Sequence

from api.messages import has, text
from sim.forecast.outlook import NO_GAUGES, Gauges, Outlook

_FEW = "gauges"

BY_HAND = "issued_by_hand"  # item of what a person has set or lifted


def made_from(outlook: Outlook) -> tuple[str, ...]:
    """What a forecast cycle was made from."""
    silent = len(outlook.sensors_silent)
    return items_of(
        outlook.cycle, outlook.rain, outlook.members, outlook.sensors_used, silent, outlook.notes, outlook.gauges
    )


def items_of(
    cycle: str, rain: str, members: int, used: int, silent: int, notes: Sequence[str], gauges: Gauges = NO_GAUGES
) -> tuple[str, ...]:
    """The items of a cycle: its name, rain ahead, members, sensors used and silent, what was missing.

    Rain gauges are named, "gauges:1/38", where they are few.
    """
    items = [f"cycle:{cycle}", rain]
    if members > 1:
        items.append(f"members:{members}")
    items.append(f"sensors:{used}")
    if silent:
        items.append(f"silent:{silent}")
    if gauges.few:
        items.append(f"{_FEW}:{gauges.heard}/{gauges.all}")
    return (*items, *notes)


def few_gauges(made_from: Sequence[str]) -> Gauges | None:
    """The rain gauges behind a message where they are few, else None."""
    for item in made_from:
        word, _, value = item.partition(":")
        heard, _, every = value.partition("/")
        if word == _FEW and heard.isdecimal() and every.isdecimal():
            return Gauges(int(heard), int(every))
    return None


def said_of(item: str, lang: str) -> str:
    """An item in words."""
    word, _, value = item.partition(":")
    key = f"made_from.{word}"
    if has(key):
        return text(key, lang, value=value)
    return text(item, lang) if has(item) else item
