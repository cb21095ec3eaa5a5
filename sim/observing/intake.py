"""A row as it came made an observation: its sensor, its quantity, the unit of the quantity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from data.errors import InputError
from data.readers.observations import RawObservation
from data.records import records
from data.schema import QUANTITIES, Quantity
from data.suggest import closest
from sim.observing.observation import Observation

QUANTITY = {quantity.name: quantity for quantity in QUANTITIES}


@dataclass(frozen=True)
class Sensor:
    """One row of the sensors of a city."""

    id: str
    quantity: str
    interval_s: float
    x_m: float
    y_m: float


def sensor_book(sensors: pd.DataFrame | None) -> dict[str, Sensor]:
    """Sensors by id, from schema SENSORS with x_m, y_m."""
    if sensors is None:
        return {}
    return {
        str(row["id"]): Sensor(
            str(row["id"]), str(row["quantity"]), float(row["interval_s"]), float(row["x_m"]), float(row["y_m"])
        )
        for row in records(sensors)
    }


def observed(raw: RawObservation, sensors: dict[str, Sensor], received: datetime) -> Observation:
    """The observation in the unit of its quantity. Raises InputError where sensor or quantity is unknown, or
    the value is no finite number in that unit.

    A unit that is none of the quantity's, and a quantity that the sensor does not measure, are marked "unit": the value
    is kept as it came.
    """
    sensor = sensors.get(raw.sensor)
    if sensor is None:
        expected = closest(raw.sensor, tuple(sensors)) if sensors else "a sensor of the city"
        raise InputError("unknown sensor", place=f"{raw.place}, sensor", value=raw.sensor, expected=expected)
    name = raw.quantity or sensor.quantity
    quantity = QUANTITY.get(name)
    if quantity is None:
        expected = closest(name, tuple(QUANTITY))
        raise InputError("unknown quantity", place=f"{raw.place}, quantity", value=name, expected=expected)
    if name != sensor.quantity:
        return Observation(
            raw.sensor, name, raw.time, raw.value, received, "unit", f"{raw.sensor} measures {sensor.quantity}"
        )
    factor = unit_factor(quantity, raw.unit)
    if factor is None:
        known = ", ".join((quantity.unit, *(unit for unit, _ in quantity.units)))
        return Observation(raw.sensor, name, raw.time, raw.value, received, "unit", f"{raw.unit} is none of {known}")
    value = raw.value * factor
    if not math.isfinite(value):  # 1e308 m is inf mm, which neither JSON nor a sum can hold
        expected = f"a finite number of {quantity.unit}"
        raise InputError("not a finite number", place=f"{raw.place}, value", value=raw.value, expected=expected)
    return Observation(raw.sensor, name, raw.time, value, received)


def unit_factor(quantity: Quantity, unit: str) -> float | None:
    """What turns a value in `unit` into the unit of the quantity; None where the unit is not known for it."""
    if unit in ("", quantity.unit):
        return 1.0
    return dict(quantity.units).get(unit)
