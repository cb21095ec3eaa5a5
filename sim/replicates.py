"""Monte Carlo: the same city, storm and orders, other draws of what people do, and the bands of what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from data.schema.drills import REPLICATES
from data.units import s_to_minutes
from sim.command.record import DrillRecord
from sim.command.setup import DrillSetup
from sim.drill_jobs import run_variants

BAND = (0.05, 0.5, 0.95)  # quantiles of a band
BAND_COUNTS = ("sheltered", "moving", "stranded")  # columns of the timeline that get a band


class Judgement(NamedTuple):
    """What a caller makes of a record, where it can."""

    deaths: float = float("nan")  # persons, expected
    readiness: float = float("nan")  # 0 to 100


Judge = Callable[[DrillSetup, DrillRecord], Judgement]  # a function that processes can find by name


@dataclass(frozen=True)
class Replicates:
    """Runs of one drill under other seeds.

    `table`: schema REPLICATES, one row per replicate; times in min, NaN where the share was never reached.
    `timeline` columns: time_s and, for each of BAND_COUNTS, <count>_p05, <count>_p50, <count>_p95 (persons): quantiles
    over the replicates at each record, values that occurred (no interpolation).
    """

    table: pd.DataFrame
    timeline: pd.DataFrame


class _Made(NamedTuple):
    row: dict[str, float]
    time_s: np.ndarray
    counts: np.ndarray  # int64 (BAND_COUNTS, records)


def judge_nothing(setup: DrillSetup, record: DrillRecord) -> Judgement:
    """No deaths and no readiness are known."""
    return Judgement()


def run_replicates(
    setup: DrillSetup,
    count: int,
    *,
    judge: Judge = judge_nothing,
    workers: int | None = None,
    tell: Callable[[float], None] = lambda fraction: None,
) -> Replicates:
    """`count` runs of the drill with seeds of their own (`replicate_seeds`); see `run_variants` for `workers`.

    The same setup gives the same tables, whatever the number of workers; more replicates only add rows.
    """
    if count < 1:
        raise ValueError(f"count(={count}) must be 1 or more")
    seeds = replicate_seeds(setup.seed, count)
    changes = [{"seed": seed} for seed in seeds]
    made = run_variants(partial(_made, judge), setup, changes, workers=workers, tell=tell)
    rows = [{"replicate": k, "seed": seed, **one.row} for k, (seed, one) in enumerate(zip(seeds, made, strict=True))]
    return Replicates(pd.DataFrame(rows, columns=list(REPLICATES.names)), _timeline(made))


def replicate_seeds(seed: int, count: int) -> list[int]:
    """Seeds of the replicates of a drill: independent streams (numpy's SeedSequence); the k-th is the same for any
    count.
    """
    children = np.random.SeedSequence(seed).spawn(count)
    return [int(child.generate_state(1)[0]) for child in children]


def _made(judge: Judge, setup: DrillSetup, record: DrillRecord) -> _Made:
    outcome, judged = record.outcome, judge(setup, record)
    row = {
        "arrived": outcome.final("sheltered"),
        **{name: outcome.final(name) for name in ("moving", "stranded", "refused", "turned_away")},
        "caught": outcome.caught,
        "rescued": outcome.rescued,
        "deaths": judged.deaths,
        **{f"t{share}_min": s_to_minutes(getattr(outcome, f"t{share}_s")) for share in (50, 90, 95)},
        "trip_mean_min": s_to_minutes(outcome.trip_mean_s),
        "readiness": judged.readiness,
    }
    timeline = outcome.timeline
    return _Made(row, timeline["time_s"].to_numpy(), timeline[list(BAND_COUNTS)].to_numpy(np.int64).T)


def _timeline(made: list[_Made]) -> pd.DataFrame:
    counts = np.stack([one.counts for one in made])  # (replicates, BAND_COUNTS, records)
    columns = {"time_s": made[0].time_s}
    for share, cut in zip(BAND, np.quantile(counts, BAND, axis=0, method="inverted_cdf"), strict=True):
        columns |= {f"{name}_p{100 * share:02.0f}": cut[k].astype(np.int64) for k, name in enumerate(BAND_COUNTS)}
    order = ["time_s", *(f"{name}_p{100 * share:02.0f}" for name in BAND_COUNTS for share in BAND)]
    return pd.DataFrame(columns)[order]
