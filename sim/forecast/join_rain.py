"""Two rains made one: what was observed until a moment, what is expected from then on, on a common zone map."""

from __future__ import annotations

import numpy as np

from hazards import RainForcing


def join_rain(observed: RainForcing, ahead: RainForcing, at_s: float) -> RainForcing:
    """`observed` before `at_s` and `ahead` from then on; both in seconds of one clock, zones crossed where they differ.

    Observed rain that ends before `at_s`, and rain ahead that begins after it, leave a dry stretch between them.
    """
    before, after = observed.until(at_s), _from(ahead, at_s)
    zone, first, second = _common_zones(before, after)
    edges = [before.edges_s]
    rates = [before.rates_m_s[:, first]]
    if before.edges_s[-1] < after.edges_s[0]:
        rates.append(np.zeros((1, first.size)))
        edges.append(after.edges_s)
    else:
        edges.append(after.edges_s[1:])
    rates.append(after.rates_m_s[:, second])
    return RainForcing(np.concatenate(edges), np.vstack(rates), zone)


def _from(rain: RainForcing, at_s: float) -> RainForcing:
    """The rain that falls from `at_s` on; where none does, one dry second."""
    if rain.edges_s[-1] <= at_s:
        return RainForcing(np.array([at_s, at_s + 1.0]), np.zeros((1, rain.zones)), rain.zone)
    first = max(int(np.searchsorted(rain.edges_s, at_s, side="right")) - 1, 0)
    edges = rain.edges_s[first:].copy()
    edges[0] = max(edges[0], at_s)
    return RainForcing(edges, rain.rates_m_s[first:], rain.zone)


def _common_zones(a: RainForcing, b: RainForcing) -> tuple[np.ndarray | None, np.ndarray, np.ndarray]:
    """A zone map on which both are constant, and for each of its zones the zone of either."""
    if a.zone is None and b.zone is None:
        return None, np.zeros(1, np.int64), np.zeros(1, np.int64)
    if b.zone is None:
        return a.zone, np.arange(a.zones), np.zeros(a.zones, np.int64)
    if a.zone is None:
        return b.zone, np.zeros(b.zones, np.int64), np.arange(b.zones)
    if a.zones == b.zones and (a.zone is b.zone or np.array_equal(a.zone, b.zone)):
        return a.zone, np.arange(a.zones), np.arange(b.zones)
    pair = a.zone.astype(np.int64) * b.zones + b.zone
    pairs, zone = np.unique(pair, return_inverse=True)
    if pairs.size > 65536:
        raise ValueError(f"{pairs.size} zones where observed and expected rain cross; at most 65536 (coarser blocks)")
    return zone.reshape(pair.shape).astype(np.uint16), pairs // b.zones, pairs % b.zones
