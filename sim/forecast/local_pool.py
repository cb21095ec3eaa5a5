"""Members in processes of this machine: one that dies or hangs is replaced and its member run again."""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from data.errors import RunStopped
from sim.forecast.ground import ForecastGround
from sim.forecast.member import Lent, MemberFlood, MemberTask, Told
from sim.forecast.states import KeptState
from sim.workers import end_with_parent

_LOOK_S = 1.0  # at most so long between two looks at whether a process hangs
_END_S = 5.0  # for a process to end when asked
_SPAWN = multiprocessing.get_context("spawn")  # a forked process may not use its parent's threads
_GONE = (EOFError, OSError)  # what the pipe to a dead process raises


class LocalRunner:
    """Processes that stay from cycle to cycle, one member each at a time.

    They give a sign with every look at the water; one without any for forecast.member_silent_s hangs and is ended. Each
    has a pipe of its own, so whatever becomes of one does not touch the others.
    """

    def __init__(self, prepared: ForecastGround, workers: int) -> None:
        self._attempts = int(prepared.rules.number("forecast.member_attempts"))
        self.silent_s = prepared.rules.number("forecast.member_silent_s")
        self.processes = [_Process(prepared) for _ in range(workers)]

    @property
    def lost(self) -> int:
        """How many processes have died or were ended because they hung."""
        return sum(process.lost for process in self.processes)

    def run(self, tasks: Sequence[MemberTask], state: KeptState, tell: Told) -> list[MemberFlood]:
        """The members in order, each from the state at the path of its task."""
        waiting: queue.SimpleQueue[MemberTask | None] = queue.SimpleQueue()
        came: queue.SimpleQueue[tuple[MemberTask, MemberFlood | BaseException]] = queue.SimpleQueue()
        for task in tasks:
            waiting.put(task)
        threads = [
            threading.Thread(target=_serve, args=(process, waiting, came), daemon=True) for process in self.processes
        ]
        for thread in threads:
            thread.start()
        try:
            return self._collect(tasks, waiting, came, tell)
        except BaseException:
            self.close()  # ends what still runs, and with it the threads that wait for it
            raise
        finally:
            for _ in threads:
                waiting.put(None)
            for thread in threads:
                thread.join()

    def _collect(self, tasks: Sequence[MemberTask], waiting: Any, came: Any, tell: Told) -> list[MemberFlood]:
        found: dict[int, MemberFlood] = {}
        begun = {task.number: 1 for task in tasks}
        while len(found) < len(tasks):
            for process in self.processes:
                process.end_if_silent(self.silent_s)
            try:
                task, flood = came.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            if isinstance(flood, MemberFlood):
                found[task.number] = flood
                tell(len(found) / len(tasks))
            elif not isinstance(flood, _GONE):
                raise flood
            elif begun[task.number] == self._attempts:
                place = f"{self._attempts} times; ask for fewer members at a time (--workers)"
                raise RunStopped("a process was killed or hung with its member", time_s=0.0, place=place)
            else:
                begun[task.number] += 1
                waiting.put(task)
        return [found[task.number] for task in tasks]

    def close(self) -> None:
        """End all processes; may be called twice."""
        for process in self.processes:
            process.end()


class _Process:
    """One process and the pipe to it; begun when first asked, and again when asked after it was lost."""

    def __init__(self, prepared: ForecastGround) -> None:
        self._prepared = prepared
        self._process: Any = None
        self._pipe: Connection | None = None
        self._sign: Any = _SPAWN.Value("d", 0.0, lock=False)  # time.monotonic() of the last one
        self._busy = False
        self._ended = False
        self.lost = 0

    @property
    def pid(self) -> int:
        """0 where it has not begun."""
        return 0 if self._process is None else int(self._process.pid or 0)

    def ask(self, task: MemberTask) -> MemberFlood:
        """The member's flood; EOFError or OSError where the process was lost with it, else what it raised there."""
        self._sign.value = time.monotonic()
        self._busy = True
        try:
            pipe = self._open()
            pipe.send(task)
            flood = pipe.recv()
        except _GONE:
            self.lost += not self._ended
            self._kill()
            raise
        finally:
            self._busy = False
        if isinstance(flood, BaseException):
            raise flood
        return flood  # type: ignore[no-any-return]

    def end_if_silent(self, silent_s: float) -> None:
        """End it where it has a member and has given no sign for so long."""
        if self._busy and time.monotonic() - self._sign.value > silent_s and self._process is not None:
            self._process.kill()  # its pipe breaks, which whoever asked it notices

    def end(self) -> None:
        """End it for good: at once where it has a member, else it ends when its pipe closes."""
        self._ended = True
        if self._busy:
            if self._process is not None:
                self._process.kill()
            return
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.join(_END_S)
        self._kill()

    def _open(self) -> Connection:
        if self._ended:
            raise EOFError("the processes of members have been ended")
        if self._pipe is None:
            self._pipe, theirs = _SPAWN.Pipe()
            process = _SPAWN.Process(target=_work, args=(theirs, self._sign), daemon=True)
            process.start()
            self._process = process
            theirs.close()  # so that ours breaks when the process is gone
            # Not with the arguments: Python writes those to a pipe whose end it holds itself, and would wait for ever
            # where the process dies before it has read them.
            self._pipe.send(self._prepared)
        return self._pipe

    def _kill(self) -> None:
        process, pipe, self._process, self._pipe = self._process, self._pipe, None, None
        if process is not None:
            process.kill()
            process.join()
        if pipe is not None:
            pipe.close()


def _serve(process: _Process, waiting: Any, came: Any) -> None:
    """Hand tasks to a process until there is None."""
    while (task := waiting.get()) is not None:
        try:
            came.put((task, process.ask(task)))
        except BaseException as error:
            came.put((task, error))


def _work(pipe: Connection, sign: Any) -> None:
    """What a process does: a city from its pipe, then members, until that is closed."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches it too: the parent says whether the cycle is finished

    def give_sign() -> None:
        sign.value = time.monotonic()

    try:
        lent = Lent(pipe.recv(), 1)
        while True:
            task = pipe.recv()
            pipe.send(_tried(lent, task, give_sign))
    except _GONE:
        return


def _tried(lent: Lent, task: MemberTask, sign: Callable[[], None]) -> MemberFlood | BaseException:
    try:
        return lent.run(task, None, sign)
    except OSError as error:  # of the member, not of the pipe
        return RuntimeError(f"{type(error).__name__}: {error}")
    except Exception as error:
        return error
