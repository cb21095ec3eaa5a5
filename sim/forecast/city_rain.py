"""The rain of one cycle over a city: what its gauges saw, what may follow, how wet the ground was before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from data.errors import InputError
from data.rules_file import Rules
from data.schema import City
from data.units import hours_to_s
from hazards import RainForcing
from sim.forecast.analysis import dry_until_s
from sim.forecast.outlook import Gauges
from sim.forecast.rain_ahead import RainAhead, nowcast, nowcast_terms, supplied_rain
from sim.observing.gauge_weights import gauge_terms
from sim.observing.gauges import GaugeNet
from sim.observing.wetness import antecedent_index, wetness, wetness_terms

NOTE = "forecast.note."
_LOOK_BACK_S = hours_to_s(24.0)  # rain signals sum up to 12 h, and an analysis that begins anew needs the storm so far


@dataclass(frozen=True)
class KeptWetness:
    """The antecedent precipitation index, mean over the city, as one cycle leaves it to the next."""

    time: datetime
    index_m: float


@dataclass(frozen=True, eq=False)
class RainNow:
    """Rain of a cycle; `observed` in seconds since `epoch`."""

    observed: RainForcing
    epoch: datetime
    ahead: RainAhead
    wetness: float  # of the ground where an analysis without a state would begin, 0 dry to 1 full
    kept: KeptWetness
    sensors_used: int
    gauges: Gauges
    blind_s: float  # how long before the cycle no gauge was heard
    notes: tuple[str, ...]  # keys of the message catalogue


class CityRain:
    """The gauges of a city, and where its forecasts of rain lie; asked once a cycle."""

    def __init__(self, city: City, rules: Rules, forecast: Path | None = None) -> None:
        """`forecast`: NetCDF file or folder of supplied rain ahead; None: what falls now is carried on."""
        self._grid, self._rules, self._forecast = city.grid, rules, forecast
        self._net = GaugeNet(city.grid, city.sensors, gauge_terms(rules))
        self._silent = rules.number("observations.silent_intervals")
        self._terms = wetness_terms(rules)
        self._inside = np.isfinite(city.terrain)

    @property
    def look_back(self) -> timedelta:
        """How far before the cycle observations are asked for."""
        return timedelta(seconds=_LOOK_BACK_S)

    def at(self, rain: pd.DataFrame, moment: datetime, horizon_s: float, kept: KeptWetness | None) -> RainNow:
        """The rain of the cycle of a moment.

        `rain`: observations of rain of the `look_back` before it, columns sensor, time, value, received, quality.
        `kept`: what the cycle before left; None where the days before are not known: the ground counts as dry.
        """
        since = moment - self.look_back
        seen = self._net.rain(rain, since, since, moment)
        notes = []
        if not seen.used:
            notes.append(NOTE + ("no_gauges" if not self._net.names else "gauges_silent"))
        elif seen.blind_s > self._rules.number("observations.late_after_s"):
            notes.append(NOTE + "gauges_blind")
        gauges = Gauges(self._net.heard(rain, moment, self._silent), len(self._net.names))
        if gauges.heard and gauges.few:
            notes.append(NOTE + "gauges_few")
        if kept is None:
            notes.append(NOTE + "wetness_unknown")
        ahead = nowcast(seen.rain, seen.epoch, moment, horizon_s, nowcast_terms(self._rules))
        if self._forecast is not None:
            supplied = self._supplied(seen.epoch, moment)
            notes += [] if supplied else [NOTE + "supplied_unusable"]
            ahead = supplied or ahead
        before_m, now_m = self._index(seen.rain, seen.epoch, kept, moment)
        return RainNow(
            seen.rain, seen.epoch, ahead, float(wetness(np.array(before_m), self._terms)),
            KeptWetness(moment, now_m), len(seen.used), gauges, seen.blind_s, tuple(notes),
        )  # fmt: skip

    def _supplied(self, epoch: datetime, moment: datetime) -> RainAhead | None:
        """The supplied rain, None where it cannot be read or is over: the rain of now is carried on instead."""
        assert self._forecast is not None
        try:
            ahead = supplied_rain(self._forecast, self._grid, epoch)
        except InputError:
            return None
        now_s = (moment - epoch).total_seconds()
        covers = all(rain.edges_s[0] <= now_s < rain.edges_s[-1] for rain in ahead.members)
        return ahead if covers else None

    def _index(
        self, rain: RainForcing, epoch: datetime, kept: KeptWetness | None, moment: datetime
    ) -> tuple[float, float]:
        """Index (m) where an analysis without a state would begin, and at the moment; means over the city."""
        share = rain.zone_share(self._inside)
        now_s = (moment - epoch).total_seconds()
        kept_at_s = 0.0 if kept is None else max((kept.time - epoch).total_seconds(), -self._terms.days * 86400.0)
        kept_m = 0.0 if kept is None else kept.index_m
        now = antecedent_index(rain, now_s, self._terms, kept_m, kept_at_s)
        # What has fallen since an analysis without a state would begin is its water; the ground under it is what is
        # left of the index without that rain.
        begins_s = dry_until_s(rain, now_s, self._rules)
        fallen = antecedent_index(rain, now_s, self._terms, 0.0, max(begins_s, 0.0))
        fade = self._terms.recession ** ((now_s - begins_s) / 86400.0)
        return max(float((now - fallen) @ share), 0.0) / fade, float(now @ share)
