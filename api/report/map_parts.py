"""A folium map cut into what a page of ours holds: an element, a script, and nothing that is fetched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import folium
from branca.element import MacroElement
from folium.template import Template
from markupsafe import Markup


@dataclass(frozen=True)
class MapParts:
    """The map cut into what a page needs: its element and its script."""

    element: Markup
    script: Markup


class PageScript(MacroElement):
    """Calls a function of the page's own script, last of all, with the map, its layers by key and the data (JSON)."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            {{ this.function }}({{ this._parent.get_name() }}, {
                {%- for key, name in this.layers.items() %}
                {{ key|tojson }}: {{ name }},
                {%- endfor %}
            }, {{ this.data }});
        {% endmacro %}
        """
    )

    def __init__(self, function: str, layers: dict[str, str], data: str) -> None:
        super().__init__()
        self._name = "PageScript"
        self.function = function
        self.layers = layers
        self.data = data.replace("<", "\\u003c")


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
