"""The RSGI door, by a real granian: the front, the ASGI application behind it, streams, files, start and end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.shared_data import ROOT


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(path: Path, line: str, seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if path.exists() and line in path.read_text().splitlines():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Path, subprocess.Popen]]:
    folder = tmp_path_factory.mktemp("door")
    log, file = folder / "log", folder / "file.bin"
    file.write_bytes(os.urandom(300_000))
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "granian", "tests.http.door_app:door", *f"--interface rsgi --port {port}".split()],
        cwd=ROOT,
        env={**os.environ, "DOOR_LOG": str(log), "DOOR_FILE": str(file)},
    )
    try:
        assert wait_for(log, "startup", 30.0)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10.0) as client:
            for _ in range(100):
                try:
                    client.get("/front")
                    break
                except httpx.ConnectError:
                    time.sleep(0.05)
            yield client, log, server
    finally:
        if server.poll() is None:
            server.send_signal(signal.SIGTERM)
            server.wait(10.0)
    assert wait_for(log, "shutdown")


def test_the_front_answers_first(door):
    client, _, _ = door
    answer = client.get("/front?a=1")
    assert (answer.status_code, answer.text, answer.headers["etag"]) == (200, "GET a=1 True", '"a"')
    assert client.get("/front", headers={"If-None-Match": '"a"'}).status_code == 304


def test_the_rest_goes_to_the_application(door):
    client, _, _ = door
    assert client.get("/a%20b%2525?x=%20y").text == "GET /a b%25 /a%20b%2525 x=%20y 0"
    assert client.post("/post", content=b"z" * 2_000_000).text == "POST /post /post  2000000"
    head = client.head("/something")
    assert (head.status_code, head.content) == (200, b"")


def test_an_application_that_says_nothing_leaves_nobody_waiting(door):
    client, _, _ = door
    assert client.get("/silent").status_code == 500


def test_files_come_whole(door):
    client, _, _ = door
    assert len(client.get("/file").content) == 300_000


def test_an_event_stream_ends_when_it_has_queued_enough(door):
    client, log, _ = door
    with client.stream("GET", "/events") as answer:
        size = sum(len(chunk) for chunk in answer.iter_raw())
    assert size == 1_000_000  # whole events: cut between messages, not inside one
    assert wait_for(log, "events over")


def test_the_application_hears_that_an_idle_client_left(door):
    client, log, _ = door
    with client.stream("GET", "/idle") as answer:
        assert next(answer.iter_raw()) == b": hello\n\n"
    assert wait_for(log, "idle left")
