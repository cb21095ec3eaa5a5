"""Waiting at check-in desks against queueing theory (evacuation verification case V17).

Poisson arrivals. M/M/1: Wq = rho / (1 - rho) s. M/D/1: half of it (Pollaczek-Khinchine). M/M/c, with Erlang's C:
Wq = C(c, a) s / (c - a). Mean over a million arrivals.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.behaviour.draws import uniform
from sim.movement.desks import queue_times

ARRIVALS = 1_000_000
SERVICE_S = 20.0


def _exponential(seed: int, purpose: str, mean: float) -> np.ndarray:
    return -mean * np.log1p(-uniform(seed, purpose, np.arange(ARRIVALS)))


def erlang_c(desks: int, load: float) -> float:
    """Share of arrivals that wait, at an offered load (arrival rate x service time) below the number of desks."""
    busy = load**desks / math.factorial(desks) * desks / (desks - load)
    return busy / (sum(load**k / math.factorial(k) for k in range(desks)) + busy)


@pytest.mark.parametrize(
    ("desks", "use", "fixed", "expected_s"),
    [
        (1, 0.8, False, 80.0),
        (1, 0.8, True, 40.0),
        (2, 0.8, False, erlang_c(2, 1.6) * SERVICE_S / (2 - 1.6)),
        (5, 0.8, False, erlang_c(5, 4.0) * SERVICE_S / (5 - 4.0)),
    ],
)
def test_mean_wait(desks: int, use: float, fixed: bool, expected_s: float) -> None:
    """Within 3 %: nearly three standard errors.

    The variance of the mean wait in M/M/1 over n arrivals is s^2 rho (2 + 5 rho - 4 rho^2 + rho^3) / (1 - rho)^4 / n
    (Whitt 1989); at 0.8 and a million its root is 0.89 s, 1.1 % of 80 s.
    """
    arrival = np.cumsum(_exponential(7, "arrival", SERVICE_S / (use * desks)))
    service = np.full(ARRIVALS, SERVICE_S) if fixed else _exponential(7, "service", SERVICE_S)
    assert queue_times(arrival, service, desks).mean() == pytest.approx(expected_s, rel=0.03)


def test_erlang_c_of_one_desk_is_its_load() -> None:
    assert erlang_c(1, 0.8) == pytest.approx(0.8)


def test_by_hand() -> None:
    """Two desks, 10 s each: arrivals at 0, 1, 2, 3, 30 wait 0, 0, 8, 8, 0."""
    arrival = np.array([0.0, 1.0, 2.0, 3.0, 30.0])
    assert queue_times(arrival, np.full(5, 10.0), 2).tolist() == [0.0, 0.0, 8.0, 8.0, 0.0]


def test_no_desk() -> None:
    with pytest.raises(ValueError, match="desks"):
        queue_times(np.zeros(1), np.zeros(1), 0)
