"""A folium map cut into what a page of ours holds: an element, a script, and nothing that is fetched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import folium
from markupsafe import Markup


@dataclass(frozen=True)
class MapParts:
    """The map cut into what a page needs: its element and its script."""

    element: Markup
    script: Markup


def fixed(element: Any, name: str) -> Any:
    """The element under a name of ours: folium draws names at random, and the same run should give the same page."""
    element._id = name
    return element


def page_parts(base: folium.Map) -> MapParts:
    """The rendered map."""
    figure: Any = base.get_root()
    figure.render()
    # The header is left behind on purpose: all it holds are links to scripts and styles on other hosts.
    return MapParts(Markup(figure.html.render()), Markup(figure.script.render()))
