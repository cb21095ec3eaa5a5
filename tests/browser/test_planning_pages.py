"""The pages of a comparison and a headroom search in a real browser: no error, no sideways scrolling, two languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.report.compare_page import render_compare
from api.report.headroom_page import render_headroom
from data.rules_file import load_rules
from sim.compare import compare
from sim.headroom import SearchParameters, find_headroom
from sim.measures import Drainage, Sponge
from sim.scenario import Flood, Scenario, Storm
from tests.browser.test_report_browser import BROWSER, _found, browse  # noqa: F401
from tests.tiny_city import tiny_city

pytestmark = pytest.mark.skipif(not BROWSER, reason="no Chromium on this machine")
RULES = load_rules()
STORM = Storm(return_period_a=5.0, duration_min=30.0, lead_min=0.0)
MEASURES = (
    Sponge(
        "sponge",
        "soak",
        "很长名字的海绵城市改造工程项目",
        "A sponge project with quite a long name",
        100.0,
        storage_mm=40.0,
    ),
    Drainage("drainage", "drain", cost=2e5, mm_h=6.0),
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("planning")
    base = Scenario(storm=STORM, flood=Flood(duration_h=1.0))
    other = Scenario(name="other", storm=STORM, flood=base.flood, measure=MEASURES)
    compared = compare(tiny_city(), base, other, RULES, each=True, workers=1)
    searched = find_headroom(
        tiny_city(), Scenario(storm=STORM), RULES, parameters=SearchParameters(tolerance=0.5), workers=1
    )
    texts = {"compare": render_compare(compared, RULES), "headroom": render_headroom(searched, RULES)}
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.mark.parametrize("name", ["compare", "headroom"])
def test_a_phone_needs_no_sideways_scrolling_and_no_script_fails(pages, name, browse, tmp_path) -> None:  # noqa: F811
    told = (
        "<script>var failed = []; window.onerror = function (m) { failed.push(m); };"
        "addEventListener('load', function () { setTimeout(function () { parent.postMessage("
        "[innerWidth, document.documentElement.scrollWidth, failed], '*'); }, 500); });</script>"
    )
    text = pages[name].read_text(encoding="utf-8")
    (tmp_path / "page.html").write_text(text.replace("<head>", "<head>" + told, 1), "utf-8")
    frame = tmp_path / "phone.html"
    frame.write_text(
        "<script>addEventListener('message', function (e) { document.title = 'DONE ' + JSON.stringify(e.data); });"
        "</script><iframe src='page.html' style='width:390px;height:800px;border:0'></iframe>",
        encoding="utf-8",
    )
    assert _found(browse(frame.as_uri())) == [390, 390, []]


@pytest.mark.parametrize("name", ["compare", "headroom"])
def test_one_language_shows_at_a_time(pages, name, browse, tmp_path) -> None:  # noqa: F811
    script = """<script>addEventListener('load', function () {
      function seen(side) { return Array.from(document.querySelectorAll('main .' + side)).filter(function (el) {
        return getComputedStyle(el).display !== 'none'; }).length > 0; }
      var before = [seen('zh'), seen('en')]; document.querySelector('[data-set=en]').click();
      document.title = 'DONE ' + JSON.stringify([before, [seen('zh'), seen('en')]]); });</script></body>"""
    page = tmp_path / "page.html"
    page.write_text(pages[name].read_text(encoding="utf-8").replace("</body>", script), "utf-8")
    assert _found(browse(page.as_uri() + "#zh")) == [[True, False], [False, True]]
