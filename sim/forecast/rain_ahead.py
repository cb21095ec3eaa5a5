"""Rain of the hours ahead: what falls now carried on with decay, or a forecast that was supplied."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from data.readers.rain_forecast import read_rain_forecast
from data.rules_file import Rules
from data.schema import Grid
from hazards import RainForcing, gridded_rain


@dataclass(frozen=True)
class NowcastTerms:
    """How the rain of now is carried on."""

    recent_s: float  # mean over this long
    half_life_s: float
    step_s: float

    def __post_init__(self) -> None:
        if not (self.recent_s > 0.0 and self.half_life_s > 0.0 and self.step_s > 0.0):
            raise ValueError(f"recent_s, half_life_s and step_s must be > 0: {self}")


@dataclass(frozen=True, eq=False)
class RainAhead:
    """Rain from the time of a cycle on, in seconds since `epoch`; one member, or several that are equally likely."""

    members: tuple[RainForcing, ...]
    kind: str  # "nowcast", "supplied" or "ensemble", as Outlook.rain
    epoch: datetime
    source: str  # file or "persistence"


def nowcast_terms(rules: Rules) -> NowcastTerms:
    """The terms as the rules set them."""
    names = ("recent_s", "half_life_s", "step_s")
    return NowcastTerms(*(rules.number(f"rain_ahead.nowcast_{name}") for name in names))


def persistence(observed: RainForcing, now_s: float, horizon_s: float, terms: NowcastTerms) -> RainForcing:
    """The mean rate of the last `recent_s` of every zone, carried on from `now_s` for `horizon_s`, halving by and by.

    Eulerian persistence with exponential decay (Germann and Zawadzki 2002, whose decay of skill with lead time it
    mimics); each interval has the exact mean of the decaying rate. `observed` is in seconds of the same clock; rain
    observed only since later than now - recent_s is averaged over what there is.
    """
    if not horizon_s > 0.0:
        raise ValueError(f"horizon_s(={horizon_s}) must be > 0")
    span = min(terms.recent_s, max(now_s - float(observed.edges_s[0]), 0.0))
    rate = observed.window_sums(now_s, span)[0] / span if span > 0.0 else np.zeros(observed.zones)
    count = max(int(np.ceil(horizon_s / terms.step_s - 1e-9)), 1)
    ahead = np.minimum(terms.step_s * np.arange(count + 1), horizon_s)
    decay = np.log(2.0) / terms.half_life_s
    share = -np.diff(np.exp(-decay * ahead)) / (decay * np.diff(ahead))
    return RainForcing(now_s + ahead, share[:, None] * rate, observed.zone)


def nowcast(observed: RainForcing, epoch: datetime, now: datetime, horizon_s: float, terms: NowcastTerms) -> RainAhead:
    """Persistence as one member of rain ahead; `observed` in seconds since `epoch`."""
    ahead = persistence(observed, (now - epoch).total_seconds(), horizon_s, terms)
    return RainAhead((ahead,), "nowcast", epoch, "persistence")


def supplied_rain(path: str | Path, grid: Grid, epoch: datetime) -> RainAhead:
    """A forecast with absolute times: a NetCDF file (perhaps with members) or a folder of such files, a member each.

    Times become seconds since `epoch`. Raises InputError.
    """
    found = read_rain_forecast(path, grid)
    shift = (found.start - epoch).total_seconds()
    members = tuple(
        gridded_rain(grid, found.x_m, found.y_m, found.edges_s + shift, member) for member in found.rates_m_s
    )
    return RainAhead(members, "ensemble" if len(members) > 1 else "supplied", epoch, str(path))
