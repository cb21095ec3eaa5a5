"""How the kernels of the surface flow are compiled."""

from __future__ import annotations

import zlib
from functools import partial
from pathlib import Path
from typing import Any

from data.compiling import njit

# Division by zero gives infinity instead of an exception (which would stop vector code). Without the runtime that
# counts references, arrays pass between kernels for free: the counters cost a tenth of the time on one thread and are
# fought over by two.
kernel: Any = partial(njit, error_model="numpy", _nrt=False)


def source_stamp() -> int:
    """A number that changes with any source file of this folder.

    Numba keeps compiled code on disk by the date of one file; code inlined from the other files would go stale.
    """
    files = sorted(Path(__file__).parent.glob("*.py"))
    return zlib.crc32(b"".join(file.read_bytes() for file in files))
