"""Orders, injects, live drills and replay from the command line, on the tiny city."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from api.cli import drill as drill_module
from api.cli.main import run
from data.city_writer import write_city
from data.run_folder import read_run
from tests.tiny_city import tiny_city

HEAD = "[flood]\nduration_h = 3\n[drill]\nworth = false\n"
SCRIPT = (
    HEAD
    + """
[evacuation]
orders = "script"
[[order]]
kind = "leave"
at_min = 20
areas = ["510101"]
[[order]]
kind = "close_shelter"
at_min = 60
shelters = ["S3"]
[[inject]]
kind = "rumour"
at_min = 30
areas = ["510102"]
share = 0.1
"""
)
SAME = ("events.jsonl", "timeline.csv", "orders.csv", "warned.csv", "trips.csv", "plan.csv", "plan_steps.csv")


@pytest.fixture(scope="module")
def pack(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("packs") / "tiny"
    write_city(tiny_city(), folder)
    return folder


@pytest.fixture(scope="module")
def scripted(pack, tmp_path_factory) -> Path:
    return _drill(pack, tmp_path_factory.mktemp("runs"), SCRIPT)


def _drill(pack: Path, folder: Path, scenario: str, *more: str) -> Path:
    (folder / "s.toml").write_text(scenario)
    out = folder / "out"
    assert run(["drill", str(pack), "--scenario", str(folder / "s.toml"), "--out", str(out), *more]) == 0
    return out


def test_a_script_tells_only_the_areas_it_names(scripted):
    orders = pd.read_csv(scripted / "orders.csv")
    assert orders["kind"].tolist() == ["leave", "close_shelter"]
    assert set(orders["source"]) == {"script"}
    plan = pd.read_csv(scripted / "plan.csv", dtype=str)
    assert set(plan["area"]) == {"510101"}
    moved = read_run(scripted).summary["evacuation"]
    assert moved["unordered"] > 0  # the rumour, and those who leave at the first warning
    places = (
        "arrived",
        "moving",
        "waiting",
        "riding",
        "at_door",
        "home",
        "stranded",
        "refused_to_leave",
        "turned_away",
    )
    assert sum(moved[name] for name in places) == moved["ordered"] + moved["unordered"]


def test_a_replay_of_the_log_leaves_the_same_bytes(scripted, tmp_path):
    out = tmp_path / "again"
    assert run(["drill", "--replay", str(scripted / "events.jsonl"), "--out", str(out)]) == 0
    for name in SAME:
        assert (out / name).read_bytes() == (scripted / name).read_bytes(), name


def test_with_one_order_moved_only_later_events_differ(scripted, tmp_path):
    lines = (scripted / "events.jsonl").read_text().splitlines()
    header = json.loads(lines[0])
    header["orders"][1]["at_min"] = 90
    moved = tmp_path / "moved.jsonl"
    moved.write_text("\n".join([json.dumps(header, ensure_ascii=False), *lines[1:]]) + "\n")
    out = tmp_path / "again"
    scenario = str(scripted / "scenario.toml")
    assert run(["drill", "--scenario", scenario, "--replay", str(moved), "--out", str(out)]) == 0
    again = (out / "events.jsonl").read_text().splitlines()
    before = [line for line in lines[1:] if json.loads(line)["time_s"] < 3600.0]
    assert again[1 : 1 + len(before)] == before
    assert again[1:] != lines[1:]


def test_without_orders_fewer_leave_and_more_die(pack, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    runs = [_drill(pack, tmp_path / name, HEAD, *more) for name, *more in (("a",), ("b", "--orders", "none"))]
    told, untold = (read_run(out).summary["evacuation"] for out in runs)
    assert read_run(runs[1]).summary["readiness"] < read_run(runs[0]).summary["readiness"]
    verdicts = [json.loads((out / "after_action.json").read_text())["verdict"]["en"] for out in runs]
    assert ["were told by nobody" in verdict for verdict in verdicts] == [False, True]
    assert untold["ordered"] == 0
    assert untold["arrived"] < told["arrived"]
    assert told["casualties_expected"] < untold["casualties_expected"] <= untold["casualties_without"]


def test_a_live_drill_takes_orders_on_the_way_and_its_log_replays(pack, tmp_path, monkeypatch):
    said = io.StringIO("status\nstep 30\norder leave 510101\nstep 5\norder leave 510101 at=1\nrun\n")
    monkeypatch.setattr(drill_module.sys, "stdin", said)
    out = _drill(pack, tmp_path, HEAD + '[evacuation]\norders = "none"\n', "--interactive")
    orders = pd.read_csv(out / "orders.csv")
    assert orders[["id", "source", "time_s"]].to_numpy().tolist() == [["live-1", "live", 1800.0]]
    again = tmp_path / "again"
    assert run(["drill", "--replay", str(out / "events.jsonl"), "--out", str(again)]) == 0
    assert (again / "events.jsonl").read_bytes() == (out / "events.jsonl").read_bytes()


def test_who_quits_a_live_drill_leaves_nothing(pack, tmp_path, monkeypatch):
    monkeypatch.setattr(drill_module.sys, "stdin", io.StringIO("step 5\nquit\n"))
    (tmp_path / "s.toml").write_text(HEAD)
    out = tmp_path / "out"
    code = run(["drill", str(pack), "--scenario", str(tmp_path / "s.toml"), "--out", str(out), "--interactive"])
    assert code == 0
    assert not out.exists()


def test_replicates_leave_a_table_and_bands(pack, tmp_path):
    out = _drill(pack, tmp_path, HEAD, "--replicates", "3")
    table = pd.read_csv(out / "replicates.csv")
    assert len(table) == 3
    assert table["deaths"].notna().all()


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('[[order]]\nkind = "leave"\nat_min = 20\nareas = ["510199"]\n', "no such area"),
        ('[[order]]\nkind = "leave"\nat_min = 500\nareas = ["510101"]\n', "after the end of the run"),
        ('[[order]]\nkind = "send_buses"\nat_min = 5\nareas = ["510101"]\n', "no bus to send"),
        ('[[order]]\nkind = "leave"\nat_min = 5\nareas = ["510101"]\n'
         '[[order]]\nkind = "stay"\nat_min = 5\nareas = ["510100"]\n', "contradicts"),
        ('[[inject]]\nkind = "road_blocked"\nat_min = 5\nroads = ["nowhere"]\n', "no such road"),
        ('[[order]]\nkind = "leave"\nat_min = -5\nareas = ["510101"]\n', "at_min"),
    ],
)  # fmt: skip
def test_bad_scripts_are_told_before_anything_is_written(pack, tmp_path, capsys, table, told):
    (tmp_path / "s.toml").write_text(HEAD + table)
    code = run(["drill", str(pack), "--scenario", str(tmp_path / "s.toml"), "--out", str(tmp_path / "out")])
    assert code == 2
    assert told in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


def test_a_bad_plan_library_is_told_before_the_long_run(pack, tmp_path, capsys):
    (tmp_path / "plans.toml").write_text("id = 3\n")
    assert run(["drill", str(pack), "--plans", str(tmp_path / "plans.toml"), "--out", str(tmp_path / "out")]) == 2
    assert "plans.toml" in capsys.readouterr().err
