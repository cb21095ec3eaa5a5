"""Jobs in processes of their own: killed in the middle, cancelled, stopped; the same bytes every time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from api.jobs.backend import LocalBackend
from api.jobs.manifest import CLOCK_KEYS, check_result, read_manifest
from api.jobs.place import result_folder, work_folder
from api.jobs.process import ChildRun
from api.jobs.runner import Runner
from api.jobs.task import Task
from api.store import Store
from sim.scenario import read_scenario
from tests.jobs.job_case import LIMITS, MIDDLE, QUICK, add_drill, drill_task, job_of, until


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_result_is_whole_and_tells_no_clock_and_no_path(tiny_home, undisturbed):
    folder = result_folder(tiny_home, drill_task(1).id)
    assert check_result(folder) == []
    names = {row["name"] for row in read_manifest(folder)["files"]}
    assert names >= {"summary.json", "report.html", "flood.nc", "scenario.toml", "events.jsonl"}
    for file in folder.rglob("*"):
        if file.is_file():
            assert str(tiny_home).encode() not in file.read_bytes(), file
    summary = (folder / "summary.json").read_text()
    assert not any(f'"{key}"' in summary for key in CLOCK_KEYS)
    assert json.loads((folder / "timing.json").read_text())["run"]["flood"] > 0.0
    again = read_scenario(folder / "scenario.toml")  # runs where it lies
    assert again.city is not None
    assert again.city.resolve() == (tiny_home / "cities" / "tiny").resolve()


def test_a_drill_whose_worker_is_killed_ends_with_the_same_bytes(tiny_home, undisturbed, tmp_path):
    with Store.open(f"sqlite:///{tmp_path / 'rongan.db'}") as store:
        job = add_drill(store, tiny_home)
        runner = Runner(store, tiny_home, LocalBackend(tiny_home, LIMITS), terms=QUICK)
        killed = []

        def step() -> bool:
            runner.step()
            now = job_of(store, job)
            if not killed and now.stage.startswith(MIDDLE):
                held = runner._held[job.id].running
                assert isinstance(held, ChildRun)
                os.kill(held.pid, signal.SIGKILL)
                killed.append(held.pid)
            return now.state in ("succeeded", "failed")

        until(step)
        now = job_of(store, job)
    assert killed
    assert (now.state, now.attempt) == ("succeeded", 2)
    assert read_manifest(result_folder(tiny_home, job.id))["sha256"] == undisturbed


def test_a_cancelled_drill_ends_within_seconds_with_all_its_processes(tiny_home, tmp_path):
    with Store.open(f"sqlite:///{tmp_path / 'rongan.db'}") as store:
        job = add_drill(store, tiny_home)
        runner = Runner(store, tiny_home, LocalBackend(tiny_home), terms=QUICK)
        until(lambda: bool(runner.step() or job_of(store, job).stage))
        held = runner._held[job.id].running
        assert isinstance(held, ChildRun)
        begun = time.monotonic()
        with store.writing("planner") as tx:
            tx.cancel_job(job.id)
        until(lambda: bool(runner.step() or job_of(store, job).state == "cancelled"), 40.0)
    assert time.monotonic() - begun < 40.0  # seconds, on a machine with nothing else to do
    assert not alive(held.pid)
    assert not result_folder(tiny_home, job.id).exists()


def test_a_run_ends_with_whoever_started_it(tiny_home, tmp_path):
    """A runner that is killed leaves nobody behind who works on."""
    task = drill_task(77, flood={"duration_h": 20})
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom api.jobs.process import ChildRun\n"
        "from api.jobs.task import Task\n"
        "run = ChildRun(Task.from_json(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))\n"
        "print(run.pid, flush=True)\ntime.sleep(600)\n"
    )
    command = [sys.executable, "-c", script, task.to_json(), str(tiny_home), str(tmp_path / "work")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as starter:
        assert starter.stdout is not None
        child = int(starter.stdout.readline())
        assert alive(child)
        starter.kill()
    until(lambda: not alive(child), 40.0)


def test_bad_input_found_by_the_run_is_told_with_its_place(tiny_home):
    order = {"kind": "leave", "at_min": 5, "areas": ["999999"]}
    task = drill_task(5, order=[order], evacuation={"orders": "script"})
    run = ChildRun(task, tiny_home, work_folder(tiny_home, task.id, 1))
    assert run.wait(240.0)
    fault = run.look().fault
    assert fault is not None
    assert fault["type"] == "urn:rongan:job:bad-input"
    assert "999999" in json.dumps(fault)
    assert str(tiny_home) not in json.dumps(fault)


def test_a_run_longer_than_allowed_is_refused_where_only_the_city_tells_its_length(tiny_home):
    params = {"scenario": {"city": {"name": "tiny"}, "storm": {"return_period_a": 2, "lead_min": 1400}}}
    task = Task(f"{6:032x}", "drill", params, 1)
    run = ChildRun(task, tiny_home, work_folder(tiny_home, task.id, 1), LIMITS)
    assert run.wait(240.0)
    fault = run.look().fault
    assert fault is not None
    assert fault["place"] == "scenario.flood.duration_h"
