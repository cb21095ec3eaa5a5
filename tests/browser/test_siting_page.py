"""The page of a siting in a real browser: the map switches, nothing fails, a phone needs no sideways scrolling."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.report.siting_page import render_siting
from data.rules_file import load_rules
from tests.api.siting_factory import make_siting
from tests.browser.test_report_browser import BROWSER, _acting, _found, browse  # noqa: F401

pytestmark = pytest.mark.skipif(not BROWSER, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("siting") / "siting.html"
    path.write_text(render_siting(make_siting(), load_rules()), encoding="utf-8")
    return path


def test_every_candidate_and_existing_site_is_on_the_map(page, browse, tmp_path) -> None:  # noqa: F811
    script = """return [document.querySelectorAll('.leaflet-marker-pane .site, .leaflet-pane .site').length,
      document.querySelectorAll('.planner path.leaflet-interactive').length,
      document.querySelectorAll('.planner .legend .kind svg').length];"""
    marks, areas, keys = _found(browse(_acting(page, tmp_path, script).as_uri() + "#zh"))
    assert marks == 20 + 4
    assert areas == 4
    assert keys == 1 + 2 + 2


def test_the_map_switches_between_before_and_after(page, browse, tmp_path) -> None:  # noqa: F811
    script = """function told() { return Array.from(document.querySelectorAll('.place.value b')).map(function (b) {
        return b.textContent.match(/[0-9]+%/)[0]; }).sort(); }
      var after = told(); document.querySelector('.planner input[value=before]').click(); return [after, told()];"""
    after, before = _found(browse(_acting(page, tmp_path, script).as_uri() + "#zh"))
    areas = make_siting().areas.iloc[1:]
    for told, name in ((after, "after"), (before, "before")):
        expected = 100 * areas[f"without_place_{name}"] / areas["people"]
        assert told == sorted(f"{share:.0f}%" for share in expected)


def test_a_phone_needs_no_sideways_scrolling_and_no_script_fails(page, browse, tmp_path) -> None:  # noqa: F811
    told = (
        "<script>var failed = []; window.onerror = function (m) { failed.push(m); };"
        "addEventListener('load', function () { setTimeout(function () { parent.postMessage("
        "[innerWidth, document.documentElement.scrollWidth, failed], '*'); }, 500); });</script>"
    )
    text = page.read_text(encoding="utf-8")
    (tmp_path / "page.html").write_text(text.replace("<head>", "<head>" + told, 1), "utf-8")
    frame = tmp_path / "phone.html"
    frame.write_text(
        "<script>addEventListener('message', function (e) { document.title = 'DONE ' + JSON.stringify(e.data); });"
        "</script><iframe src='page.html' style='width:390px;height:800px;border:0'></iframe>",
        encoding="utf-8",
    )
    assert _found(browse(frame.as_uri())) == [390, 390, []]


def test_one_language_shows_at_a_time(page, browse, tmp_path) -> None:  # noqa: F811
    script = """function seen(side) { return Array.from(document.querySelectorAll('main .' + side)).some(function (el) {
        return getComputedStyle(el).display !== 'none'; }); }
      var before = [seen('zh'), seen('en')]; document.querySelector('[data-set=en]').click();
      return [before, [seen('zh'), seen('en')]];"""
    assert _found(browse(_acting(page, tmp_path, script).as_uri() + "#zh")) == [[True, False], [False, True]]
