"""Rows of a frame as plain dictionaries, for the few places that go through a table row by row."""

from __future__ import annotations

from typing import Any

import pandas as pd


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Each row as column name -> value, in order."""
    return frame.to_dict("records")  # type: ignore[return-value]
