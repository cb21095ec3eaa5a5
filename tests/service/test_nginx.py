"""docs/examples/nginx.conf with the installed nginx: cache, keys, stale answers, events."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.service.nginx_case import nginx

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")


class Upstream:
    """Stands in for one service: counts what reaches it, answers with its number and a validator."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers.get("X-API-Key", "")))
                outer.forwarded = self.headers.get("X-Forwarded-For", "")
                body = f"{len(outer.asked)} {self.headers.get('X-API-Key', '')}".encode()
                self.send_response(200)
                told = {"Content-Length": str(len(body)), "ETag": f'"{len(outer.asked)}"', "Cache-Control": "no-cache"}
                for name, value in {**told, "Connection": "close"}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self.forwarded = ""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def end(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[tuple[httpx.Client, Upstream]]:
    """The file as it is, but for ports and folders, before one upstream twice."""
    upstream = Upstream()
    try:
        with nginx(tmp_path, (upstream.port, upstream.port)) as url, httpx.Client(base_url=url, timeout=5.0) as client:
            upstream.asked.clear()
            yield client, upstream
    finally:
        if upstream.thread.is_alive():
            upstream.end()


def test_many_questions_reach_the_service_once_a_second(behind):
    client, upstream = behind
    answers = [client.get("/v1/warnings") for _ in range(30)]
    assert {answer.status_code for answer in answers} == {200}
    assert len(upstream.asked) <= 3
    assert "HIT" in {answer.headers["rongan-cache"] for answer in answers}
    again = client.get("/v1/warnings", headers={"If-None-Match": answers[-1].headers["etag"]})
    assert again.status_code in (200, 304)


def test_an_etag_is_answered_304_out_of_the_cache(behind):
    client, _ = behind
    etag = client.get("/v1/feed.atom").headers["etag"]
    assert client.get("/v1/feed.atom", headers={"If-None-Match": etag}).status_code == 304


def test_whoever_gives_a_key_never_gets_the_answer_of_another(behind):
    client, upstream = behind
    client.get("/v1/warnings", headers={"X-API-Key": "mine"})
    other = client.get("/v1/warnings", headers={"X-API-Key": "theirs"})
    nobody = client.get("/v1/warnings")
    assert other.text.endswith("theirs")
    assert "mine" not in nobody.text + other.text
    assert "theirs" not in nobody.text
    assert [key for _, key in upstream.asked] == ["mine", "theirs", ""]


def test_the_last_answer_is_given_out_while_the_services_are_away(behind):
    client, upstream = behind
    client.get("/v1/warnings")
    upstream.end()
    time.sleep(2.1)  # nginx counts whole seconds: one second is up to two
    answers = [client.get("/v1/warnings") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["rongan-cache"] for answer in answers} <= {"STALE", "UPDATING"}
    assert client.get("/v1/shelters").status_code in (502, 504)


def test_a_browser_is_told_that_the_services_are_away_and_where_to_look(behind):
    client, upstream = behind
    assert "away" not in client.get("/").text
    upstream.end()
    told = client.get("/")
    assert told.status_code in (502, 504)
    assert told.headers["content-type"] == "text/html; charset=utf-8"
    assert told.headers["cache-control"] == "no-store"
    assert "看不到预警不等于平安无事" in told.text
    assert "No warning here is not an all clear" in told.text


def test_a_client_cannot_claim_another_address(behind):
    client, upstream = behind
    client.get("/freshness", headers={"X-Forwarded-For": "10.9.8.7"})
    assert upstream.forwarded == "127.0.0.1"
