"""Leaflet and the font inside the page: whatever a map or a text would fetch comes from installed packages."""

from __future__ import annotations

import re
from functools import cache
from io import BytesIO
from pathlib import Path

import mplfonts
from fontTools import subset
from fontTools.ttLib import TTFont
from xstatic.pkg import leaflet

from api.report.png import data_uri

_LEAFLET = Path(leaflet.BASE_DIR)
_FONT = Path(mplfonts.__file__).parent / "fonts" / "NotoSansCJKsc-Regular.otf"
_ALWAYS = "".join(map(chr, range(0x20, 0x7F))) + "°±²³·×÷–—‘’“”…₂−≤≥▲▼▶✓✕、。《》「」【】（），：；！？"
_UNUSED_TABLES = ("BASE", "GSUB", "GPOS", "VORG", "vhea", "vmtx", "DSIG")


@cache
def leaflet_script() -> str:
    """Leaflet without its source-map line and without links to its site."""
    script = (_LEAFLET / "leaflet.js").read_text(encoding="utf-8")
    script = re.sub(r"//# sourceMappingURL=.*", "", script)
    return script.replace(' href="https://leafletjs.com"', "")


@cache
def leaflet_style() -> str:
    """Leaflet's style sheet with its pictures inside; rules of long-gone browsers dropped."""
    style = (_LEAFLET / "leaflet.css").read_text(encoding="utf-8")
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.S).replace("behavior: url(#default#VML);", "")

    def inline(match: re.Match[str]) -> str:
        return f"url({data_uri((_LEAFLET / match[1]).read_bytes())})"

    return re.sub(r"url\((images/[\w.-]+)\)", inline, style)


def font_address(text: str) -> str:
    """A WOFF2 subset of Noto Sans CJK SC (SIL OFL) with the characters of `text`, as a data address."""
    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = []
    options.hinting = False
    options.name_IDs = [0, 1, 2, 13, 14]  # copyright and licence stay with the font
    options.drop_tables += list(_UNUSED_TABLES)
    options.ignore_missing_unicodes = True
    font = TTFont(_FONT, lazy=True, recalcTimestamp=False)  # the same page, the same bytes
    worker = subset.Subsetter(options)
    worker.populate(text="".join(sorted(set(text) | set(_ALWAYS))))
    worker.subset(font)
    out = BytesIO()
    subset.save_font(font, out, options)
    return data_uri(out.getvalue(), "font/woff2")
