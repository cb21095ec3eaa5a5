"""The description of the API is whole: every reference leads somewhere, every GET with an ETag says 304."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from api.http.description import NEEDS_KEY
from tests.http.service_case import as_role, city_service_in, message, publish


@pytest.fixture(scope="module")
def told_and_met(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, tuple[int, ...]]]:
    """The description, and for each GET that needs nothing: the statuses of asking once and of asking again."""
    folder: Path = tmp_path_factory.mktemp("service")

    async def whole() -> tuple[dict[str, Any], dict[str, tuple[int, ...]]]:
        async with city_service_in(folder) as (client, context):
            one = message(area="510101")
            publish(context, one)
            told = (await client.get("/openapi.json")).json()
            met: dict[str, tuple[int, ...]] = {}
            for path, operations in told["paths"].items():
                needs = [p for p in operations.get("get", {}).get("parameters", ()) if p.get("required")]
                place = path.replace("{name}", "alerts")
                if "warnings" in path:
                    place = place.replace("{identifier}", one.identifier)
                if (
                    "get" not in operations
                    or path == "/v1/events"
                    or "{" in place
                    or any(p["in"] != "path" for p in needs)
                ):
                    continue
                first = await client.get(place, headers=as_role("admin"))
                again = {**as_role("admin"), "If-None-Match": first.headers.get("etag", '"none"')}
                met[path] = (first.status_code, (await client.get(place, headers=again)).status_code)
            return told, met

    return asyncio.run(whole())


def test_every_reference_leads_somewhere(told_and_met: Any) -> None:
    told, _ = told_and_met
    named = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(told)))
    assert {"ProblemBody", "ObservationRow", "FeatureCollection", "Feature"} <= named
    assert named <= set(told["components"]["schemas"])


def test_what_is_answered_is_declared(told_and_met: Any) -> None:
    told, met = told_and_met
    assert len(met) > 25
    for path, statuses in met.items():
        declared = set(told["paths"][path]["get"]["responses"])
        assert {str(status) for status in statuses} <= declared, path
    met_again = [path for path, statuses in met.items() if 304 in statuses]
    assert len(met_again) > 15  # all but those that tell of this moment, or need what is not there yet


def test_a_key_is_required_by_exactly_those_requests_that_are_refused_without(tmp_path: Path) -> None:
    async def whole() -> None:
        async with city_service_in(tmp_path) as (client, _):
            told = (await client.get("/openapi.json")).json()
            for path, operations in told["paths"].items():
                if "post" not in operations:
                    continue
                required = {p["name"] for p in operations["post"].get("parameters", ()) if p["required"]}
                body = {"area": "510101", "level": "yellow"} if path == "/v1/warnings" else {}
                answer = await client.post(path, json=body, headers=as_role("admin"))
                refused = answer.json().get("type", "").endswith(":idempotency-key-needed")
                assert ("Idempotency-Key" in required) == refused == (path in NEEDS_KEY), path
            assert set(NEEDS_KEY) <= set(told["paths"])

    asyncio.run(whole())


def test_every_code_of_a_problem_stands_in_the_how_to() -> None:
    root = Path(__file__).parents[2]
    sources = "".join(file.read_text(encoding="utf-8") for file in sorted((root / "api" / "http").rglob("*.py")))
    codes = set(re.findall(r'code="([a-z-]+)"', sources))
    assert len(codes) > 20
    told = set(re.findall(r"`([a-z-]+)`", (root / "docs" / "api.md").read_text(encoding="utf-8")))
    assert codes <= told
