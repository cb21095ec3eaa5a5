"""Where compiled code gets its decorator: `njit`, set up for the widest vectors that this processor has.

Numba reads the settings of its code generator once, at the first decorated function of the process, so every module
with compiled code takes `njit` from here and none from numba.
"""

from __future__ import annotations

from typing import Any

import numba
from numba.core.codegen import get_host_cpu_features

_WIDE = "+avx512f"


def _set_vector_width() -> None:
    """Let LLVM use vectors of 512 bits where the processor has them; it keeps to 256 bits by itself.

    It does so for processors of 2017, which slow their clock under wide vectors; later ones do not. A step of the
    street takes 0.78 of the time, with the same bytes. What NUMBA_CPU_NAME or NUMBA_CPU_FEATURES say goes first.
    """
    config: Any = numba.config
    if config.CPU_NAME is None and config.CPU_FEATURES is None:
        features = get_host_cpu_features()
        if _WIDE in features.split(","):
            config.CPU_FEATURES = f"{features},-prefer-256-bit"


_set_vector_width()
njit: Any = numba.njit
