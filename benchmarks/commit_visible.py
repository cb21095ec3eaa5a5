"""From commit to visible: how long after a warning was committed every web process gives it out.

The commit is made straight in the database, by another process than those that answer, so nothing but their own looking
tells them. Each question is a connection of its own, which any of the processes may get. Goal: p99 at most 200 ms.
"""

from __future__ import annotations

import http.client
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from api.store import Store
from benchmarks.service_case import quantile, service, warn

GOAL_MS = 200.0
_IN_A_ROW = 8  # answers that show it before it counts as visible everywhere


def run(messages: int = 100) -> list[dict[str, object]]:
    """One row."""
    with service(workers=2) as served:
        model = warn(served)
        first: list[float] = []
        everywhere: list[float] = []
        with Store.open(f"sqlite:///{served.home / 'rongan.db'}") as store:
            with store.reading() as rx:
                message = rx.message(model)
            assert message is not None
            for k in range(messages):
                name = f"bench-{k}"
                sent = datetime.now(UTC)
                one = replace(
                    message, identifier=name, chain=name, area=f"bench{k}", sent=sent,
                    expires=sent + timedelta(hours=1), notice={**message.notice, "identifier": name},
                )  # fmt: skip
                with store.writing("bench") as tx:
                    tx.publish(one)
                began = time.perf_counter()
                row = 0
                seen = 0.0
                while row < _IN_A_ROW:
                    if name.encode() in _feed(served.port):
                        seen = seen or time.perf_counter()
                        row += 1
                    else:
                        row = 0
                first.append(1e3 * (seen - began))
                everywhere.append(1e3 * (time.perf_counter() - began))
    return [
        {
            "visible": where,
            "messages": messages,
            "p50 ms": f"{quantile(delays, 0.5):.0f}",
            "p99 ms": f"{quantile(delays, 0.99):.0f}",
            "goal": f"p99 <= {GOAL_MS:g} ms",
        }
        for where, delays in (("in one process", first), ("in every process", everywhere))
    ]


def _feed(port: int) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10.0)
    connection.request("GET", "/v1/warnings", headers={"Connection": "close"})
    body = connection.getresponse().read()
    connection.close()
    return body


if __name__ == "__main__":
    print(run())
