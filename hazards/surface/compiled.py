"""How the kernels of the surface flow are compiled."""

from __future__ import annotations

from functools import partial
from typing import Any

import numba

# Division by zero gives infinity instead of an exception (which would stop vector code). Without the runtime that
# counts references, arrays pass between kernels for free: the counters cost a tenth of the time on one thread and are
# fought over by two.
kernel: Any = partial(numba.njit, error_model="numpy", _nrt=False)
