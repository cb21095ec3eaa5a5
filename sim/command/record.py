"""What a drill of command and movement leaves: the movement's outcome, the event log and the tables beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.command.event_log import LogEntry
from sim.movement.outcome import MovementOutcome


@dataclass(frozen=True)
class DrillRecord:
    """A finished drill. Times in s since the start of the run; frames have the columns of data.schema.drills.

    `orders`: ORDERS_RESULT without the columns worth_*, in the order in which they were given.
    `site_time_s` (exchanges,), `site_queue` int64 (exchanges, sites): people queueing at each door.
    `site_open` bool (exchanges, sites): whether the door lets people in.
    `pumps` columns: team, underpass, called_s, arrived_s (NaN: never), pump_m3_s.
    """

    header: dict[str, str | int | float]  # first line of the log
    log: tuple[LogEntry, ...]
    outcome: MovementOutcome
    orders: pd.DataFrame
    warned: pd.DataFrame  # WARNED
    rescues: pd.DataFrame  # RESCUES
    trips: pd.DataFrame  # TRIPS
    circles: pd.DataFrame  # CIRCLES
    pumps: pd.DataFrame
    site_time_s: np.ndarray
    site_queue: np.ndarray
    site_open: np.ndarray
