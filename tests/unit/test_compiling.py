"""The code generator is set up before the first kernel, and not where the user has set it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from numba.core.codegen import get_host_cpu_features

WIDE = "+avx512f" in get_host_cpu_features().split(",")
ASK = """
import numpy as np
import {first}
from data.compiling import njit
@njit
def add(a, b):
    for i in range(a.size):
        a[i] += b[i] * 3.0
add(np.zeros(64, np.float32), np.ones(64, np.float32))
print("zmm" in next(iter(add.inspect_asm().values())))
"""


def _wide_vectors(first: str, **environment: str) -> bool:
    """Whether a kernel has vectors of 512 bits in a process that begins with importing `first`."""
    environment |= {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_CPU")}
    asked = [sys.executable, "-c", ASK.format(first=first)]
    ran = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True)
    return ran.stdout.strip() == "True"


@pytest.mark.parametrize("first", ["hazards", "shelters", "data.sample", "sim.run", "api.cli", "sim.movement.kernel"])
def test_vectors_are_as_wide_as_the_processor_has_them(first: str) -> None:
    assert _wide_vectors(first) == WIDE


def test_what_the_user_says_goes_first() -> None:
    assert not _wide_vectors("hazards", NUMBA_CPU_FEATURES="", NUMBA_CPU_NAME="x86-64")
