"""What each order of a drill was worth: the same drill run again without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd

from sim.casualties import DeadlyWater
from sim.command.record import DrillRecord
from sim.command.setup import DrillSetup
from sim.drill_jobs import run_variants

MOST_ORDERS = 40  # of more only the first are judged: each takes a run of its own
COLUMNS = ("id", "worth_arrived", "worth_stranded", "worth_deaths")


def orders_worth(
    setup: DrillSetup,
    record: DrillRecord,
    deadly: DeadlyWater,
    *,
    ids: Sequence[str] | None = None,
    workers: int | None = None,
    tell: Callable[[float], None] = lambda fraction: None,
) -> pd.DataFrame:
    """One row per order, COLUMNS: what the drill with it has more of people in a shelter, fewer of people stranded
    and of expected deaths than the drill without it.

    Worths do not add up: two orders may save the same people. `ids`: only these orders; None: the first MOST_ORDERS.
    No row for an order whose pump crew has arrived: its pump is part of the water that every run has.
    """
    pumped = set(record.pumps.loc[record.pumps["arrived_s"].notna(), "underpass"].astype(str))
    in_water = {one.order.id for one in setup.orders if one.order.kind == "pump" and pumped & set(one.order.targets)}
    asked = [given.order.id for given in setup.orders][:MOST_ORDERS] if ids is None else list(ids)
    asked = [name for name in asked if name not in in_water]
    changes = [{"orders": tuple(given for given in setup.orders if given.order.id != name)} for name in asked]
    found = run_variants(partial(_figures, deadly), setup, changes, workers=workers, tell=tell)
    arrived, stranded, deaths = _figures(deadly, setup, record)
    rows = [
        (name, int(arrived - one[0]), int(one[1] - stranded), one[2] - deaths)
        for name, one in zip(asked, found, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _figures(deadly: DeadlyWater, setup: DrillSetup, record: DrillRecord) -> tuple[int, int, float]:
    outcome = record.outcome
    return outcome.final("sheltered"), outcome.final("stranded"), deadly.deaths(outcome)
