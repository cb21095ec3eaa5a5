"""Runs side by side in processes; what comes out does not depend on how many there are."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from data.errors import RunStopped

T = TypeVar("T")
K = TypeVar("K")


def run_in_processes(
    work: Callable[[K], T],
    items: Sequence[K],
    workers: int,
    lend: Callable[..., None],
    lent: tuple[Any, ...],
    tell: Callable[[float], None] = lambda fraction: None,
) -> list[T]:
    """What `work` makes of each item, in their order; `lend(*lent)` is called once in every process before.

    `work` and `lend` are functions that a fresh process can find by name. RunStopped where a process was killed.
    """
    found: dict[int, T] = {}
    with ProcessPoolExecutor(
        max_workers=workers,
        mp_context=multiprocessing.get_context("spawn"),  # a forked process may not use the threads of its parent
        initializer=_begin,
        initargs=(lend, lent),
    ) as pool:
        try:
            waiting = {pool.submit(work, item): k for k, item in enumerate(items)}
            for done in as_completed(waiting):
                found[waiting[done]] = done.result()
                tell(len(found) / len(items))
        except BrokenProcessPool:
            place = "ask for fewer runs at a time (--workers)"
            raise RunStopped("a run beside others was killed, perhaps for memory", time_s=0.0, place=place) from None
        finally:
            pool.shutdown(cancel_futures=True)
    return [found[k] for k in range(len(items))]


def _begin(lend: Callable[..., None], lent: tuple[Any, ...]) -> None:
    lend(*lent)
    end_with_parent()


def end_with_parent() -> None:
    """From now on this process ends when its parent is gone: it would go on, or wait for its next run, for ever."""

    def wait() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
