"""adequacy.html in a real browser: languages, filters, drill-down, the map's switches, a phone, no script error."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.report.adequacy_page import render_adequacy
from data.rules_file import load_rules
from tests.api.adequacy_factory import make_adequacy
from tests.browser.test_report_browser import BROWSER, _acting, _found, browse  # noqa: F401

pytestmark = pytest.mark.skipif(not BROWSER, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("adequacy") / "adequacy.html"
    path.write_text(render_adequacy(make_adequacy(changed=True), load_rules()), encoding="utf-8")
    return path


def test_a_phone_needs_no_sideways_scrolling_and_no_script_fails(page, browse, tmp_path) -> None:  # noqa: F811
    """With everything opened that opens, in a frame of 390 px."""
    told = (
        "<script>var failed = []; window.onerror = function (m) { failed.push(m); };"
        "addEventListener('load', function () { setTimeout(function () {"
        "document.querySelectorAll('details').forEach(function (d) { d.open = true; });"
        "parent.postMessage([innerWidth, document.documentElement.scrollWidth, failed], '*'); }, 500); });</script>"
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


def test_the_language_switch_shows_one_language(page, browse, tmp_path) -> None:  # noqa: F811
    script = """
      function seen(side) { return Array.from(document.querySelectorAll('main .' + side)).filter(function (el) {
        return getComputedStyle(el).display !== 'none'; }).length > 0; }
      function option() { return document.querySelector('.filters[data-table=t-sites] select option').textContent; }
      var before = [seen('zh'), seen('en'), option()]; document.querySelector('[data-set=en]').click();
      return [before, [seen('zh'), seen('en'), option()]];
    """
    found = _found(browse(_acting(page, tmp_path, script).as_uri() + "#zh"))
    assert found == [[True, False, "全部"], [False, True, "all"]]


def test_filters_choose_rows_and_sorting_keeps_the_choice(page, browse, tmp_path) -> None:  # noqa: F811
    script = """
      function names(id) { return Array.from(document.querySelectorAll('#' + id + ' tbody tr')).filter(function (r) {
        return !r.hidden; }).map(function (r) { return r.cells[0].textContent; }); }
      function choose(id, facet, value) {
        var box = document.querySelector('[data-table=' + id + '] [data-facet=' + facet + ']');
        box.value = value; box.dispatchEvent(new Event('change')); }
      var first = names('t-areas').length; choose('t-areas', 'level', 'street'); var streets = names('t-areas').length;
      choose('t-sites', 'reason', 'used'); var used = names('t-sites').length;
      document.querySelectorAll('#t-sites thead th button')[5].click(); var sorted = names('t-sites').length;
      choose('t-sites', 'reason', ''); var word = document.querySelector('[data-table=t-sites] input');
      word.value = 'dongmen depot'; word.dispatchEvent(new Event('input'));
      return [first, streets, used, sorted, names('t-sites').length];
    """
    assert _found(browse(_acting(page, tmp_path, script).as_uri())) == [2, 4, 4, 4, 1]


def test_a_figure_opens_the_sites_behind_it(page, browse, tmp_path) -> None:  # noqa: F811
    script = """
      var goal = document.getElementById('step-storm'), was = goal.open;
      document.querySelector('a[href="#step-storm"]').click();
      var row = document.getElementById('site-S08'), box = document.querySelector('[data-table=t-sites] select');
      box.value = '510101'; box.dispatchEvent(new Event('change'));
      var hidden = row.hidden; Page.reveal('site-S08');
      return [was, goal.open, hidden, row.hidden, row.classList.contains('told')];
    """
    assert _found(browse(_acting(page, tmp_path, script).as_uri())) == [False, True, True, False, True]


def test_the_map_switches_figure_and_level_and_tells_why_a_site_is_out(page, browse, tmp_path) -> None:  # noqa: F811
    script = """
      function fills() { return Array.from(document.querySelectorAll('.leaflet-areas-pane path')).map(function (p) {
        return p.getAttribute('fill'); }).sort().join(); }
      function pick(name, value) {
        document.querySelector('.planner input[name=' + name + '][value=' + value + ']').click(); }
      var nominal = fills(); pick('theme', 'storm'); var storm = fills(); pick('level', 'district');
      var districts = document.querySelectorAll('.leaflet-areas-pane path').length;
      var legends = Array.from(document.querySelectorAll('[data-theme]')).filter(function (u) { return !u.hidden; });
      var sites = Array.from(document.querySelectorAll('.leaflet-marker-pane .site')); sites[0].click();
      return [nominal !== storm, nominal.indexOf('url(#p-nominal-') >= 0, districts, legends.length,
        legends[0].dataset.theme, sites.length, document.querySelector('.leaflet-popup-content').textContent];
    """
    found = _found(browse(_acting(page, tmp_path, script).as_uri()))
    assert found[:6] == [True, True, 2, 1, "storm", 12]
    assert "Not in use: open air: no shelter in a storm" in found[6]
    assert "See the details" in found[6]
