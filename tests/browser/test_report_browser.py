"""The report in a real browser: the map is drawn, the clock moves it, nothing is fetched."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from api.report import write_report
from tests.api.result_factory import make_result

BROWSER = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), "")
pytestmark = pytest.mark.skipif(not BROWSER, reason="no Chromium on this machine")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--lang=en-US",
    "--virtual-time-budget=5000", "--window-size=1280,1000", "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(make_result(), path)
    return path


@pytest.fixture
def browse(tmp_path) -> Callable[..., html.HtmlElement]:
    """Opens a page, lets its scripts run, and gives its document back."""

    def open_page(address: str, *flags: str) -> html.HtmlElement:
        command = [BROWSER, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *flags, "--dump-dom", address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        return html.fromstring(done.stdout)

    return open_page


def _acting(report: Path, folder: Path, script: str) -> Path:
    """The report with something done to it after it has loaded; what the script returns lands in the title."""
    act = (
        "<script>addEventListener('load', function () { setTimeout(function () {"
        f"var found = (function () {{ {script} }})(); document.title = 'DONE ' + JSON.stringify(found);"
        "}, 300); });</script>"
    )
    path = folder / "acting.html"
    path.write_text(report.read_text(encoding="utf-8").replace("</body>", act + "</body>"), encoding="utf-8")
    return path


def _found(document: html.HtmlElement) -> Any:
    title = document.findtext(".//title") or ""
    assert title.startswith("DONE "), title
    return json.loads(title[5:])


def test_the_map_is_drawn(report: Path, browse) -> None:
    document = browse(report.as_uri())
    assert len(document.xpath("//img[contains(@class,'leaflet-image-layer')]")) == 1
    assert len(document.xpath("//div[contains(@class,'site')]//svg")) == 4
    assert len(document.xpath("//path[starts-with(@fill,'url(#warn-')]")) == 3
    assert document.xpath("//canvas")
    boxes = document.xpath("//*[contains(@class,'leaflet-control-layers-overlays')]//input")
    assert len(boxes) == 10
    assert document.get("lang") == "en"


def test_nothing_is_fetched(report: Path, browse, tmp_path) -> None:
    """Served over HTTP the page asks its own server for nothing more, and the network log names no other host."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(report.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log = tmp_path / "net.json"
    rules = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    try:
        browse(f"http://127.0.0.1:{server.server_port}/report.html", rules, f"--log-net-log={log}")
    finally:
        server.shutdown()
        server.server_close()
    assert [path for path in asked if path != "/favicon.ico"] == ["/report.html"]
    hosts = set(re.findall(r'"url":"(?:https?|wss?)://([^/:"]+)', log.read_text(encoding="utf-8", errors="replace")))
    assert "127.0.0.1" in hosts
    # What the browser asks of its own maker (clock, updates) is not the page's doing.
    assert {host for host in hosts if not host.endswith((".google.com", ".googleapis.com"))} == {"127.0.0.1"}


def test_the_page_forbids_itself_every_request(report: Path, browse, tmp_path) -> None:
    """Even a script that tries is stopped by the page's own policy."""
    page = tmp_path / "trial.html"
    trial = (
        "<script>document.addEventListener('securitypolicyviolation', function () { document.title = 'BLOCKED'; });"
        "new Image().src = 'http://example.com/x.png';</script>"
    )
    page.write_text(report.read_text(encoding="utf-8").replace("</body>", trial + "</body>"), encoding="utf-8")
    assert browse(page.as_uri()).findtext(".//title") == "BLOCKED"


