"""Why a job failed, as problem details (RFC 9457) that are safe to show: no path, no trace of the program."""

from __future__ import annotations

import errno
import re
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from data.errors import InputError, RunStopped

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_PATH = re.compile(r"(?<![\w:/])/(?:[^\s/,;:'\"]+/)+([^\s/,;:'\"]*)")


def fault_of(error: BaseException) -> dict[str, Any]:
    """Problem details of an error that a job raised."""
    if isinstance(error, InputError) and error.message.startswith("cannot write here"):
        return _no_room(error.message)  # how run folders say so: not a fault of the request
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return _no_room(f"cannot write: {error.strerror}")
    if isinstance(error, InputError):
        told: dict[str, Any] = {"place": error.place, "expected": error.expected}
        value = {} if error.value is None else {"value": without_paths(repr(error.value)[:200])}
        return _problem("bad-input", 422, "The job asks for what cannot be", error.message, told | value)
    if isinstance(error, RunStopped):
        if isinstance(error.__context__, BrokenProcessPool):  # a process of the run was killed: it may well go again
            return _problem("worker-lost", 500, "The job was lost with its worker", error.message)
        at: dict[str, Any] = {"time_s": error.time_s, "place": error.place}
        return _problem("run-stopped", 500, "The run stopped itself", error.message, at)
    if isinstance(error, MemoryError):
        return _problem("too-large", 500, "The run did not fit into memory", "out of memory")
    return _problem("fault", 500, "The program failed", f"{type(error).__name__}: {error}")


def _no_room(detail: str) -> dict[str, Any]:
    return _problem("no-room", 507, "The result could not be written", f"{detail}; the operator has to make room")


def lost(attempts: int) -> dict[str, Any]:
    """Problem details where every attempt was lost with its worker."""
    return _problem("worker-lost", 500, "The job was lost with its worker", f"given up after {attempts} attempts")


def too_long(minutes: float) -> dict[str, Any]:
    """Problem details where an attempt ran longer than the service allows."""
    return _problem("too-long", 500, "The job ran too long", f"stopped after {minutes:g} min")


def without_paths(text: str) -> str:
    """The text with every absolute path cut down to its last part."""
    return _PATH.sub(r"\1", text)


def is_final(fault: dict[str, Any]) -> bool:
    """Whether another attempt would end the same way: the same task gives the same result, good or bad."""
    return fault["type"] != "urn:rongan:job:worker-lost"


def _problem(kind: str, status: int, title: str, detail: str, more: dict[str, Any] | None = None) -> dict[str, Any]:
    told = {name: without_paths(one) if isinstance(one, str) else one for name, one in (more or {}).items()}
    return {
        "type": f"urn:rongan:job:{kind}",
        "title": title,
        "status": status,
        "detail": without_paths(detail),
        **{name: one for name, one in told.items() if one not in ("", None)},
    }
