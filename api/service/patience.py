"""Doing a step again while the store is away: a warning must not wait ten minutes because a database restarted."""

from __future__ import annotations

import logging
import time as machine
from collections.abc import Callable
from typing import TypeVar

from api.store.errors import StoreBusy, StoreUnavailable

_LOG = logging.getLogger("rongan.watch")
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.2, 5.0
_Done = TypeVar("_Done")


def patiently(
    step: Callable[[], _Done], for_s: float, stop: Callable[[], bool] = lambda: False, what: str = "the step"
) -> _Done:
    """What `step` returns; called again while the store is busy or away, for `for_s` on the machine's clock at most.

    The step must bear being called again after it was done in part. Raises what it raised last where the time is over
    or `stop` says so.
    """
    until = machine.monotonic() + for_s
    wait_s = _FIRST_WAIT_S
    while True:
        try:
            return step()
        except (StoreBusy, StoreUnavailable) as away:
            if stop() or machine.monotonic() + wait_s > until:
                raise
            _LOG.warning("%s waits for the database: %s", what, away)
        machine.sleep(wait_s)
        wait_s = min(2.0 * wait_s, _LONGEST_WAIT_S)
