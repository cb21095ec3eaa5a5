"""When underpasses are closed and opened again, by the depth of their water."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.schema import City


@dataclass(frozen=True)
class Closure:
    """One time that an underpass was closed, in seconds since the start of the run."""

    underpass: int  # row of City.underpasses
    closed_s: float
    reopened_s: float | None  # None: still closed at the end


def underpass_closures(city: City, time_s: np.ndarray, depth_m: np.ndarray) -> list[Closure]:
    """All closures in order of time, from the deepest water of each underpass, (times, underpasses), m.

    An underpass is closed when its water is deeper than `closure_depth_m` and stays so until it is shallower than
    `reopen_depth_m` (never above the former), so that it does not open and close with every wave.
    """
    if city.underpasses is None:
        return []
    close = city.underpasses["closure_depth_m"].to_numpy(float)
    reopen = np.minimum(city.underpasses["reopen_depth_m"].to_numpy(float), close)
    closed_at = np.full(len(close), np.nan)
    found = []
    for time, depth in zip(np.asarray(time_s, float).tolist(), depth_m, strict=True):
        is_closed = np.isfinite(closed_at)
        # with a depth of 0 to open at, dry is dry enough
        for number in np.flatnonzero(is_closed & ((depth < reopen) | (depth <= 0.0))).tolist():
            found.append(Closure(number, float(closed_at[number]), time))
            closed_at[number] = np.nan
        closed_at[~is_closed & (depth > close)] = time
    found += [Closure(int(n), float(closed_at[n]), None) for n in np.flatnonzero(np.isfinite(closed_at))]
    return sorted(found, key=lambda closure: (closure.closed_s, closure.underpass))
