"""What-ifs: the first makes a study, the next are answered at once, with the figures of the study."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.http.context import Context
from api.jobs.asker import Asker, Busy
from api.jobs.backend import LocalBackend
from api.jobs.place import result_folder
from api.jobs.runner import Runner
from api.jobs.studies import STUDIES, keep_study, study_file
from tests.http.service_case import service_in
from tests.jobs.job_case import QUICK, make_home
from tests.jobs.test_job_routes import named
from tests.jobs.test_job_studies import SCENARIO, new_site


def test_a_what_if_is_a_job_first_and_then_an_answer(tmp_path):
    home = make_home(tmp_path)
    body: dict[str, Any] = {"scenario": SCENARIO, "add": [new_site()], "remove": ["S4"]}

    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        first = await client.post("/v1/shelters/adequacy", json=body, headers=named("1"))
        assert first.status_code == 202
        job = first.json()["id"]
        await asyncio.to_thread(_finish, context, home)
        study = json.loads((result_folder(home, job) / "adequacy.json").read_text())
        second = await client.post("/v1/shelters/adequacy", json=body, headers=named("2"))
        assert second.status_code == 200, second.text
        told = second.json()
        after = {row["code"]: row for row in told["areas"]}
        for row in study["areas"]:
            for name in ("people", "capacity", "dry_m2_per_person", "storm_m2_per_person", "deficit_persons"):
                if name in after[row["code"]]:
                    assert after[row["code"]][name] == row[name], name
        assert told["before"] != told["areas"]
        plain = await client.post("/v1/shelters/adequacy", json={"scenario": SCENARIO}, headers=named("3"))
        assert plain.json()["areas"] == told["before"]
        other_seed = {"scenario": {**SCENARIO, "seed": 99}}
        assert (await client.post("/v1/shelters/adequacy", json=other_seed, headers=named("4"))).status_code == 200
        wrong = await client.post(
            "/v1/shelters/adequacy", json={"scenario": SCENARIO, "remove": ["S9"]}, headers=named("5")
        )
        assert (wrong.status_code, wrong.json()["errors"][0]["detail"]) == (422, "no such shelter")
        other_storm = {"scenario": {**SCENARIO, "storm": {"return_period_a": 2}}}
        assert (await client.post("/v1/shelters/adequacy", json=other_storm, headers=named("6"))).status_code == 202
        assert (await client.post("/v1/shelters/adequacy", json=body)).status_code in (400, 401)
        context.extras["asker"].close()

    async def run() -> None:
        async with service_in(home) as (client, context):
            await steps(client, context)

    asyncio.run(run())


def _finish(context: Context, home: Path) -> None:
    runner = Runner(context.store, home, LocalBackend(home), terms=QUICK)
    runner.step()
    while runner.busy:
        runner.step()


def test_a_study_is_known_by_all_that_it_depends_on(tmp_path):
    home = make_home(tmp_path)
    params = {"scenario": SCENARIO}
    first = study_file(home, params)
    assert study_file(home, {"scenario": {**SCENARIO, "seed": 5}, "stay": "long", "remove": ["S1"]}) == first
    assert study_file(home, {"scenario": {**SCENARIO, "time_of_day": "day"}}) != first
    assert study_file(home, {**params, "storms": [{"return_period_a": 5}]}) != first
    people = home / "cities" / "tiny" / "people.csv"
    people.write_text(people.read_text().replace("synthetic", "plan"))
    assert study_file(home, params) != first


def test_only_the_latest_studies_are_kept(tmp_path):
    for number in range(5):
        keep_study(tmp_path / STUDIES / f"{number}.study", number)  # type: ignore[arg-type]
    assert sorted(one.name for one in (tmp_path / STUDIES).iterdir()) == ["2.study", "3.study", "4.study"]


def test_a_study_that_cannot_be_read_is_no_answer_and_a_second_asker_waits_its_turn(tmp_path):
    asker = Asker(tmp_path)
    broken = tmp_path / "x.study"
    broken.write_bytes(b"no pickle")
    assert asker.ask(broken, {}, 20.0) is None
    assert asker._turn.acquire(timeout=1.0)
    with pytest.raises(Busy):
        asker.ask(broken, {}, 1.0)
    asker.close()
