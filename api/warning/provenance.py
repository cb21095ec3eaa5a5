"""What a warning was made from: short words that messages carry, and how they are said in both languages.

An item is "word" or "word:value", for instance "nowcast", "ensemble:20", "sensors:61"; the words are those of the
catalogue under `made_from`. An item that the catalogue does not know is said as it stands.
"""

from __future__ import annotations

from api.messages import has, text
from sim.forecast.outlook import Outlook


def made_from(outlook: Outlook) -> tuple[str, ...]:
    """What a forecast cycle was made from: cycle, rain ahead, members, sensors used and silent, what was missing."""
    items = [f"cycle:{outlook.cycle}", outlook.rain]
    if outlook.members > 1:
        items.append(f"members:{outlook.members}")
    items.append(f"sensors:{outlook.sensors_used}")
    if outlook.sensors_silent:
        items.append(f"silent:{len(outlook.sensors_silent)}")
    return (*items, *outlook.notes)


def said_of(item: str, lang: str) -> str:
    """An item in words."""
    word, _, value = item.partition(":")
    key = f"made_from.{word}"
    if has(key):
        return text(key, lang, value=value)
    return text(item, lang) if has(item) else item
