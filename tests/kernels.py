"""Compile what most tests run, once: `python -m tests.kernels`, beside the type checker.

On a fresh machine two test processes would else compile the same kernels side by side.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from api.cli.main import run
from data.city_writer import write_city
from tests.tiny_city import tiny_city


def main() -> int:
    """One drill of the tiny city; its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        pack = write_city(tiny_city(), Path(folder) / "pack")
        return run(["drill", str(pack), "--out", str(Path(folder) / "drill"), "--json"])


if __name__ == "__main__":
    sys.exit(main())
