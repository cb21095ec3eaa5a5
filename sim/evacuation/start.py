"""The start of an evacuation: who refuses, when the others leave, the books opened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.departure import departures, drawn_refusals, refusals
from sim.evacuation.task import EvacuationInput
from sim.evacuation.units import Units, units_at_home
from sim.evacuation.walking import Books


@dataclass(frozen=True)
class Start:
    """Units at home and the books at time 0; people told to leave after the end of the run are left out."""

    units: Units
    books: Books
    ordered: np.ndarray  # persons told to leave so far, shape (records,)
    refused: np.ndarray  # persons who refused so far, shape (records,)
    refused_by_block: np.ndarray
    first_order_s: float
    complying: int


def get_ready(task: EvacuationInput, records: int) -> Start:
    """Draw refusals and departures (a generator each, children of the task's seed) and open the books."""
    rules, blocks, sites = task.rules, len(task.block_node), len(task.site_node)
    for_refusals, for_departures = (np.random.default_rng(s) for s in np.random.SeedSequence(task.seed).spawn(2))
    block = np.asarray(task.assigned_block, np.int64)
    order_s = np.asarray(task.order_time_s, np.float64)[block]
    told = order_s <= task.until_s
    block, order_s = block[told], order_s[told]
    site = np.asarray(task.assigned_site, np.int64)[told]
    persons = np.asarray(task.assigned_persons, np.int64)[told]

    share = rules.compliance if np.ndim(rules.compliance) == 0 else np.asarray(rules.compliance, float)[block]
    stay = drawn_refusals(persons, share, for_refusals) if rules.drawn_refusals else refusals(persons, share)
    go = persons - stay
    leave = departures(go, rules.curve, for_departures, bin_s=rules.departure_bin_s, max_group=rules.max_group)
    row = leave.row

    when = np.minimum(np.ceil(order_s / rules.record_s).astype(np.int64), records - 1)
    books = Books(
        home=count_people(when, go, records),
        moving=np.zeros(records, np.int64),
        sheltered=np.zeros(records, np.int64),
        stranded=np.zeros(records, np.int64),
        turned_away=np.zeros(records, np.int64),
        arrivals=np.zeros((records, sites), np.int64),
        admitted=np.zeros(sites, np.int64),
        reserved=count_people(site[site >= 0], go[site >= 0], sites),
        given_up=np.zeros(sites, np.int64),
        turned_at_door=np.zeros(sites, np.int64),
        interval_s=np.array([rules.record_s]),
    )
    return Start(
        units=units_at_home(block[row], site[row], leave.persons, order_s[row] + leave.delay_s),
        books=books,
        ordered=np.cumsum(count_people(when, persons, records)),
        refused=np.cumsum(count_people(when, stay, records)),
        refused_by_block=count_people(block, stay, blocks),
        first_order_s=float(order_s.min(initial=np.inf)),
        complying=int(go.sum()),
    )


def count_people(index: np.ndarray, persons: np.ndarray, size: int) -> np.ndarray:
    """Whole people per index (int64); the sums are exact below 2^53."""
    return np.bincount(index, weights=persons, minlength=size).astype(np.int64)
