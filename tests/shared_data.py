"""Where the real data sets lie: beside the checkout, not inside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def shared(*parts: str) -> Path:
    """The path of a shared data set; the test skips with a reason where it is absent."""
    base = Path(os.environ.get("RONGAN_SHARED_DATA", ROOT.parent / "shared" / "data"))
    path = base.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"real data set {'/'.join(parts)} is not on this machine")
    return path
