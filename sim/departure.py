"""When people leave after an order, and how many never do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


class DelayCurve(Protocol):
    """A distribution of the delay between the order and the departure."""

    def share(self, delay_s: np.ndarray) -> np.ndarray:
        """Share of people who have left `delay_s` seconds after the order."""
        ...

    def delay(self, share: np.ndarray) -> np.ndarray:
        """Delay (s) by which `share` of the people have left: the inverse of `share`."""
        ...


@dataclass(frozen=True)
class Weibull:
    """P(t) = 1 - exp(-(t / scale_s)^shape), Lindell's curve P = 1 - exp(-a t^b) with a = scale_s^-b, b = shape.

    Source: LifeSim technical reference manual, eq. 9.
    """

    scale_s: float
    shape: float

    def __post_init__(self) -> None:
        _positive(scale_s=self.scale_s, shape=self.shape)

    def share(self, delay_s: np.ndarray) -> np.ndarray:
        return -np.expm1(-((np.maximum(delay_s, 0.0) / self.scale_s) ** self.shape))

    def delay(self, share: np.ndarray) -> np.ndarray:
        return self.scale_s * (-np.log1p(-np.asarray(share, float))) ** (1.0 / self.shape)


@dataclass(frozen=True)
class Rayleigh:
    """P(t) = 1 - exp(-t^2 / (2 sigma_s^2)); median 1.1774 sigma_s, 95 % after 2.4477 sigma_s.

    Source: Transportation Research Record 2376 (2013): fits the departures before hurricane Irene best.
    """

    sigma_s: float

    def __post_init__(self) -> None:
        _positive(sigma_s=self.sigma_s)

    def share(self, delay_s: np.ndarray) -> np.ndarray:
        return -np.expm1(-0.5 * (np.maximum(delay_s, 0.0) / self.sigma_s) ** 2)

    def delay(self, share: np.ndarray) -> np.ndarray:
        return self.sigma_s * np.sqrt(-2.0 * np.log1p(-np.asarray(share, float)))


@dataclass(frozen=True)
class Uniform:
    """Departures spread evenly between two delays, as the reaction-time tests of RiMEA 5 and NIST TN 1822 ask."""

    first_s: float
    last_s: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.first_s < self.last_s:
            raise ValueError(f"first_s(={self.first_s}) must lie in 0..last_s(={self.last_s})")

    def share(self, delay_s: np.ndarray) -> np.ndarray:
        return np.clip((np.asarray(delay_s, float) - self.first_s) / (self.last_s - self.first_s), 0.0, 1.0)

    def delay(self, share: np.ndarray) -> np.ndarray:
        return self.first_s + np.asarray(share, float) * (self.last_s - self.first_s)


@dataclass(frozen=True)
class Departures:
    """Groups that leave together: `row` (of the persons given), `delay_s` after the order, `persons` (int64)."""

    row: np.ndarray
    delay_s: np.ndarray
    persons: np.ndarray


def departures(
    persons: np.ndarray,
    curve: DelayCurve,
    generator: np.random.Generator,
    *,
    bin_s: float,
    max_group: int,
    tail_share: float = 1e-6,
) -> Departures:
    """Whole people of each row spread over bins of `bin_s` seconds after the order.

    The count that has left row i by the end of bin k is floor(N_i P(t_k) + u_i), u_i uniform in [0, 1): systematic
    sampling, so the expected count of a bin is N_i (P(t_k) - P(t_k-1)) and the sum is N_i exactly. The last
    `tail_share` of the curve falls into its last bin. Groups leave in the middle of their bin and hold at most
    `max_group` people.
    """
    _positive(bin_s=bin_s, max_group=max_group)
    persons = np.asarray(persons, np.int64)
    last = float(curve.delay(np.asarray(1.0 - tail_share)))
    ends = bin_s * np.arange(1, max(int(np.ceil(last / bin_s)), 1) + 1)
    share = curve.share(ends)
    share[-1] = 1.0
    offset = generator.random(persons.size)
    rows, bins, counts = [], [], []
    before = np.zeros(persons.size, np.int64)
    for k, part in enumerate(share):
        left = np.floor(persons * part + offset).astype(np.int64) if part < 1.0 else persons
        count = left - before
        before = left
        row = np.flatnonzero(count)
        rows.append(row)
        bins.append(np.full(row.size, k))
        counts.append(count[row])
    row, index, count = np.concatenate(rows), np.concatenate(bins), np.concatenate(counts)
    parts = -(-count // max_group)
    part_of = np.repeat(np.arange(row.size), parts)
    nth = np.arange(part_of.size) - np.repeat(np.cumsum(parts) - parts, parts)
    size = count[part_of] // parts[part_of] + (nth < count[part_of] % parts[part_of])
    return Departures(row[part_of], (index[part_of] + 0.5) * bin_s, size)


def refusals(persons: np.ndarray, compliance: np.ndarray | float) -> np.ndarray:
    """Whole people of each row who stay, (1 - compliance) of them, by largest remainder.

    The sum over all rows is the exact total rounded to the nearest person; each row is its own exact figure rounded
    down or up. Equal remainders go to the earlier row.
    """
    persons = np.asarray(persons, np.int64)
    exact = persons * (1.0 - _shares(compliance, persons.size))
    floor = np.floor(exact).astype(np.int64)
    missing = round(float(exact.sum())) - int(floor.sum())
    if missing > 0:
        order = np.argsort(-(exact - floor), kind="stable")[:missing]
        floor[order] += 1
    return np.minimum(floor, persons)


def drawn_refusals(persons: np.ndarray, compliance: np.ndarray | float, generator: np.random.Generator) -> np.ndarray:
    """Whole people of each row who stay, each deciding alone: binomial with probability 1 - compliance."""
    persons = np.asarray(persons, np.int64)
    return generator.binomial(persons, 1.0 - _shares(compliance, persons.size)).astype(np.int64)


def _shares(compliance: np.ndarray | float, size: int) -> np.ndarray:
    shares = np.broadcast_to(np.asarray(compliance, float), (size,))
    if size and not (np.all(shares >= 0.0) and np.all(shares <= 1.0)):
        raise ValueError("compliance must lie in 0..1")
    return shares


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0.0:
            raise ValueError(f"{name}(={value}) must be > 0")
