"""The page for browsers: warnings in force with letters and shapes beside their colours, and how fresh that is."""

from __future__ import annotations

import base64
import string
import threading
from datetime import datetime
from functools import cache
from html import escape

from api.http.context import Context
from api.http.doubts import UNKNOWN, Standing, standing
from api.http.status_rows import both, groups_of, jumps, table
from api.messages import catalogue, text
from api.report.offline import font_address
from api.store.errors import StoreError
from api.warning.notice import BEIJING
from api.wording import COLOURS, EN, LETTERS, ZH, quantity

_FONT_TURN = threading.Lock()
# Names of formats are the same in every language; other links have a text in the catalogue.
_FORMATS = (("/v1/warnings", "JSON"), ("/v1/warnings?f=geojson", "GeoJSON"), ("/v1/feed.atom", "Atom"))
_PLACES = (("/collections", "ogc"), ("/freshness", "freshness"), ("/docs", "docs"))

STYLE = """:root { --ink: #1a242d; --muted: #4f5d68; --line: #d6dce1; --soft: #f4f6f5; --paper: #fff;
  --accent: #124f8c; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--soft); color: var(--ink); line-height: 1.5;
  font-family: "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", Rongan,
    sans-serif; }
main { max-width: 75rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; margin: .4rem 0 .8rem; }
h2 { font-size: 1.1rem; margin: 1.4rem 0 .4rem; }
.en { display: block; color: var(--muted); font-size: .88em; font-weight: 400; }
.banner { background: #f5c400; color: #14202a; padding: .6rem 1rem; font-weight: 600; }
.banner .en { color: inherit; }
.actual { background: #b3161b; color: #fff; }
.panel { background: var(--paper); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; }
.state { padding: .7rem 1rem; border-left: 6px solid #17694a; }
.state p, .state ul { margin: 0 0 .3rem; }
.unwatched { border-left-color: #b86e00; font-weight: 600; }
.stale { border-left-color: #a3161b; font-weight: 600; }
.label { color: var(--muted); font-size: .88rem; white-space: nowrap; }
.times { display: grid; grid-template-columns: auto auto; gap: .3rem .7rem; justify-content: start; margin: 0; }
.times dt, .times dd { margin: 0; white-space: nowrap; }
.group th { background: var(--soft); font-size: 1rem; scroll-margin-top: 1rem; }
.group .en { display: inline; margin: 0 .8rem 0 .2rem; }
.jump { margin: .4rem 0; }
.links a { display: block; padding: .15rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .55rem .8rem; border-top: 1px solid var(--line); }
thead th { border-top: 0; font-size: .9rem; }
.level { white-space: nowrap; }
.level svg { width: 2.1rem; height: 2.1rem; vertical-align: middle; margin-right: .4rem; }
.level text { font-size: 11px; font-weight: 700; text-anchor: middle; }
.level > span { display: inline-block; vertical-align: middle; }
.none { padding: 1.4rem 1rem; }
a { color: var(--accent); }
nav a { display: inline-block; vertical-align: top; padding: .5rem .9rem .5rem 0; }
footer { color: var(--muted); font-size: .88rem; margin-top: 1.2rem; }
@font-face { font-family: "Rongan"; src: url("/status.woff2") format("woff2"); font-display: swap; }
@media (max-width: 45rem) {
  thead { position: absolute; left: -999rem; }
  tr { display: block; padding: .6rem 0; border-top: 1px solid var(--line); }
  td { display: block; border: 0; padding: .2rem 1rem; }
  tr.group { padding: 0; }
  .group th { display: block; }
}
"""


