"""The warnings of the page for browsers: one row each, the worst first; many of them by district."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from api.http.items import Item, address
from api.messages import text
from api.report.palette import LEVEL_MARKS
from api.warning.notice import BEIJING
from api.wording import COLOURS, EN, LETTERS, ZH, quantity
from data.schema import AREA_LEVELS, LEVELS

if TYPE_CHECKING:
    from api.service.places import Places

_HEADS = ("colour", "area", "warning", "times", "documents")
_MANY = 20  # from here on they stand by district
_WIDE = ("city", "district")


@dataclass(frozen=True)
class Group:
    """Rows under one head; `code` "" : the whole, or no groups at all."""

    code: str
    name: str  # HTML, both languages; "" where there are no groups
    items: tuple[Item, ...]


def both(key: str, **values: object) -> str:
    """A text in Chinese with its English below."""
    english = escape(text(key, EN, **values))
    return f"{escape(text(key, ZH, **values))}<span class='en' lang='en'>{english}</span>"


def groups_of(items: Sequence[Item], places: Places | None) -> list[Group]:
    """All in one, the worst first, the larger area first among equals, then the newest; many by district.

    City and districts then come first, the others by district, that with the worst warnings first.
    """
    ordered = sorted(items, key=_rank)
    if places is None or len(ordered) < _MANY:
        return [Group("", "", tuple(ordered))]
    inside: dict[str, list[Item]] = {"": []}
    for item in ordered:
        inside.setdefault(_district(item, places), []).append(item)
    groups = [Group("", both("service.page.whole"), tuple(inside.pop("")))]
    for code, some in sorted(inside.items(), key=lambda one: tuple(sorted(-item.level for item in one[1]))):
        place = places[code]
        groups.append(Group(code, _named(place.name, place.name_en), tuple(some)))
    return [group for group in groups if group.items]


def jumps(groups: Sequence[Group]) -> str:
    """Links to the groups, with how many warnings of each colour; "" where there is one group."""
    if len(groups) < 2:
        return ""
    links = "".join(f"<a href='#area-{escape(group.code)}'>{group.name}{_counts(group)}</a>" for group in groups)
    return f"<nav class='jump'>{links}</nav>"


def table(groups: Sequence[Group]) -> str:
    """The table of all groups."""
    heads = "".join(f"<th scope='col'>{both(f'service.page.{name}')}</th>" for name in _HEADS)
    bodies = "".join(f"<tbody>{_head(group)}{''.join(map(_row, group.items))}</tbody>" for group in groups)
    return f"<table><thead><tr>{heads}</tr></thead>{bodies}</table>"


def _rank(item: Item) -> tuple[int, int, float, str]:
    level = str(item.public.get("areaLevel"))
    size = AREA_LEVELS.index(level) if level in AREA_LEVELS else len(AREA_LEVELS)
    return -item.level, size, -item.sent.timestamp(), item.identifier


def _district(item: Item, places: Places) -> str:
    """Code of the district that an area lies in; "" for the city, a district itself, and what is in none."""
    if item.area not in places or places[item.area].level in _WIDE:
        return ""
    return next((code for code in places.above(item.area) if places[code].level == "district"), "")


def _head(group: Group) -> str:
    if not group.name:
        return ""
    return (
        f"<tr class='group'><th colspan='{len(_HEADS)}' scope='colgroup' id='area-{escape(group.code)}'>"
        f"{group.name}{_counts(group)}</th></tr>"
    )


def _counts(group: Group) -> str:
    counts = {level: sum(item.level == level for item in group.items) for level in range(len(LEVELS) - 1, 0, -1)}
    return _named(
        " ".join(f"{LETTERS[ZH][level]} {count}" for level, count in counts.items() if count),
        ", ".join(f"{count} {LEVELS[level]}" for level, count in counts.items() if count),
    )


def _named(chinese: str, english: str) -> str:
    return f"<span>{escape(chinese)} </span><span class='en' lang='en'>{escape(english)}</span>"


def _row(item: Item) -> str:
    said = item.public
    mark = LEVEL_MARKS[item.level]
    colour = (
        f"{escape(COLOURS[ZH][item.level])}<span class='en' lang='en'>{escape(LEVELS[item.level].capitalize())}</span>"
    )
    shape = (
        f"<svg viewBox='0 0 24 24' aria-hidden='true'><path d='{mark.shape}' fill='{mark.fill}'/>"
        f"<text x='12' y='16.5' fill='{mark.ink}'>{LETTERS[ZH][item.level]}</text></svg>"
    )
    begins = said.get("onset")
    moments = {
        "sent": item.sent,
        "onset": datetime.fromisoformat(str(begins)) if begins else item.sent,
        "until": item.expires,
    }
    times = "".join(
        f"<dt><span class='label'>{both(f'service.page.{name}')}</span></dt>"
        f"<dd><time datetime='{moment.isoformat()}'>{_of_moment(moment)}</time></dd>"
        for name, moment in moments.items()
    )
    people = said.get("peopleAtRisk")
    danger = "" if people is None else f"<p>{both('service.page.people', people=people)}</p>"
    cells = (
        f"<td class='level'>{shape}<span>{colour}</span></td>",
        f"<td>{_pair(said, 'areaDesc')}</td>",
        f"<td>{_pair(said, 'headline')}{_small(said, 'instruction')}{danger}</td>",
        f"<td><dl class='times'>{times}</dl></td>",
        f"<td class='links'><a href='{escape(address(item.identifier, '.txt'))}'>{both('service.page.aloud')}</a> "
        f"<a href='{escape(address(item.identifier, '.xml'))}'>CAP</a> "
        f"<a href='{escape(address(item.identifier))}'>JSON</a></td>",
    )
    return f"<tr>{''.join(cells)}</tr>"


def _pair(said: dict[str, object], name: str) -> str:
    english = escape(str(said.get(f"{name}_en") or ""))
    return f"{escape(str(said.get(name) or ''))}<span class='en' lang='en'>{english}</span>"


def _of_moment(moment: datetime) -> str:
    local = moment.astimezone(BEIJING)
    english = escape(quantity(local, "moment", EN))
    return f"{escape(quantity(local, 'moment', ZH))}<span class='en' lang='en'>{english}</span>"


def _small(said: dict[str, object], name: str) -> str:
    return f"<p>{_pair(said, name)}</p>"
