"""A few threads walking through one kernel in step: atomic counters, a barrier, and tickets for blocks of rows.

The threads of OpenMP spin while they wait; on a machine that others use too, a run was seen to take seventy times
longer for it. Here a thread spins a moment and then yields its core, and blocks are taken by ticket, so a thread that
was put aside holds up one block, not half of the raster. Which thread does a block never changes a result.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import extending, types

from hazards.surface.compiled import kernel

intrinsic: Any = extending.intrinsic  # its stub hides that the typing context is passed by numba

_LINE = 8  # int64 per cache line: counters lie on lines of their own
_ARRIVED, _GENERATION, _FIRST_TICKET = 0, _LINE, 2 * _LINE
TICKETS = 3  # independent ticket rolls
_SPINS = 4000  # looks (some 10 us) before the core is offered to others

_yield_core = types.ExternalFunction("sched_yield", types.int32())


def new_counters() -> np.ndarray:
    """Counters of one crew, all zero."""
    return np.zeros(_FIRST_TICKET + TICKETS * _LINE, np.int64)


def _slot(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    return builder.gep(array.data, [arguments[1]])


@intrinsic
def _add(typing_context: Any, counters: Any, index: Any, value: Any) -> Any:
    """Add atomically, return what was there before."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.atomic_rmw("add", _slot(context, builder, signature, arguments), arguments[2], "seq_cst")

    return types.int64(counters, types.int64, types.int64), generate


@intrinsic
def _look(typing_context: Any, counters: Any, index: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_slot(context, builder, signature, arguments), "seq_cst", 8)

    return types.int64(counters, types.int64), generate


@intrinsic
def _put(typing_context: Any, counters: Any, index: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _slot(context, builder, signature, arguments)
        builder.store_atomic(arguments[2], pointer, "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(counters, types.int64, types.int64), generate


@kernel
def gather(counters: np.ndarray, crew: int) -> None:
    """Wait until all `crew` threads are here."""
    if crew == 1:
        return
    generation = _look(counters, _GENERATION)
    if _add(counters, _ARRIVED, 1) == crew - 1:
        _put(counters, _ARRIVED, 0)
        _add(counters, _GENERATION, 1)
        return
    looks = 0
    while _look(counters, _GENERATION) == generation:
        looks += 1
        if looks > _SPINS:
            _yield_core()


@kernel
def next_ticket(counters: np.ndarray, roll: int) -> int:
    """The next block number of a roll."""
    return _add(counters, _FIRST_TICKET + roll * _LINE, 1)


@kernel
def reset_tickets(counters: np.ndarray) -> None:
    """Start all rolls anew; only while the others wait."""
    for roll in range(TICKETS):
        _put(counters, _FIRST_TICKET + roll * _LINE, 0)
