"""Members run: here, in supervised processes, or on a Dask scheduler; what comes back does not depend on where."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

from sim.flooding import usable_threads
from sim.forecast.ground import ForecastGround
from sim.forecast.member import Lent, MemberFlood, MemberTask, Told
from sim.forecast.states import KeptState


class MemberRunner(Protocol):
    """Who runs members."""

    def run(self, tasks: Sequence[MemberTask], state: KeptState, tell: Told) -> list[MemberFlood]:
        """The members from that state on, in order; RunStopped where one was lost too often.

        The state also lies at the path that the tasks name.
        """
        ...

    def close(self) -> None:
        """Let go of processes and connections; may be called twice."""
        ...


class HereRunner:
    """Members one after another in this process, each on several threads: best for one member."""

    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    def run(self, tasks: Sequence[MemberTask], state: KeptState, tell: Told) -> list[MemberFlood]:
        found = []
        for task in tasks:
            found.append(self._lent.run(task, state))
            tell(len(found) / len(tasks))
        return found

    def close(self) -> None:
        return


def runner_of(
    prepared: ForecastGround, lent: Lent, members: int, workers: int | None, scheduler: str | None
) -> MemberRunner:
    """Who runs so many members: the scheduler if one is named, processes for several, this process for one."""
    if scheduler is not None:
        from sim.forecast.dask_pool import DaskRunner  # only those who ask for a scheduler need it

        return DaskRunner(prepared, scheduler)
    usable = min(members, workers or usable_threads(os.cpu_count()) or 1)
    if usable == 1:
        return HereRunner(lent)
    from sim.forecast.local_pool import LocalRunner

    return LocalRunner(prepared, usable)
