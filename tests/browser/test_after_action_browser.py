"""after_action.html in a real browser: the first screen holds the answer, no sideways scrolling, two languages."""

from __future__ import annotations

import pytest

from api.report.after_action_page import render_after_action
from data.rules_file import load_rules
from tests.api.after_action_factory import make_after_action
from tests.browser.test_report_browser import BROWSER, _found, browse  # noqa: F401

pytestmark = pytest.mark.skipif(not BROWSER, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def page() -> str:
    return render_after_action(make_after_action(), load_rules())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_phone_needs_no_sideways_scrolling_and_no_script_fails(page, lang, browse, tmp_path) -> None:  # noqa: F811
    told = (
        "<script>var failed = []; window.onerror = function (m) { failed.push(m); };"
        "addEventListener('load', function () { setTimeout(function () { parent.postMessage("
        "[innerWidth, document.documentElement.scrollWidth, failed], '*'); }, 500); });</script>"
    )
    (tmp_path / "page.html").write_text(page.replace("<head>", "<head>" + told, 1), "utf-8")
    frame = tmp_path / "phone.html"
    frame.write_text(
        "<script>addEventListener('message', function (e) { document.title = 'DONE ' + JSON.stringify(e.data); });"
        f"</script><iframe src='page.html#{lang}' style='width:390px;height:800px;border:0'></iframe>",
        encoding="utf-8",
    )
    assert _found(browse(frame.as_uri())) == [390, 390, []]


def test_one_language_shows_at_a_time(page, browse, tmp_path) -> None:  # noqa: F811
    script = """<script>addEventListener('load', function () {
      function seen(side) { return Array.from(document.querySelectorAll('main .' + side)).filter(function (el) {
        return getComputedStyle(el).display !== 'none'; }).length > 0; }
      var before = [seen('zh'), seen('en')]; document.querySelector('[data-set=en]').click();
      document.title = 'DONE ' + JSON.stringify([before, [seen('zh'), seen('en')]]); });</script></body>"""
    file = tmp_path / "page.html"
    file.write_text(page.replace("</body>", script), "utf-8")
    assert _found(browse(file.as_uri() + "#zh")) == [[True, False], [False, True]]


def test_verdict_figures_and_lessons_stand_on_the_first_screen(page, browse, tmp_path) -> None:  # noqa: F811
    """At 1440 px the third lesson ends above 1000 px: no scrolling on a common screen of 1440 x 1000 and more."""
    script = """<script>addEventListener('load', function () { setTimeout(function () {
      var last = document.querySelector('.learned li:nth-child(3)').getBoundingClientRect().bottom;
      document.title = 'DONE ' + JSON.stringify([innerWidth, last < 1000]); }, 300); });</script></body>"""
    file = tmp_path / "inner.html"
    file.write_text(page.replace("</body>", script), "utf-8")
    frame = tmp_path / "wide.html"
    frame.write_text(
        "<script>addEventListener('message', function (e) { document.title = 'DONE ' + JSON.stringify(e.data); });"
        "</script><iframe src='inner.html#en' style='width:1440px;height:1000px;border:0'></iframe>",
        encoding="utf-8",
    )
    inner = file.read_text("utf-8").replace("document.title = 'DONE ' + JSON.stringify(", "parent.postMessage((")
    file.write_text(inner.replace("last < 1000])", "last < 1000]), '*')"), "utf-8")
    assert _found(browse(frame.as_uri())) == [1440, True]
