"""A service for measurements: started once, with a warning in force, its processes' CPU read from /proc."""

from __future__ import annotations

import json
import os
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.city_writer import write_city
from tests.service.serve_case import Served, children
from tests.tiny_city import tiny_city

WIDE = "1000000000"  # no limits of rate where the answer itself is measured
AREAS = ("510101", "510102", "510100")


@contextmanager
def service(workers: int = 2, **environment: str) -> Iterator[Served]:
    """A fresh service on a free port; killed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        served = Served(Path(folder) / "home", write_city(tiny_city(), Path(folder) / "pack"), workers=workers)
        served.environment = {
            "RONGAN_READS_PER_MINUTE": WIDE, "RONGAN_WRITES_PER_MINUTE": WIDE, "RONGAN_CANARY_S": "60", **environment
        }  # fmt: skip
        served.start()
        try:
            yield served
        finally:
            served.kill()


def ask(served: Served, path: str, body: dict | None = None, **headers: str) -> dict:
    """One request as admin; a POST where there is a body, with an idempotency key of its own."""
    own = {"X-API-Key": served.admin, "Content-Type": "application/json", "Idempotency-Key": os.urandom(8).hex()}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(served.url + path, data, {**own, **headers})
    with urllib.request.urlopen(request, timeout=30.0) as answer:
        return json.load(answer)


def warn(served: Served, area: str = AREAS[0], level: str = "yellow") -> str:
    """Issue a warning; its identifier."""
    told = ask(served, "/v1/warnings", {"area": area, "level": level, "hours": 12})
    return str(told["message"]["identifier"])


def update(served: Served, identifier: str, level: str) -> str:
    """Succeed a warning; the identifier of the successor."""
    told = ask(served, f"/v1/warnings/{identifier}/update", {"level": level, "hours": 12})
    return str(told["message"]["identifier"])


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and all below it."""
    ticks = 0
    for one in (pid, *children(pid)):
        fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def quantile(values: list[float], share: float) -> float:
    """The value that a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
