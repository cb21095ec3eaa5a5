"""`rongan serve`: it comes up by itself, survives what dies, ends cleanly, and says what is wrong in one line."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from api.cli.main import run
from api.store import Store
from data.city_writer import write_city
from tests.service.serve_case import Served, children
from tests.service.test_supervise import alive
from tests.tiny_city import tiny_city

WARNING = {"area": "510101", "level": "yellow", "event": "rainstorm", "hours": 2, "note": "test"}


def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            if true():
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_city(tiny_city(), tmp_path_factory.mktemp("pack"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, pack: Path) -> Iterator[Served]:
    one = Served(tmp_path_factory.mktemp("home") / "service", pack, workers=2, jobs=1)
    one.start()
    try:
        yield one
    finally:
        if one.process is not None and one.process.poll() is None:
            one.kill()


@pytest.mark.slow
def test_it_says_where_it_is_and_answers_there(served):
    assert f"at {served.url}" in served.output
    assert "exercise only" in served.output
    assert served.admin.startswith("rongan_")
    with served.client() as client:
        assert client.get("/v1/warnings").json()["count"] == 0
        assert client.get("/v1/keys").status_code == 401
    with served.as_admin() as client:
        assert [key["name"] for key in client.get("/v1/keys").json()["keys"]] == ["first admin"]


@pytest.mark.slow
def test_the_canary_comes_back_and_is_in_no_feed(served):
    with served.client() as client:
        until(lambda: client.get("/freshness").json()["canary"])
        told = client.get("/freshness").json()
        assert told["status"] == "fresh"
        canary = told["canary"]
        assert canary["identifier"].startswith("RA-canary-")
        assert 0.0 < canary["visible_ms"] < 10_000.0
        assert client.get(f"/v1/warnings/{canary['identifier']}.xml").status_code == 200
        for feed in ("/v1/warnings", "/v1/feed.atom"):
            assert "canary" not in client.get(feed).text


@pytest.mark.slow
def test_a_warning_is_in_every_web_process_and_stays_when_one_is_killed(served):
    with served.as_admin() as client:
        made = client.post("/v1/warnings", json=WARNING, headers={"Idempotency-Key": "a"})
    assert made.status_code == 201, made.text
    name = made.json()["message"]["identifier"]

    def shown() -> bool:
        return name in httpx.get(f"{served.url}/v1/warnings", timeout=5.0).text  # a connection of its own each

    until(lambda: all(shown() for _ in range(20)))
    assert served.process is not None
    web = [
        pid for pid in children(served.process.pid) if b"api.http.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    assert len(web) == 2
    os.kill(web[0], signal.SIGKILL)
    until(lambda: len(served.all_pids()) >= 5 and web[0] not in served.all_pids())
    until(lambda: all(shown() for _ in range(20)))


@pytest.mark.slow
def test_an_event_stream_does_not_hold_up_the_end_and_nobody_is_left(served):
    pids = served.all_pids()
    with served.client() as client, client.stream("GET", "/v1/events", params={"since": 0}) as stream:
        assert next(stream.iter_raw())
        began = time.monotonic()
        assert served.stop() == 0
        assert time.monotonic() - began < 12.0
    assert not [pid for pid in pids if alive(pid)]
    assert not list((served.home / "run").iterdir())
    with Store.open(f"sqlite:///{served.home / 'rongan.db'}") as store, store.reading() as rx:
        assert rx.check_audit() is None
    served.start()
    assert "shown this once" not in served.output
    with served.client() as client:
        assert client.get("/v1/warnings").json()["count"] == 1


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    told = capsys.readouterr().err.strip()
    assert told.startswith("Error: ")
    assert "Traceback" not in told
    return told


def test_a_port_that_is_taken(tmp_path, capsys):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert run(["serve", "--home", str(tmp_path / "h"), "--port", port]) == 2
    assert port in one_line(capsys)


def test_a_home_that_cannot_be_written(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run(["serve", "--home", str(tmp_path / "file" / "home"), "--port", "0"]) == 2
    assert "home folder" in one_line(capsys)


def test_a_database_of_a_newer_program(tmp_path, capsys):
    Store.open(f"sqlite:///{tmp_path / 'rongan.db'}").close()
    with sqlite3.connect(tmp_path / "rongan.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert run(["serve", "--home", str(tmp_path), "--port", "0"]) == 2
    assert "newer program" in one_line(capsys)


@pytest.mark.parametrize(
    "wrong", [["--port", "70000"], ["--workers", "0"], ["--sample", "tiny"], ["--host", "no.such.host.invalid"]]
)
def test_options_that_make_no_sense(tmp_path, wrong, capsys):
    assert run(["serve", "--home", str(tmp_path), *([] if "--port" in wrong else ["--port", "0"]), *wrong]) == 2
    one_line(capsys)


def test_settings_of_a_file_that_do_not_hold(tmp_path, capsys):
    (tmp_path / "rongan.env").write_text("RONGAN_CANARY_S=never\n")
    assert run(["serve", "--home", str(tmp_path), "--port", "0"]) == 2
    assert "RONGAN_CANARY_S" in one_line(capsys)
