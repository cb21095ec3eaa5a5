"""The page about a network: one HTML file with its map, findings and census; no address leads outside."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import folium
import pandas as pd
from branca.element import MacroElement
from folium.template import Template
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.network_page.mapdata import (
    BLOCKED_COLOURS,
    GRADE_COLOURS,
    OTHER_COLOUR,
    SIZE_COLOURS,
    SIZES_M,
    UNKNOWN_COLOUR,
    map_data,
    told,
)
from api.report.bilingual import Both, named, say
from api.report.offline import font_address, leaflet_script, leaflet_style
from data.records import records
from data.schema import City, DrainageNetwork

_TEMPLATES = Path(__file__).parent / "templates"
_SHARED = Path(__file__).parents[1] / "report" / "templates"
_FONT_MARK = "@@FONT@@"


@dataclass(frozen=True)
class Band:
    """One line of a legend: which colouring it belongs to, its colour and words."""

    of: str
    colour: str
    label: Both


class _NetworkScript(MacroElement):
    """Hands the data to the page's own script, after the map."""

    _template = Template("{% macro script(this, kwargs) %}networkMap({{ this._parent.get_name() }}, {{ this.data }});"
                         "{% endmacro %}")  # fmt: skip

    def __init__(self, data: str) -> None:
        super().__init__()
        self._name = "NetworkScript"
        self.data = data


def network_html(network: DrainageNetwork, city: City | None, findings: pd.DataFrame, census: pd.DataFrame) -> str:
    """The whole page as text."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    element, script = _map(network, city, findings)
    shared = (_SHARED / "page.js").read_text(encoding="utf-8")
    page = environment.get_template("network.html").render(
        say=say,
        place=named(city.name, city.name_en) if city else Both(network.inp.file.stem, network.inp.file.stem),
        synthetic=bool(city and "drainage" in city.synthetic),
        file=network.inp.file.name,
        cards=_cards(network, findings, census),
        legend=_legend(),
        groups=_groups(findings),
        census=[(named(row["name"], row["name_en"], row["code"]), row) for row in records(census)],
        map=element,
        map_script=script,
        font=_FONT_MARK,
        leaflet_style=Markup(leaflet_style()),
        leaflet_script=Markup(leaflet_script()),
        style=Markup((_SHARED / "style.css").read_text(encoding="utf-8")),
        own_style=Markup((_TEMPLATES / "network.css").read_text(encoding="utf-8")),
        script=Markup(shared + (_TEMPLATES / "network.js").read_text(encoding="utf-8")),
    )
    visible = re.sub(r"data:[\w/;,+=-]+", "", page).replace(leaflet_script(), "")
    return page.replace(_FONT_MARK, font_address(visible))


def _map(network: DrainageNetwork, city: City | None, findings: pd.DataFrame) -> tuple[Markup, Markup]:
    data = map_data(network, city, findings)
    for name in ("links", "nodes", "outfalls", "inlets", "findings", "rivers", "areas"):
        words = say(f"network.layer.{name}")
        data.setdefault("labels", {})[name] = [words.zh, words.en]
    base = folium.Map(tiles=None, prefer_canvas=True, attribution_control=False, zoom_snap=0.25, zoom_delta=0.5,
                      scroll_wheel_zoom=False, max_zoom=21)  # fmt: skip
    base._id = "map"  # folium draws names at random, and the same network should give the same page
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    script = _NetworkScript(text)
    script._id = "network"
    base.add_child(script)
    figure: Any = base.get_root()
    figure.render()
    # The header is left behind on purpose: all it holds are links to scripts and styles on other hosts.
    return Markup(figure.html.render()), Markup(figure.script.render())


def _cards(network: DrainageNetwork, findings: pd.DataFrame, census: pd.DataFrame) -> list[tuple[Both, str, str]]:
    """Label, number and state of each card."""
    kinds = network.nodes["kind"]
    errors = int((findings["severity"] == "error").sum())
    conduits = int((network.links["kind"] == "conduit").sum())
    known = f"{census['known_share'].iloc[0]:.0%}" if conduits else "–"
    cards = [
        ("nodes", f"{len(kinds):,}", ""),
        ("outfalls", f"{int((kinds == 'outfall').sum()):,}", ""),
        ("conduits", f"{conduits:,}", ""),
        ("length", f"{census['conduit_m'].iloc[0] / 1000.0:,.1f}", ""),
        ("known", known, ""),
        ("errors", f"{errors:,}", "bad" if errors else ""),
        ("warnings", f"{len(findings) - errors:,}", ""),
    ]
    return [(say(f"network.card.{name}"), number, state) for name, number, state in cards]


def _groups(findings: pd.DataFrame) -> list[dict[str, Any]]:
    """Findings of one sort as one row: severity, words, count, first example."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for finding in records(findings):
        key = (finding["severity"], finding["message"])
        row = rows.setdefault(
            key,
            {"severity": key[0], "words": told(key[1]), "count": 0,
             "example": " · ".join(part for part in (finding["place"], finding["value"]) if part)},
        )  # fmt: skip
        more = re.match(r"(\d+) more after ", finding["place"])
        row["count"] += int(more[1]) if more else 1
    return sorted(rows.values(), key=lambda row: (row["severity"] != "error", -row["count"]))


def _legend() -> list[Band]:
    unknown, other = say("network.colour.unknown"), say("network.colour.other")
    sizes = [say("network.colour.below", high=SIZES_M[0])]
    sizes += [say("network.colour.between", low=a, high=b) for a, b in pairwise(SIZES_M)]
    sizes.append(say("network.colour.above", low=SIZES_M[-1]))
    bands = [Band("size", colour, label) for colour, label in zip(SIZE_COLOURS, sizes, strict=True)]
    bands += [
        Band("grade", colour, say(f"network.colour.grade_{grade}")) for grade, colour in enumerate(GRADE_COLOURS, 1)
    ]
    states = ("free", "partly", "badly")
    bands += [Band("blocked", colour, say(f"network.colour.{state}"))
              for colour, state in zip(BLOCKED_COLOURS, states, strict=True)]  # fmt: skip
    bands += [Band(of, UNKNOWN_COLOUR, unknown) for of in ("size", "grade", "blocked")]
    return bands + [Band(of, OTHER_COLOUR, other) for of in ("size", "grade", "blocked")]