def status_page(context: Context) -> str:
    """The whole page; nothing in it is asked for elsewhere, and it works without scripts."""
    board, settings = context.board, context.settings
    board.tick()
    own = "Actual" if settings.mode == "actual" else "Exercise"
    items = board.in_force.get(own, ())
    kind = own.lower()
    found = _standing(context)
    known = found is not None and not found.doubts
    if items:
        groups = groups_of(items, context.places)
        banner, jump, body = kind, jumps(groups), table(groups)
    else:
        banner = kind if kind == "exercise" else ("actual_none" if known else "actual_unknown")
        nothing = "none" if known else "none_known"
        jump, body = "", f"<p class='none'>{both(f'service.page.{nothing}')}</p>"
    links = "".join(f"<a href='{escape(path)}'>{escape(name)}</a>" for path, name in _FORMATS)
    links += "".join(
        f"<a href='{path}'>{both(f'service.page.{name}')}</a>"
        for path, name in _PLACES
        if name != "docs" or settings.docs
    )
    return f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(text("service.title", ZH))}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="30">
<link rel="stylesheet" href="/status.css"><link rel="alternate" type="application/atom+xml" href="/v1/feed.atom"></head>
<body><div class="banner {kind}" role="note">{both(f"service.page.{banner}")}</div><main>
<h1>{both("service.title")}</h1>
{_unlisted(context, own)}{_freshness(context, found)}
<h2>{both(f"service.feed.{kind}")}</h2>
{jump}<div class="panel">{body}</div>
<h2>{both("service.page.links")}</h2><nav>{links}</nav>
<footer>{both("service.page.refresh")}</footer>
</main></body></html>
"""


def status_font(names: str) -> bytes:
    """The characters of our own texts and of `names` as WOFF2, for browsers without a Chinese font (SIL OFL)."""
    with _FONT_TURN:  # it takes a second or two: made once, not by every reader that waits for it
        return _font(names)


@cache
def _font(names: str) -> bytes:
    said = "".join(texts["zh"] for texts in catalogue().values())
    sample = quantity(datetime(2026, 1, 1, tzinfo=BEIJING), "moment", ZH)  # what code writes between the texts
    said += sample + "".join(COLOURS[ZH]) + "".join(LETTERS[ZH]) + string.printable
    return base64.b64decode(font_address(said + names).partition(",")[2])


def _standing(context: Context) -> Standing | None:
    """None where the database cannot be read: the page is shown all the same, and says so."""
    try:
        return standing(context, context.clock.now())
    except StoreError:
        return None


def _unlisted(context: Context, own: str) -> str:
    """Real warnings in force that a service for exercises does not list: nobody may take its page for an all clear."""
    missing = len(context.board.in_force.get("Actual", ())) if own == "Exercise" else 0
    if not missing:
        return ""
    link = "<a href='/v1/warnings?status=Actual'>JSON</a>"
    said = both("service.page.unlisted", count=missing)
    return f"<div class='panel state stale' role='alert'><p>{said}</p>{link}</div>"


def _freshness(context: Context, found: Standing | None) -> str:
    now = context.clock.now().astimezone(BEIJING)
    done = None if found is None else found.done
    told = ""
    if done is not None:
        told = f"<p>{both('service.page.cycle', moment=done.time.astimezone(BEIJING))}</p>"
    elif found is not None:
        told = f"<p>{both('service.page.no_cycle')}</p>"
    if found is not None and found.sensors:
        told += f"<p>{both('service.page.sensors', silent=found.sensors_silent, sensors=found.sensors)}</p>"
    unwatched = "" if found is None or found.watched else f"<p>{both('service.page.unwatched', moment=now)}</p>"
    found = found or UNKNOWN
    if not found.doubts and unwatched:
        return f"<div class='panel state unwatched'>{unwatched}{told}</div>"
    if not found.doubts:
        return f"<div class='panel state'><p>{both('service.page.fresh', moment=now)}</p>{told}</div>"
    reasons = ((escape(found.reason(doubt, ZH)), escape(found.reason(doubt, EN))) for doubt in found.doubts)
    why = "".join(f"<li>{zh}<span class='en' lang='en'>{en}</span></li>" for zh, en in reasons)
    said = f"<p>{both('service.page.stale', moment=now)}</p><ul>{why}</ul>{unwatched}{told}"
    return f"<div class='panel state stale' role='alert'>{said}</div>"
