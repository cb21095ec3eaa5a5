"""Fills a page that stands in the common shell: font, style, languages, everything inside the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.report.bilingual import Both, known, named, say
from api.report.offline import font_address, leaflet_script, leaflet_style
from api.report.palette import LEVEL_MARKS
from api.wording import EN, LETTERS, ZH
from data.schema import City

_TEMPLATES = Path(__file__).parent / "templates"
_FONT_MARK = "@@FONT@@"


@dataclass(frozen=True)
class Line:
    """One line of a colophon: a value or a list."""

    name: Both
    value: Any = ""
    items: list[Any] | None = None


def render(
    template: str, city: City, *, title: Both, unverified: list[str], own: tuple[str, ...] = (), **values: Any
) -> str:
    """A page from its template; `unverified` are the keys of rules that nobody has checked.

    `own`: style sheets (.css) and scripts (.js) of the page beside the common ones, from the folder of templates.
    A page with a map has "planner_map.css" and "planner_map.js" among them and gets Leaflet with them.
    """
    styles = ["style.css", "planning.css", *(name for name in own if name.endswith(".css"))]
    scripts = ["page.js", *(name for name in own if name.endswith(".js"))]
    mapped = "planner_map.js" in own
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template(template).render(
        say=say,
        title=title,
        city=named(city.name, city.name_en),
        synthetic=synthetic_words(city),
        unverified=unverified,
        marks=LEVEL_MARKS,
        letters={"zh": LETTERS[ZH], "en": LETTERS[EN]},
        font=_FONT_MARK,
        leaflet_style=Markup(leaflet_style()) if mapped else "",
        style=Markup("".join(map(_read, styles))),
        script=Markup((leaflet_script() + "\n" if mapped else "") + "".join(map(_read, scripts))),
        **values,
    )
    shown = re.sub(r"data:[\w/;,+=-]+", "", page).replace(leaflet_script() if mapped else "\0", "")
    return page.replace(_FONT_MARK, font_address(shown))


def synthetic_words(city: City) -> Both | None:
    """Which layers of the city are made up; None where none is."""
    layers = city.synthetic
    if not layers:
        return None
    if set(city.provenance) <= set(layers):
        return say("report.banner.synthetic_all")
    return say("report.banner.synthetic", layers=[known("report.layer", name) for name in layers])


def storm_words(scenario: dict[str, Any]) -> Both:
    """The rain of a resolved scenario in words."""
    storm = scenario.get("storm", {})
    if storm.get("series") or storm.get("grid") or "return_period_a" not in storm:
        return say("report.storm_given")
    words = say(
        "report.storm_design", years=float(storm["return_period_a"]), minutes=float(storm.get("duration_min", 0.0))
    )
    uplift = float(storm.get("uplift", 1.0))
    if uplift == 1.0:
        return words
    more = say("report.storm_uplift", factor=uplift)
    return Both(f"{words.zh}，{more.zh}", f"{words.en}, {more.en}")


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
