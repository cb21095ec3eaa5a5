"""The rain of one cycle as it is given by hand: a storm of which part has fallen, or a file of observations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from data.errors import InputError
from data.readers.observations import read_observations
from data.rules_file import Rules
from data.schema import City
from hazards import RainForcing
from sim.forecast.city_rain import CityRain
from sim.forecast.outlook import NO_GAUGES, Gauges
from sim.forecast.rain_ahead import RainAhead
from sim.observing.intake import observed, sensor_book
from sim.observing.quality import judge, quality_terms
from sim.observing.quality_memory import USED, QualityMemory
from sim.observing.silence import silent_sensors
from sim.scenario import Storm, parse_storm
from sim.storm import make_rain

NOTE_REJECTED = "forecast.note.observations_rejected"
_FALLEN_MIN = 60.0  # of a storm, where no time is named


@dataclass(frozen=True, eq=False)
class GivenRain:
    """What `ForecastCycle.run` asks for; `observed` in seconds since `epoch`."""

    time: datetime
    epoch: datetime
    observed: RainForcing
    ahead: RainAhead
    wetness: float = 0.0
    sensors_used: int = 0
    sensors_silent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    gauges: Gauges = NO_GAUGES


def given_rain(spec: str, city: City, start: datetime, time: datetime | None, rules: Rules) -> GivenRain:
    """A storm that begins at `start`: what falls until `time` is observed, the rest a supplied forecast of it."""
    rain = make_rain(parse_storm(spec, Storm(lead_min=0.0)), city.grid, rules)
    return storm_at(rain, start, start + timedelta(minutes=_FALLEN_MIN) if time is None else time, spec)


def storm_at(rain: RainForcing, start: datetime, time: datetime, source: str) -> GivenRain:
    """A rain in seconds since `start`, cut at `time`."""
    now_s = (time - start).total_seconds()
    if now_s <= 0.0:
        raise InputError(
            "the cycle lies before the rain",
            place="--at",
            value=time.isoformat(),
            expected=f"after {start.isoformat()}",
        )
    return GivenRain(time, start, rain.until(now_s), RainAhead((rain,), "supplied", start, source))


def observed_rain(
    path: Path, city: City, time: datetime | None, supplied: Path | None, horizon_s: float, rules: Rules
) -> GivenRain:
    """Observations of the sensors of the city (CSV) laid on its grid; what follows is carried on, or supplied.

    They pass the quality control of the service, as if each had come at its time; what it rejects takes no part.
    """
    book = sensor_book(city.sensors)
    if not book:
        raise InputError("the city has no sensors", file=path, place="--obs", expected="a pack with [sensors]")
    raw = read_observations(path)
    if not raw:
        raise InputError("no observation", file=path, place="--obs", expected="at least one row")
    raw_seen = [observed(one, book, one.time) for one in raw]
    moment = max(one.time for one in raw_seen) if time is None else time
    terms = quality_terms(rules)
    seen, memory = judge([one for one in raw_seen if one.time <= moment], book, QualityMemory(), terms)
    rain = [one for one in seen if one.quantity == "rain" and one.quality in USED]
    frame = pd.DataFrame(
        {
            "sensor": [one.sensor for one in rain],
            "time": [one.time for one in rain],
            "value": [one.value for one in rain],
            "received": [one.received for one in rain],
            "quality": [one.quality for one in rain],
        }
    )
    now = CityRain(city, rules, supplied).at(frame, moment, horizon_s, None)
    gauges = {name: sensor for name, sensor in book.items() if sensor.quantity == "rain"}
    silent = silent_sensors(gauges, memory, moment, terms)
    rejected = any(one.quality not in (*USED, "duplicate") for one in seen)
    notes = (*now.notes, NOTE_REJECTED) if rejected else now.notes
    return GivenRain(
        moment, now.epoch, now.observed, now.ahead, now.wetness, now.sensors_used, silent, notes, now.gauges
    )
