"""Work on many items in several threads: kernels release the interpreter; what an item gets does not depend on it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def share_out(work: Callable[[slice], None], items: int, threads: int | None) -> None:
    """Call `work` with slices that together cover `items` items, one per thread: every n-th item each.

    `threads` None: one for each processor that this process may use.
    """
    workers = max(1, min(threads or len(os.sched_getaffinity(0)), items))
    parts = [slice(worker, None, workers) for worker in range(workers)]
    if workers == 1:
        work(parts[0])
        return
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, parts))
