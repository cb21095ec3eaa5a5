"""docs/examples/nginx.conf with the installed nginx: cache, keys, stale answers, events."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.service.serve_case import free_port
from tests.shared_data import ROOT

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
def behind(tmp_path: Path) -> Iterator[tuple[httpx.Client, Upstream, subprocess.Popen]]:
    """The file as it is, but for ports, folders and the user."""
    upstream, port = Upstream(), free_port()
    text = (ROOT / "docs/examples/nginx.conf").read_text(encoding="utf-8")
    for pattern, place in (
        (r"/run/nginx\.pid", f"{tmp_path}/pid"),
        (r"/var/cache/nginx/rongan", f"{tmp_path}/cache"),
        (r"listen 80;", f"listen 127.0.0.1:{port};"),
        (r"127\.0\.0\.1:800[12] ", f"127.0.0.1:{upstream.port} "),
        (r"include /etc/nginx/mime\.types;", "".join(f"{n}_temp_path {tmp_path}/{n};" for n in _TEMPORARY)),
    ):
        text, found = re.subn(pattern, place, text)
        assert found, pattern
    (tmp_path / "nginx.conf").write_text("daemon off; error_log stderr crit;\n" + text)
    tmp_path.chmod(0o777)
    for folder in tmp_path.parents:
        if folder.name.startswith("pytest"):
            folder.chmod(0o755)  # workers of nginx may be another user
    command = ["nginx", "-c", str(tmp_path / "nginx.conf"), "-e", "stderr"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen(command)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5.0) as client:
            for _ in range(200):
                try:
                    client.get("/ready")
                    break
                except httpx.ConnectError:
                    time.sleep(0.02)
            upstream.asked.clear()
            yield client, upstream, process
    finally:
        process.terminate()
        process.wait()
        if upstream.thread.is_alive():
            upstream.end()


_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def test_many_questions_reach_the_service_once_a_second(behind):
    client, upstream, _ = behind
    answers = [client.get("/v1/warnings") for _ in range(30)]
    assert {answer.status_code for answer in answers} == {200}
    assert len(upstream.asked) <= 3
    assert "HIT" in {answer.headers["rongan-cache"] for answer in answers}
    again = client.get("/v1/warnings", headers={"If-None-Match": answers[-1].headers["etag"]})
    assert again.status_code in (200, 304)


def test_an_etag_is_answered_304_out_of_the_cache(behind):
    client, _, _ = behind
    etag = client.get("/v1/feed.atom").headers["etag"]
    assert client.get("/v1/feed.atom", headers={"If-None-Match": etag}).status_code == 304


def test_whoever_gives_a_key_never_gets_the_answer_of_another(behind):
    client, upstream, _ = behind
    client.get("/v1/warnings", headers={"X-API-Key": "mine"})
    other = client.get("/v1/warnings", headers={"X-API-Key": "theirs"})
    nobody = client.get("/v1/warnings")
    assert other.text.endswith("theirs")
    assert "mine" not in nobody.text + other.text
    assert "theirs" not in nobody.text
    assert [key for _, key in upstream.asked] == ["mine", "theirs", ""]


def test_the_last_answer_is_given_out_while_the_services_are_away(behind):
    client, upstream, _ = behind
    client.get("/v1/warnings")
    upstream.end()
    time.sleep(2.1)  # nginx counts whole seconds: one second is up to two
    answers = [client.get("/v1/warnings") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["rongan-cache"] for answer in answers} <= {"STALE", "UPDATING"}
    assert client.get("/v1/shelters").status_code in (502, 504)


def test_a_client_cannot_claim_another_address(behind):
    client, upstream, _ = behind
    client.get("/freshness", headers={"X-Forwarded-For": "10.9.8.7"})
    assert upstream.forwarded == "127.0.0.1"
