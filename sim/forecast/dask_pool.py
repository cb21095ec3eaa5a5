"""Members on the workers of a Dask scheduler."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from data.errors import InputError, RunStopped
from sim.forecast.ground import ForecastGround
from sim.forecast.member import Lent, MemberFlood, MemberTask, Told
from sim.forecast.states import KeptState

_ANSWER_S = 5  # for a scheduler to answer


class DaskRunner:
    """The city is sent to the workers once, the analysis with every cycle.

    Members that have not come in by the time they are about, the horizon after they were sent, are given up.
    """

    def __init__(self, prepared: ForecastGround, address: str) -> None:
        from distributed import Client

        try:
            self._client: Any = Client(address, timeout=_ANSWER_S, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(
                f"no Dask scheduler answers: {error}", place="--scheduler", value=address,
                expected="tcp://HOST:PORT of a running scheduler",
            ) from None  # fmt: skip
        self._attempts = int(prepared.rules.number("forecast.member_attempts"))
        self._city = self._client.scatter(prepared, broadcast=True, hash=False)

    def run(self, tasks: Sequence[MemberTask], state: KeptState, tell: Told) -> list[MemberFlood]:
        from distributed import as_completed

        futures: dict[Any, int] = {}
        found: dict[int, MemberFlood] = {}
        try:
            sent = self._client.scatter(state, broadcast=True, hash=False)
            for task in tasks:
                future = self._client.submit(_run, self._city, sent, task, retries=self._attempts - 1, pure=False)
                futures[future] = task.number
            limit_s = max(task.horizon_s for task in tasks)
            with self._client.as_current():
                for done in as_completed(list(futures), timeout=limit_s):
                    found[futures[done]] = done.result()
                    tell(len(found) / len(tasks))
        except Exception as error:  # the scheduler is gone, workers died with the member too often, or they hang
            raise RunStopped(f"members were lost on the scheduler: {error}", time_s=0.0) from error
        return [found[task.number] for task in tasks]

    def close(self) -> None:
        self._client.close(timeout=_ANSWER_S)


_lent: dict[str, Lent] = {}
_lending = threading.Lock()


def _run(prepared: ForecastGround, state: KeptState, task: MemberTask) -> MemberFlood:
    """A member on a worker of Dask, whose city stays laid out between members."""
    with _lending:
        lent = _lent.get(prepared.fingerprint)
        if lent is None:
            _lent.clear()  # another city was here before
            lent = _lent[prepared.fingerprint] = Lent(prepared, 1)
    return lent.run(task, state)
