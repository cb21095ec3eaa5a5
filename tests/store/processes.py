"""Processes for tests: forked from a clean one that has imported what they need, so that a start costs milliseconds."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

_CONTEXT = multiprocessing.get_context("forkserver")


def start(target: Callable[..., None], *arguments: Any) -> tuple[Any, Connection]:
    """Start target(*arguments, pipe); returns the process and our end of the pipe."""
    _CONTEXT.set_forkserver_preload(["tests.store.killed"])
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=target, args=(*arguments, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, ours
