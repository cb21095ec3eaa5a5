"""A few threads sharing out the blocks of one kernel: one leads, the others help as far as they get to run.

The leader opens a phase (a number of blocks), works through its tickets like everybody, and waits until the blocks
taken by others are finished; it never waits for a helper that holds none. OpenMP waits for all its threads, spinning,
and on a machine that others use too a run was seen to take seventy times longer for it; here a helper that the system
puts aside is simply not missed. Which thread does a block never changes a result.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import extending, types

from hazards.surface.compiled import kernel

intrinsic: Any = extending.intrinsic  # its stub hides that the typing context is passed by numba

_LINE = 8  # int64 per cache line: counters lie on lines of their own
_TAKEN, _OPENED, _FINISHED, _QUIT = (place * _LINE for place in range(4))
_LOOKS = 4000  # some 10 us of looking before the core is offered to others
_YIELDS = 2000  # then offers of the core, before sleeping
_NAP_US = 50

_yield_core: Any = types.ExternalFunction("sched_yield", types.int32())
_sleep_us: Any = types.ExternalFunction("usleep", types.int32(types.uint32))


def new_counters() -> np.ndarray:
    """Counters of one crew, all zero."""
    return np.zeros(4 * _LINE, np.int64)


def call_helpers(counters: np.ndarray) -> None:
    """Let helpers that start now stay; from the leader's Python, while none is running."""
    counters[_QUIT] = 0


def dismiss_helpers(counters: np.ndarray) -> None:
    """Let helpers go home when they next look."""
    counters[_QUIT] = 1


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
def _swap(typing_context: Any, counters: Any, index: Any, old: Any, new: Any) -> Any:
    """Put `new` where `old` stands, atomically; false where something else stood."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _slot(context, builder, signature, arguments)
        return builder.extract_value(builder.cmpxchg(pointer, arguments[2], arguments[3], "seq_cst", "seq_cst"), 1)

    return types.boolean(counters, types.int64, types.int64, types.int64), generate


@kernel
def open_phase(counters: np.ndarray, blocks: int) -> None:
    """Give out `blocks` more tickets. What the blocks read must be in place before."""
    _add(counters, _OPENED, blocks)


@kernel
def take_ticket(counters: np.ndarray) -> int:
    """The next ticket, numbered through all phases, or -1 where all are taken."""
    while True:
        ticket = _look(counters, _TAKEN)
        if ticket >= _look(counters, _OPENED):
            return -1
        if _swap(counters, _TAKEN, ticket, ticket + 1):
            return ticket


@kernel
def finish_ticket(counters: np.ndarray) -> None:
    """Say that a block is done."""
    _add(counters, _FINISHED, 1)


@kernel
def _pause(looks: int) -> None:
    """Wait a little, more generously the longer it has been."""
    if looks > _LOOKS + _YIELDS:
        _sleep_us(np.uint32(_NAP_US))
    elif looks > _LOOKS:
        _yield_core()


@kernel
def wait_for_blocks(counters: np.ndarray) -> None:
    """Leader: wait until every ticket is finished."""
    looks = 0
    while _look(counters, _FINISHED) < _look(counters, _OPENED):
        looks += 1
        if looks > _LOOKS:
            _yield_core()


@kernel
def wait_for_work(counters: np.ndarray) -> bool:
    """Helper: wait for tickets; false when it may go home."""
    looks = 0
    while _look(counters, _TAKEN) >= _look(counters, _OPENED):
        if _look(counters, _QUIT) != 0:
            return False
        looks += 1
        _pause(looks)
    return True
