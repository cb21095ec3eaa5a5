"""Observations as one frame of columns, whether they come as objects, from the store or from a file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import numpy as np
import pandas as pd

from sim.observing.observation import Observation

USABLE = ("good", "late")  # qualities that the analysis takes
COLUMNS = ("sensor", "quantity", "time", "value", "received", "quality")


def observations_frame(observations: Iterable[Observation] | pd.DataFrame) -> pd.DataFrame:
    """Columns sensor, quantity, value, quality and time_s, received_s (s since 1970 UTC), in the order given.

    A frame needs sensor, time and value; without quality all are good, without quantity it is "", without received
    they came at their time. Raises ValueError where a time has no offset.
    """
    if not isinstance(observations, pd.DataFrame):
        rows = list(observations)
        return pd.DataFrame(
            {
                "sensor": np.array([o.sensor for o in rows], dtype=object),
                "quantity": np.array([o.quantity for o in rows], dtype=object),
                "value": np.array([o.value for o in rows], dtype=np.float64),
                "quality": np.array([o.quality for o in rows], dtype=object),
                "time_s": np.array([o.time.timestamp() for o in rows], dtype=np.float64),
                "received_s": np.array([o.received.timestamp() for o in rows], dtype=np.float64),
            }
        )
    frame = observations
    time_s = frame["time_s"].to_numpy(float) if "time_s" in frame else _seconds(frame["time"])
    received_s = time_s
    if "received_s" in frame:
        received_s = frame["received_s"].to_numpy(float)
    elif "received" in frame:
        received_s = _seconds(frame["received"])
    return pd.DataFrame(
        {
            "sensor": frame["sensor"].to_numpy(object),
            "quantity": _texts(frame, "quantity", ""),
            "value": frame["value"].to_numpy(float),
            "quality": _texts(frame, "quality", "good"),
            "time_s": time_s,
            "received_s": received_s,
        }
    )


def seconds_since(epoch: datetime, time: datetime) -> float:
    """Seconds from epoch to time, both with their offsets."""
    return (time - epoch).total_seconds()


def _texts(frame: pd.DataFrame, name: str, default: str) -> np.ndarray:
    return frame[name].to_numpy(object) if name in frame else np.full(len(frame), default, dtype=object)


def _seconds(times: pd.Series) -> np.ndarray:
    if not len(times):
        return np.zeros(0)
    first = times.iloc[0]
    if (isinstance(first, datetime) and first.tzinfo is None) or (isinstance(first, str) and not _has_offset(first)):
        raise ValueError(f"time {first} has no offset from UTC")
    moments = pd.to_datetime(times, utc=True, format=None if isinstance(first, datetime) else "ISO8601")
    return moments.to_numpy("datetime64[us]").astype(np.int64) / 1e6


def _has_offset(text: str) -> bool:
    return text.endswith("Z") or "+" in text[10:] or "-" in text[10:]
