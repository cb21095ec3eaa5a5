"""HiGHS and OR-Tools in one process.

Both bring a shared library called libhighs.so.1, of different versions, and the loader takes whichever came first for
both: importing highspy after OR-Tools fails with an undefined symbol, and the other way round. Loaded by its path and
for everybody, highspy's own library is found before the one of OR-Tools, whose HiGHS we do not use.
"""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from pathlib import Path

import ortools.graph.python.min_cost_flow  # noqa: F401  (before: afterwards it would not load)


def _load_own_library() -> None:
    spec = importlib.util.find_spec("highspy")
    if sys.platform != "linux" or "highspy" in sys.modules or spec is None or spec.origin is None:
        return
    library = Path(spec.origin).parent / "libhighs.so.1"
    if library.exists():  # built into the module otherwise
        ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)


_load_own_library()

import highspy  # noqa: E402

__all__ = ["highspy"]
