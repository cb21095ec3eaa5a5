"""What the store knows of rain, brought to the rain of a cycle."""

from __future__ import annotations

from datetime import datetime

from api.store.store import Store
from sim.forecast.city_rain import CityRain, KeptWetness, RainNow
from sim.observing.frame import USABLE

WETNESS = "watch.wetness"


def rain_now(store: Store, city_rain: CityRain, moment: datetime, horizon_s: float) -> RainNow:
    """The rain of a cycle from the observations in the store; keeps the wetness for the next cycle."""
    with store.reading() as rx:
        rain = rx.observations("rain", moment - city_rain.look_back, moment, qualities=USABLE)
        said = rx.get(WETNESS)
    kept = None if said is None else KeptWetness(datetime.fromisoformat(said["time"]), float(said["index_m"]))
    if kept is not None and kept.time > moment:
        kept = None  # the clock was set back
    found = city_rain.at(rain, moment, horizon_s, kept)
    with store.writing("watch") as tx:
        tx.put(WETNESS, {"time": found.kept.time.isoformat(), "index_m": found.kept.index_m})
    return found
