"""The members of every cycle of a city: kept processes or scheduler, and what is done when those are lost."""

from __future__ import annotations

from collections.abc import Callable

from data.errors import InputError, RunStopped
from sim.forecast.analysis import Analysed
from sim.forecast.member import Lent, MemberFlood, MemberTask
from sim.forecast.pool import MemberRunner, runner_of

NOTE_SCHEDULER = "forecast.note.scheduler_lost"


class MemberRuns:
    """Who runs members, kept from cycle to cycle while it fits their number."""

    def __init__(self, lent: Lent, workers: int | None, scheduler: str | None) -> None:
        self._lent, self._workers, self._scheduler = lent, workers, scheduler
        self.runner: MemberRunner | None = None
        self._for = 0
        self._had_scheduler = False

    def run(
        self, tasks: list[MemberTask], analysed: Analysed, said: list[str], tell: Callable[[float], None]
    ) -> list[MemberFlood]:
        """The members from the analysis on where they are to run; here where the scheduler is lost, which is `said`.

        A scheduler that never was there is an InputError, and members that are lost too often are a RunStopped.
        """
        known = self.runner is not None or self._had_scheduler
        try:
            floods = self._running(len(tasks), self._scheduler).run(tasks, analysed.state, tell)
            self._had_scheduler = self._scheduler is not None
            return floods
        except BaseException as error:
            self.close()  # the next cycle begins with new processes, or asks the scheduler again
            if self._scheduler is None or not known or not isinstance(error, RunStopped | InputError):
                raise
        said.append(NOTE_SCHEDULER)
        try:
            return self._running(len(tasks), None).run(tasks, analysed.state, tell)
        finally:
            self.close()

    def close(self) -> None:
        """End processes and connections; the next run begins with new ones."""
        runner, self.runner = self.runner, None
        if runner is not None:
            runner.close()

    def _running(self, members: int, scheduler: str | None) -> MemberRunner:
        if self.runner is None or self._for != members:
            self.close()
            self.runner = runner_of(self._lent.prepared, self._lent, members, self._workers, scheduler)
            self._for = members
        return self.runner
