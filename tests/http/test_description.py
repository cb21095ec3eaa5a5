"""The description of the API is whole: every reference leads somewhere, every GET with an ETag says 304."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

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
