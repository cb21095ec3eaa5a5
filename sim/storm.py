"""The storm of a scenario as rain on the city's grid."""

from __future__ import annotations

from data.errors import InputError
from data.readers.rain_grid import read_rain_grid
from data.readers.series import read_rain_series
from data.rules_file import Rules
from data.schema import Grid
from data.units import minutes_to_s
from hazards import RainForcing, chicago_storm, gridded_rain, uniform_rain
from sim.rulebook import rainstorm_formula
from sim.scenario import Storm

_INTERVAL_S = 300.0  # hyetographs are commonly drawn in steps of 5 min; every step has its exact mean


def make_rain(storm: Storm, grid: Grid, rules: Rules) -> RainForcing:
    """Rain of a design storm, a series file or a gridded file; `lead_min` dry minutes first, `uplift` applied."""
    if storm.series is not None:
        edges_s, rate_m_s = read_rain_series(storm.series)
        rain = uniform_rain(edges_s, rate_m_s)
    elif storm.grid is not None:
        field = read_rain_grid(storm.grid, grid)
        rain = gridded_rain(grid, field.x_m, field.y_m, field.edges_s, field.rates_m_s)
    else:
        rain = _design_rain(storm, rules)
    if storm.lead_min > 0.0:
        rain = RainForcing(rain.edges_s + minutes_to_s(storm.lead_min), rain.rates_m_s, rain.zone)
    return rain.raised(storm.uplift) if storm.uplift != 1.0 else rain


def _design_rain(storm: Storm, rules: Rules) -> RainForcing:
    peak_ratio = rules.number("rain.peak_ratio") if storm.peak_ratio is None else storm.peak_ratio
    try:
        edges_s, rate_m_s = chicago_storm(
            rainstorm_formula(rules),
            storm.return_period_a,
            minutes_to_s(storm.duration_min),
            peak_ratio=peak_ratio,
            interval_s=_INTERVAL_S,
        )
    except ValueError as error:
        raise InputError(
            str(error), place="[storm]", expected="a return period and duration inside the range of the formula"
        ) from None
    return uniform_rain(edges_s, rate_m_s)
