"""Sensors that should have reported and did not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sim.observing.intake import Sensor
from sim.observing.quality import QualityTerms
from sim.observing.quality_memory import QualityMemory


@dataclass(frozen=True)
class SensorHealth:
    """How one sensor does."""

    sensor: str
    quantity: str
    last: datetime | None  # end of the latest interval it reported; None: nothing yet
    silent: bool
    quality: str  # of its latest observation, "" without one


def sensor_health(
    sensors: dict[str, Sensor], memory: QualityMemory, now: datetime, terms: QualityTerms
) -> list[SensorHealth]:
    """All sensors in the order of the city; silent: lacks more than `silent_intervals` intervals, lateness allowed."""
    found = []
    for sensor in sensors.values():
        mine = memory.sensors.get((sensor.id, sensor.quantity))
        last_s = mine.last_s if mine else float("-inf")
        limit = terms.silent_intervals * sensor.interval_s + terms.late_after_s
        last = datetime.fromtimestamp(last_s, now.tzinfo) if last_s > float("-inf") else None
        quality = mine.rows[-1][2] if mine and mine.rows else ""
        found.append(SensorHealth(sensor.id, sensor.quantity, last, now.timestamp() - last_s > limit, quality))
    return found


def silent_sensors(
    sensors: dict[str, Sensor], memory: QualityMemory, now: datetime, terms: QualityTerms
) -> tuple[str, ...]:
    """Ids of the silent ones."""
    return tuple(one.sensor for one in sensor_health(sensors, memory, now, terms) if one.silent)
