"""`rongan watch` and `rongan replay` from outside: what they leave, and what they refuse."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pandas as pd
import pytest
from lxml import etree

from api.cli.main import run
from data.city_writer import write_city
from tests.tiny_city import tiny_city
from tests.watch_case import START, rain_rows


@pytest.fixture(scope="module")
def pack(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pack") / "city"
    write_city(tiny_city(), folder)
    return folder


@pytest.fixture(scope="module")
def observations(tmp_path_factory) -> Path:
    rows = [*rain_rows(200, 1.5), *rain_rows(320, 0.0, begin=200)]
    file = tmp_path_factory.mktemp("observations") / "rain.csv"
    frame = pd.DataFrame({"sensor": r.sensor, "time": r.time.isoformat(), "value": r.value} for r in rows)
    frame.to_csv(file, index=False)
    return file


def test_a_replay_leaves_signed_messages_and_their_verification(pack: Path, observations: Path, tmp_path: Path) -> None:
    out = tmp_path / "replay"
    assert run(["replay", str(pack), "--rain", str(observations), "--rain-only", "--out", str(out)]) == 0
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["exercise"] is True
    assert summary["cycles_failed"] == 0
    sent = sorted((out / "warnings").glob("*.xml"))
    assert len(sent) == summary["messages"] > 0
    for file in sent:
        root = etree.fromstring(file.read_bytes())
        assert root.findtext("{*}status") == "Exercise"
        assert root.find("{http://www.w3.org/2000/09/xmldsig#}Signature") is not None
    cycles = pd.read_csv(out / "cycles.csv")
    assert set(cycles["state"]) == {"done"}
    assert cycles["messages"].sum() == len(sent)
    assert {"hits", "pod"} <= set(pd.read_csv(out / "verification.csv").columns)


def test_the_same_replay_sends_the_same(pack: Path, observations: Path, tmp_path: Path) -> None:
    """Everything but the signatures, which ECDSA draws."""
    told = []
    for name in ("a", "b"):
        command = ["replay", str(pack), "--rain", str(observations), "--rain-only", "--members", "3", "--out"]
        assert run([*command, str(tmp_path / name)]) == 0
        told.append((tmp_path / name / "warnings.geojson").read_text(encoding="utf-8"))
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "one of both"),
        (["--rain", "absent"], "not a source"),
        (["--storm", "50a", "--rain", "absent.csv"], "one of both"),
        (["--storm", "soon"], "storm"),
        (["--storm", "50a", "--from", "2026-07-15"], "without an offset"),
        (["--storm", "50a", "--to", "1990-01-01T00:00:00Z"], "ends before"),
        (["--storm", "50a", "--swmm", "x"], "not a form"),
        (["--storm", "50a", "--forecast", "absent.nc"], "no such file"),
    ],
)
def test_what_cannot_be_replayed_is_one_error(pack: Path, tmp_path: Path, capsys, arguments, said) -> None:
    out = tmp_path / "replay"
    assert run(["replay", str(pack), "--rain-only", "--out", str(out), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert not out.exists()


def test_rows_that_cannot_be_read_end_a_replay_before_it_begins(pack: Path, tmp_path: Path, capsys) -> None:
    file = tmp_path / "rain.csv"
    file.write_text(f"sensor,time,value\nR1,{START.isoformat()},many\n", encoding="utf-8")
    assert run(["replay", str(pack), "--rain", str(file), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert "rain.csv" in error
    assert "many" in error


def test_one_cycle_now(pack: Path, tmp_path: Path, capsys) -> None:
    home = tmp_path / "home"
    assert run(["watch", str(pack), "--rain-only", "--once", "--home", str(home)]) == 0
    assert "nowcast" in capsys.readouterr().out
    assert (home / "rongan.db").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("speed", [[], ["--speed", "6000"]])
def test_a_replay_that_is_stopped_keeps_what_it_did(
    pack: Path, observations: Path, tmp_path: Path, monkeypatch, capsys, number: int, speed: list[str]
) -> None:
    from api.cli import watched

    tell, seen = watched.tell_cycle, []

    def stopping(console, outlook, sent, pace):
        tell(console, outlook, sent, pace)
        seen.append(outlook)
        if len(seen) == 18:
            signal.raise_signal(number)

    monkeypatch.setattr(watched, "tell_cycle", stopping)
    out = tmp_path / "replay"
    command = ["replay", str(pack), "--rain", str(observations), "--rain-only", "--out", str(out), *speed]
    before = signal.getsignal(number)
    assert run(command) == 3
    assert signal.getsignal(number) is before
    said = capsys.readouterr().out
    assert "Stopping after this cycle" in said
    assert re.search(r"\[\d+ of 32, about \d+ s left\]", said)
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    cycles = pd.read_csv(out / "cycles.csv")
    assert summary["stopped"] == {"after": cycles["time"].iloc[-1], "cycles_left": 32 - len(cycles)}
    assert summary["to"] == summary["stopped"]["after"]
    assert summary["cycles"] == 18
    assert summary["messages"] == len(list((out / "warnings").glob("*.xml"))) > 0
    assert not (tmp_path / "replay.partial").exists()


def test_a_second_ctrl_c_ends_a_replay_at_once(pack, observations, tmp_path, monkeypatch) -> None:
    from api.cli import watched

    def stopping(*_):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(watched, "tell_cycle", stopping)
    command = ["replay", str(pack), "--rain", str(observations), "--rain-only", "--out", str(tmp_path / "replay")]
    assert run(command) == 130
    assert list(tmp_path.iterdir()) == []


def test_times_of_a_replay_are_beijing_time(pack: Path, observations: Path, tmp_path: Path) -> None:
    out = tmp_path / "replay"
    assert run(["replay", str(pack), "--rain", str(observations), "--rain-only", "--out", str(out)]) == 0
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    matches = pd.read_csv(out / "matches.csv", keep_default_na=False)
    told = [summary["from"], summary["to"], *pd.read_csv(out / "cycles.csv")["time"]]
    told += [text for name in ("warned", "observed") for text in matches[name] if text]
    assert all(text.endswith("+08:00") for text in told)
    assert summary["stopped"] is None


@pytest.mark.parametrize("command", ["serve", "watch", "replay", "drill", "adequacy", "store"])
def test_help_says_every_default(command: str, capsys, monkeypatch) -> None:
    """What stands in square brackets is markup to the library that prints it, and is left out."""
    monkeypatch.setenv("COLUMNS", "200")
    assert run([command, "--help"]) == 0
    told = capsys.readouterr().out
    assert not re.search(r" \.(\s|$)", told)
    if command in ("serve", "watch"):
        assert "out/service" in told
        assert "from the rules: 10" in told
