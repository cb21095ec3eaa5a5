"""One observation, in the unit of its quantity and with its quality."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Observation:
    """What one sensor said of the interval that ended at `time`."""

    sensor: str
    quantity: str  # name in QUANTITIES
    time: datetime  # with its offset
    value: float  # in the unit of the quantity
    received: datetime  # when it reached us, with its offset
    quality: str = "good"  # one of QUALITIES
    remark: str = ""  # why it has this quality, in words
