"""The storm of 17 August 1998 over Towradgi Creek, forecast every ten minutes by what gauges had said until then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache

import numpy as np
import pandas as pd
import shapely
from shapely.geometry import Polygon

from data.rules_file import Rules, load_rules
from data.schema import Grid
from hazards import Hysteresis, RainForcing, RainSignal, apply_hysteresis
from sim.forecast.members import MemberTerms, member_terms, rain_members
from sim.forecast.rain_ahead import NowcastTerms, nowcast_terms, persistence
from sim.forecast.verification import ColourChange, Match, verify
from sim.observing.gauge_weights import gauge_terms
from sim.observing.gauges import GaugeNet, GaugeRain
from sim.warnings import rain_signals
from tests.shared_data import shared

HOUR = 3600.0
EPOCH = datetime(1998, 8, 17, tzinfo=timezone(timedelta(hours=10)))  # the series count seconds; their hour is nominal
CYCLE_S = 600.0
HORIZON_S = 3 * HOUR
STEP_S = 300.0
LEVEL = "community"  # the polygon of a gauge
CITY = "city"  # the whole catchment: the colour that any polygon has


@dataclass(frozen=True, eq=False)
class Storm:
    """Gauges that own a polygon, and what they measured each minute."""

    names: tuple[str, ...]
    polygons: tuple[Polygon, ...]
    minutes_mm: np.ndarray  # (minutes, gauges)

    @property
    def places(self) -> np.ndarray:
        """Middles of the polygons, which stand for the gauges (2 columns, m)."""
        return np.array([[p.centroid.x, p.centroid.y] for p in self.polygons])

    @property
    def end_s(self) -> float:
        return 60.0 * len(self.minutes_mm)

    @property
    def sensors(self) -> pd.DataFrame:
        x, y = self.places.T
        return pd.DataFrame({"id": self.names, "quantity": "rain", "x_m": x, "y_m": y, "interval_s": 60.0})

    @property
    def frame(self) -> pd.DataFrame:
        """All observations: the end of each minute and its rain."""
        count, gauges = self.minutes_mm.shape
        ends = EPOCH.timestamp() + 60.0 * np.arange(1, count + 1)
        return pd.DataFrame(
            {
                "sensor": np.tile(np.array(self.names, object), count),
                "time_s": np.repeat(ends, gauges),
                "value": self.minutes_mm.ravel(),
            }
        )


@cache
def all_minutes_mm() -> dict[str, np.ndarray]:
    """Rain of each minute (mm) of the 62 series; the files hold seconds and mm/s."""
    files = sorted(shared("towradgi_1998", "rain").glob("*.asc"))
    return {path.stem: 60.0 * np.loadtxt(path)[:, 1] for path in files}


@cache
def storm() -> Storm:
    """The 49 gauges whose place is known: those with a polygon."""
    files = sorted(shared("towradgi_1998", "gauge_polygons").glob("*.csv"))
    names = tuple(path.stem for path in files)
    polygons = tuple(Polygon(np.loadtxt(path, delimiter=",")) for path in files)
    return Storm(names, polygons, np.column_stack([all_minutes_mm()[name] for name in names]))


@cache
def catchment_grid(cell_m: float = 50.0) -> Grid:
    """Square cells over all polygons."""
    west, south, east, north = shapely.union_all(list(storm().polygons)).bounds
    rows, cols = int((north - south) // cell_m) + 2, int((east - west) // cell_m) + 2
    return Grid(rows, cols, cell_m, west - 10, north + 10, "EPSG:28356")


@cache
def gauge_field() -> GaugeRain:
    """The whole storm between the gauges, by the rules."""
    net = GaugeNet(catchment_grid(), storm().sensors, gauge_terms(load_rules()))
    return net.rain(storm().frame, EPOCH, EPOCH, EPOCH + timedelta(seconds=storm().end_s))


def at_gauges(rain: RainForcing) -> RainForcing:
    """One zone for each gauge: the zone of the cell that it stands in."""
    grid = catchment_grid()
    x, y = storm().places.T
    cells = grid.cell_of(x, y)
    assert rain.zone is not None
    return RainForcing(rain.edges_s, rain.rates_m_s[:, rain.zone[cells]], one_zone_each(len(x)))


def one_zone_each(zones: int) -> np.ndarray:
    return np.arange(zones, dtype=np.uint16).reshape(1, zones)


def observed_rain() -> RainForcing:
    """What each gauge measured, as rain of its own zone."""
    rates = storm().minutes_mm / 6e4
    return RainForcing(60.0 * np.arange(len(rates) + 1), rates, one_zone_each(rates.shape[1]))


def colours(rain: RainForcing, time_s: np.ndarray, signals: tuple[RainSignal, ...]) -> np.ndarray:
    """Signal of each zone at each time by what has fallen until then, uint8 (times, zones).

    What `rain_signal_series` with no lead says, without the maxima that a lead needs.
    """
    raining = np.array([rain.rate_m_s(t) for t in time_s]) > 0.0
    return _worst([rain.window_sums(time_s, s.window_s) for s in signals], raining, signals)


def _worst(sums: list[np.ndarray], raining: np.ndarray, signals: tuple[RainSignal, ...]) -> np.ndarray:
    level = np.zeros(raining.shape, np.uint8)
    for signal, total in zip(signals, sums, strict=True):
        met = (total >= signal.sum_m) & raining
        level[met & (level < signal.level)] = signal.level
    return level


def colours_ahead(
    known: RainForcing, members: tuple[RainForcing, ...], time_s: np.ndarray, signals: tuple[RainSignal, ...]
) -> np.ndarray:
    """The same of each member joined to what is known, (members, times, zones): the known part is summed once."""
    before = [known.window_sums(time_s, s.window_s) for s in signals]
    found = []
    for member in members:
        fallen = member.depth_until(time_s)
        raining = np.array([member.rate_m_s(t) for t in time_s]) > 0.0
        found.append(_worst([sums + fallen for sums in before], raining, signals))
    return np.stack(found)


@dataclass(frozen=True, eq=False)
class Replay:
    """What the cycles said, and what came."""

    times_s: np.ndarray  # (cycles,)
    now: np.ndarray  # (cycles, areas) colour at the time of the cycle
    probability: np.ndarray  # (cycles, areas, 4) of a colour or worse within the horizon
    came: np.ndarray  # (cycles, areas) worst colour observed within the horizon
    warned: np.ndarray  # (cycles, areas) colour to warn of


def replay(
    *,
    members: int = 20,
    nowcast: NowcastTerms | None = None,
    errors: MemberTerms | None = None,
    horizon_s: float = HORIZON_S,
    rules: Rules | None = None,
) -> Replay:
    """A cycle every ten minutes; with `members` = 0 nothing is expected and only what is there is warned of."""
    rules = rules or load_rules()
    nowcast, errors = nowcast or nowcast_terms(rules), errors or member_terms(rules)
    least = rules.numbers("forecast.warn_probability")
    signals = rain_signals(rules)
    field, grid, truth = gauge_field().rain, catchment_grid(), observed_rain()
    minutes = 60.0 * np.arange(1, len(storm().minutes_mm))
    seen = colours(truth, minutes, signals)
    times = np.arange(CYCLE_S, storm().end_s, CYCLE_S)
    shape = len(times), len(storm().names)
    now, came = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    share = np.zeros((*shape, 4))
    for k, time in enumerate(times):
        known = field.until(time)
        now[k] = colours(at_gauges(known), np.array([time - 1.0]), signals)[0]
        came[k] = seen[(minutes > time) & (minutes <= time + horizon_s)].max(axis=0, initial=0)
        if members:
            ahead = persistence(known, time, horizon_s, nowcast)
            steps = np.arange(time + STEP_S, time + horizon_s + 1.0, STEP_S) - 1.0
            drawn = rain_members(ahead, grid, time, errors, 1, f"{time:.0f}", members)
            level = colours_ahead(at_gauges(known), tuple(at_gauges(one) for one in drawn), steps, signals)
            share[k] = (level.max(axis=1)[:, :, None] >= np.arange(1, 5)).mean(axis=0)
    warned = now.copy()
    for colour, p in enumerate(least, start=1):
        warned = np.where(share[:, :, colour - 1] >= p, np.maximum(warned, colour), warned).astype(np.uint8)
    return Replay(times, now, share, came, warned)


def _changes(area: str, level: str, times: np.ndarray, colour: np.ndarray) -> list[ColourChange]:
    at = np.flatnonzero(np.diff(colour.astype(int), prepend=0))
    return [ColourChange(area, level, EPOCH + timedelta(seconds=float(times[k])), int(colour[k])) for k in at]


def matches_of(found: Replay, gap_s: float, rules: Rules | None = None) -> list[Match]:
    """Warnings as they would be in force (by hysteresis) against the colours of the gauges by the minute."""
    rules = rules or load_rules()
    hold = Hysteresis(rules.number("warning.downgrade_hold_s"), rules.number("warning.min_reissue_s"))
    minutes = 60.0 * np.arange(1, len(storm().minutes_mm))
    seen = colours(observed_rain(), minutes, rain_signals(rules))
    warned, observed = [], []
    columns = [(name, LEVEL, found.warned[:, k], seen[:, k]) for k, name in enumerate(storm().names)]
    columns.append(("catchment", CITY, found.warned.max(axis=1), seen.max(axis=1)))
    for name, level, said, saw in columns:
        for change in apply_hysteresis(found.times_s, said, hold):
            moment = EPOCH + timedelta(seconds=change.time_s)
            warned.append(ColourChange(name, level, moment, change.after))
        observed += _changes(name, level, minutes, saw)
    return verify(warned, observed, EPOCH + timedelta(seconds=storm().end_s), gap_s)