def test_the_slider_moves_water_warnings_and_clock(report: Path, browse, tmp_path) -> None:
    script = """
      var slider = document.getElementById('slider'), out = {};
      function look(k) {
        slider.value = k; slider.dispatchEvent(new Event('input'));
        return { clock: document.getElementById('clock').textContent,
          image: document.querySelector('img.leaflet-image-layer').src.length,
          warned: document.querySelectorAll('.leaflet-hatch-pane path').length,
          spoken: slider.getAttribute('aria-valuetext'),
          cursor: document.querySelector('.chart.wide .cursor').getAttribute('x1') };
      }
      return { first: look(0), peak: look(4), last: look(8) };
    """
    found = _found(browse(_acting(report, tmp_path, script).as_uri()))
    assert [found[k]["clock"] for k in ("first", "peak", "last")] == ["20:00", "22:00", "00:00"]
    assert found["peak"]["spoken"] == "22:00"
    assert len({found[k]["image"] for k in found}) == 3
    assert found["first"]["warned"] == 0
    assert found["peak"]["warned"] == 3
    assert found["last"]["warned"] == 2  # one lifted at 23:37
    assert float(found["first"]["cursor"]) < float(found["peak"]["cursor"]) < float(found["last"]["cursor"])


def test_the_language_switch_shows_one_language(report: Path, browse, tmp_path) -> None:
    script = """
      function seen(name) { return Array.from(document.querySelectorAll('main .' + name)).filter(function (el) {
        return getComputedStyle(el).display !== 'none'; }).length; }
      function state() { return [seen('zh') > 0, seen('en') > 0, document.documentElement.lang,
        document.getElementById('play').textContent, document.getElementById('slider').getAttribute('aria-label')]; }
      var before = state(); document.querySelector('[data-set=en]').click(); return { before: before, after: state() };
    """
    found = _found(browse(_acting(report, tmp_path, script).as_uri() + "#zh"))
    assert found["before"] == [True, False, "zh-CN", "播放", "时刻"]
    assert found["after"] == [False, True, "en", "Play", "Time"]


def test_the_tables_sort_and_open(report: Path, browse, tmp_path) -> None:
    script = """
      var head = document.querySelectorAll('#t-shelters thead th')[2], values = [];
      function column() { return Array.from(document.querySelectorAll('#t-shelters tbody tr')).map(function (r) {
        return +r.cells[2].dataset.v; }); }
      head.firstChild.click(); values.push(column()); head.firstChild.click(); values.push(column());
      return { down: values[0], up: values[1], sort: head.getAttribute('aria-sort') };
    """
    found = _found(browse(_acting(report, tmp_path, script).as_uri()))
    assert found["down"] == [2000, 1200, 900, -1]  # the last one is left out and has no capacity
    assert found["up"] == [-1, 900, 1200, 2000]
    assert found["sort"] == "ascending"


def test_a_phone_needs_no_sideways_scrolling(report: Path, browse, tmp_path) -> None:
    """In a frame of 390 px, narrower than the smallest window a headless browser opens."""
    told = (
        "<script>addEventListener('load', function () { setTimeout(function () { parent.postMessage("
        "[innerWidth, document.documentElement.scrollWidth], '*'); }, 500); });</script>"
    )
    (tmp_path / "page.html").write_text(
        report.read_text(encoding="utf-8").replace("</body>", told + "</body>"), "utf-8"
    )
    frame = tmp_path / "phone.html"
    frame.write_text(
        "<script>addEventListener('message', function (e) { document.title = 'DONE ' + JSON.stringify(e.data); });"
        "</script><iframe src='page.html' style='width:390px;height:800px;border:0'></iframe>",
        encoding="utf-8",
    )
    inner, wide = _found(browse(frame.as_uri()))
    assert inner == 390
    assert wide == 390


def test_no_script_fails(report: Path, browse, tmp_path) -> None:
    page = report.read_text(encoding="utf-8")
    watch = "<script>window.onerror = function (m) { document.documentElement.dataset.error = m; };</script>"
    path = tmp_path / "watched.html"
    path.write_text(page.replace("<head>", "<head>" + watch, 1), encoding="utf-8")
    assert browse(path.as_uri()).get("data-error") is None
