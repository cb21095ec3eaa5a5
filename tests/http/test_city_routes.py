"""The city as it stands over HTTP: areas, plans, shelters, cycles, the depth field, OGC API - Features, freshness."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd

from api.http.context import Context
from api.service.outlook_form import save_outlook
from sim.forecast.depth_field import DepthField, save_depth
from sim.forecast.outlook import Outlook
from tests.http.service_case import as_role, city_service_in, message, now, publish
from tests.outlook_case import area_outlook, outlook

WEST, EAST, CITY = "510101", "510102", "510100"


def play(tmp_path: Path, steps: Any) -> None:
    async def whole() -> None:
        async with city_service_in(tmp_path) as (client, context):
            await steps(client, context)

    asyncio.run(whole())


def cycle(context: Context) -> Outlook:
    """An orange western street, 150 of its people sent to S1, and half a metre of water in the hollow."""
    made = outlook(0, {})
    west = replace(area_outlook(CITY, 3, leave_by=now()), area=WEST, area_level="street", parent=CITY)
    columns = list(made.plan.columns)
    row = {"block": "B00", "area": WEST, "shelter": "S1", "shelter_name": "一校", "persons": 150, "walk_min": 5.0,
           "distance_m": 400.0, "leave_by_s": np.nan}  # fmt: skip
    found = replace(made, time=now(), areas=(area_outlook(CITY), west), plan=pd.DataFrame([row])[columns])
    with context.store.writing("watch") as tx:
        save_outlook(tx, found)
    assert context.city is not None
    depth = np.zeros(context.city.grid.shape, np.float32)
    depth[20:28, 20:28] = 0.5
    folder = context.settings.home / "forecast"
    folder.mkdir()
    save_depth(folder, DepthField(now(), 10800.0, context.city.grid, depth, depth * 2))
    context.board.refresh()
    return found


def test_vital_signs(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        empty = (await client.get(f"/v1/areas/{WEST}")).json()
        assert (empty["colour"], empty["deepest_m"], empty["cycle"]) == (None, None, None)
        found = cycle(context)
        publish(context, message(area=CITY))
        west = (await client.get(f"/v1/areas/{WEST}")).json()
        assert (west["colour"], west["colourWord"], west["people"]) == (3, "orange", 30)
        assert (west["deepest_m"], west["deepestAhead_m"]) == (0.5, 1.0)
        assert west["roadsClosed"] > 0
        assert west["cycle"] == found.cycle
        assert [west[name][-6:] for name in ("cycleTime", "leaveBy")] == ["+08:00"] * 2
        assert [w["area"] for w in west["warnings"]] == [CITY]
        east = (await client.get(f"/v1/areas/{EAST}")).json()
        assert (east["deepest_m"], east["roadsClosed"]) == (0.0, 0)
        listed = (await client.get("/v1/areas?least=1")).json()["areas"]
        assert [one["area"] for one in listed] == [WEST]
        first = (await client.get("/v1/areas?limit=1")).json()
        rest = (await client.get(f"/v1/areas?after={first['after']}")).json()
        assert len(first["areas"] + rest["areas"]) == len(list(iter(context.places)))  # type: ignore[call-overload]
        assert (await client.get("/v1/areas/nowhere")).status_code == 404

    play(tmp_path, steps)


def test_plans_and_shelters(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        assert (await client.get("/v1/plans/current")).status_code == 404
        before = {s["id"]: s for s in (await client.get("/v1/shelters")).json()["shelters"]}
        found = cycle(context)
        current = await client.get("/v1/plans/current")
        assert [row["persons"] for row in current.json()["assignments"]] == [150]
        own = await client.get(f"/v1/plans/{found.cycle}")
        assert own.json() == current.json()
        assert "immutable" in own.headers["cache-control"]
        after = {s["id"]: s for s in (await client.get("/v1/shelters")).json()["shelters"]}
        assert after["S1"]["assigned"] == 150
        assert after["S1"]["free"] == max(0, before["S1"]["places"] - 150)
        assert after["S4"]["waterNow_m"] == 0.5
        west = (await client.get(f"/v1/shelters?area={WEST}")).json()["shelters"]
        assert {s["id"] for s in west} == {"S1", "S4"}
        assert (await client.get("/v1/shelters?area=nowhere")).status_code == 422

    play(tmp_path, steps)


def test_a_cycle_is_told_and_listed(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        found = cycle(context)
        cycles = (await client.get("/v1/cycles?state=done")).json()["cycles"]
        assert [one["id"] for one in cycles] == [found.cycle]
        assert (await client.get(f"/v1/cycles/{found.cycle}")).json()["state"] == "done"
        assert [told.kind for told in context.board.stream.after(0) or []] == ["cycle", "plan"]

    play(tmp_path, steps)


def test_features(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        cycle(context)
        assert context.places is not None
        west, south, east, north = context.places.bounds
        publish(context, message(area=WEST, at=(west, south)))
        for name, count in (("alerts", 1), ("shelters", 4), ("areas", 3), ("observations", 0)):
            answer = await client.get(f"/collections/{name}/items?bbox={west},{south},{east},{north}")
            assert answer.headers["content-type"] == "application/geo+json"
            assert answer.json()["numberMatched"] >= count
            assert (await client.get(f"/collections/{name}/items?bbox=0,0,1,1")).json()["features"] == []
        seen: list[str] = []
        link: str | None = "/collections/shelters/items?limit=3"
        while link:
            page = (await client.get(link)).json()
            seen += [one["id"] for one in page["features"]]
            link = next((one["href"] for one in page["links"] if one["rel"] == "next"), None)
        assert seen == ["S1", "S2", "S3", "S4"]
        one = (await client.get("/collections/shelters/items/S2")).json()
        assert one["properties"]["name_en"] == "Park 2"
        assert (await client.get("/collections/shelters/items/S9")).status_code == 404
        span = f"{(now() - timedelta(hours=3)).isoformat()}/..".replace("+00:00", "Z")
        assert (await client.get(f"/collections/alerts/items?datetime={span}")).json()["numberMatched"] == 1
        past = "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"
        assert (await client.get(f"/collections/alerts/items?datetime={past}")).json()["numberMatched"] == 0

    play(tmp_path, steps)


def test_water_at_a_place(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        place = "/collections/depth/position?coords=POINT({:.6f} {:.6f})"
        assert context.city is not None
        assert context.city.shelters is not None
        hollow = context.city.shelters.iloc[3]
        assert (await client.get(place.format(hollow["lon"], hollow["lat"]))).status_code == 404
        cycle(context)
        found = (await client.get(place.format(hollow["lon"], hollow["lat"]))).json()["properties"]
        assert (found["depth_m"], found["worstAhead_m"]) == (0.5, 1.0)
        assert (await client.get(place.format(0.0, 0.0))).json()["type"] == "urn:rongan:problem:outside"

    play(tmp_path, steps)


def test_freshness_says_why_it_is_stale(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        assert (await client.get("/freshness")).json()["status"] == "fresh"
        with context.store.writing("canary") as tx:
            tx.put("canary", {"at": (now() - timedelta(hours=1)).isoformat()})
            tx.put("heartbeat.background", {"at": (now() - timedelta(hours=1)).isoformat()})
        told = (await client.get("/freshness")).json()
        assert told["status"] == "stale"
        assert len(told["reasons"]) == 2
        assert told["canary_age_s"] >= 3599

    play(tmp_path, steps)


def test_forms_of_a_message(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        headers = {**as_role("officer"), "Idempotency-Key": "k"}
        made = await client.post("/v1/warnings", json={"area": WEST, "level": "red"}, headers=headers)
        links = made.json()["message"]["links"]
        assert b"<status>Exercise</status>" in (await client.get(links["cap"])).content
        assert b"T" not in (await client.get(links["gbt"])).content.split(b"<sent>")[1].split(b"</sent>")[0]
        spoken = (await client.get(links["broadcast"])).text
        assert "演练" in spoken
        assert "[en-US" in spoken
        assert (await client.get("/v1/warnings", params={"area": EAST})).json()["count"] == 0
        assert (await client.get("/v1/warnings", params={"area": CITY})).json()["count"] == 1
        assert (await client.get("/v1/warnings", params={"area": "nowhere"})).status_code == 422

    play(tmp_path, steps)
