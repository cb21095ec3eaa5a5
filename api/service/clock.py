"""The clock of the service: that of the machine, or that of a past event which runs again at any speed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class ServiceClock:
    """Moment now = `origin` + speed x (machine time - machine time at `origin`). The default is the machine's clock."""

    origin: datetime | None = None  # with its offset; None: the machine's clock
    machine_s: float = 0.0  # time.time() at `origin`
    speed: float = 1.0

    def __post_init__(self) -> None:
        if not self.speed > 0.0:
            raise ValueError(f"speed(={self.speed}) must be > 0")

    def now(self) -> datetime:
        """The moment, in UTC."""
        if self.origin is None:
            return datetime.now(UTC)
        return (self.origin + timedelta(seconds=self.speed * (time.time() - self.machine_s))).astimezone(UTC)

    def wait_s(self, moment: datetime) -> float:
        """Seconds on the machine until the clock shows `moment`; 0 where it has passed."""
        return max(0.0, (moment - self.now()).total_seconds() / self.speed)
