"""Members run: here, in supervised processes, or on a Dask scheduler; what comes back does not depend on where."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from data.errors import InputError, RunStopped
from sim.flooding import usable_threads
from sim.forecast.ground import ForecastGround
from sim.forecast.member import Lent, MemberFlood, MemberTask

Told = Callable[[float], None]
_ANSWER_S = 5  # for a scheduler to answer
_SENT_APART = Path()  # the state goes to a worker once, not with each of its members


class MemberRunner(Protocol):
    """Who runs members."""

    shares_disk: bool  # whether it reads the states of this machine by their paths

    def run(self, tasks: Sequence[MemberTask], tell: Told) -> list[MemberFlood]:
        """The members, in order; RunStopped where one was lost too often."""
        ...

    def close(self) -> None:
        """Let go of processes and connections; may be called twice."""
        ...


class HereRunner:
    """Members one after another in this process, each on several threads: best for one member."""

    shares_disk = True

    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    def run(self, tasks: Sequence[MemberTask], tell: Told) -> list[MemberFlood]:
        found = []
        for task in tasks:
            found.append(self._lent.run(task))
            tell(len(found) / len(tasks))
        return found

    def close(self) -> None:
        return


class LocalRunner:
    """Processes that stay from cycle to cycle, one member each at a time; members of a killed one are run again."""

    shares_disk = True

    def __init__(self, prepared: ForecastGround, workers: int, attempts: int) -> None:
        self._prepared, self._workers, self._attempts = prepared, workers, attempts
        self._pool: ProcessPoolExecutor | None = None
        self.lost = 0  # times that a process of the pool was lost

    def run(self, tasks: Sequence[MemberTask], tell: Told) -> list[MemberFlood]:
        found: dict[int, MemberFlood] = {}
        for attempt in range(1, self._attempts + 1):
            pool = self._open()
            waiting = {}
            try:
                waiting = {pool.submit(_run, task): task for task in tasks if task.number not in found}
                for done in as_completed(waiting):
                    found[waiting[done].number] = done.result()
                    tell(len(found) / len(tasks))
            except BrokenProcessPool:
                self.lost += 1
                found |= {t.number: f.result() for f, t in waiting.items() if f.done() and f.exception() is None}
                self.close()
                if attempt == self._attempts:
                    place = f"lost {attempt} times; ask for fewer members at a time (--workers)"
                    raise RunStopped("processes of members were killed", time_s=0.0, place=place) from None
            if len(found) == len(tasks):
                break
        return [found[task.number] for task in tasks]

    def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _open(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                max_workers=self._workers,
                mp_context=multiprocessing.get_context("spawn"),  # a forked process may not use its parent's threads
                initializer=_begin,
                initargs=(self._prepared,),
            )
        return self._pool


class DaskRunner:
    """Members on the workers of a Dask scheduler; the city is sent there once, the analysis with every cycle."""

    shares_disk = False

    def __init__(self, prepared: ForecastGround, address: str, attempts: int) -> None:
        from distributed import Client  # only those who ask for a scheduler need it

        try:
            self._client: Any = Client(address, timeout=_ANSWER_S, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(
                f"no Dask scheduler answers: {error}", place="--scheduler", value=address,
                expected="tcp://HOST:PORT of a running scheduler",
            ) from None  # fmt: skip
        self._attempts = attempts
        self._city = self._client.scatter(prepared, broadcast=True, hash=False)

    def run(self, tasks: Sequence[MemberTask], tell: Told) -> list[MemberFlood]:
        from distributed import as_completed as as_they_come

        futures: dict[Any, int] = {}
        found: dict[int, MemberFlood] = {}
        try:
            state = self._client.scatter(tasks[0].state, broadcast=True, hash=False)
            for task in tasks:
                apart = replace(task, state=_SENT_APART)
                future = self._client.submit(
                    _run_sent, self._city, state, apart, retries=self._attempts - 1, pure=False
                )  # fmt: skip
                futures[future] = task.number
            with self._client.as_current():
                for done in as_they_come(list(futures)):
                    found[futures[done]] = done.result()
                    tell(len(found) / len(tasks))
        except Exception as error:  # the scheduler is gone, or workers died with the member too often
            raise RunStopped(f"members were lost on the scheduler: {error}", time_s=0.0) from error
        return [found[task.number] for task in tasks]

    def close(self) -> None:
        self._client.close(timeout=_ANSWER_S)


def runner_of(
    prepared: ForecastGround, lent: Lent, members: int, workers: int | None, scheduler: str | None
) -> MemberRunner:
    """Who runs so many members: the scheduler if one is named, processes for several, this process for one."""
    attempts = int(prepared.rules.number("forecast.member_attempts"))
    if scheduler is not None:
        return DaskRunner(prepared, scheduler, attempts)
    usable = min(members, workers or usable_threads(os.cpu_count()) or 1)
    return HereRunner(lent) if usable == 1 else LocalRunner(prepared, usable, attempts)


_lent: dict[str, Lent] = {}
_lending = threading.Lock()


def _begin(prepared: ForecastGround) -> None:
    _lent["here"] = Lent(prepared, 1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for its next member for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run(task: MemberTask) -> MemberFlood:
    return _lent["here"].run(task)


def _run_sent(prepared: ForecastGround, state: Any, task: MemberTask) -> MemberFlood:
    """A member on a worker of Dask, whose city stays laid out between members."""
    with _lending:
        lent = _lent.get(prepared.fingerprint)
        if lent is None:
            _lent.clear()  # another city was here before
            lent = _lent[prepared.fingerprint] = Lent(prepared, 1)
    return lent.run(replace(task, state=state))
