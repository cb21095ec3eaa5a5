"""The books of a drill that is over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.command.circles import response_circles
from sim.command.event_log import header_of
from sim.command.given import count_by
from sim.command.record import DrillRecord
from sim.movement.outcome import MovementOutcome

if TYPE_CHECKING:
    from sim.command.incident import Incident


def record_of(incident: Incident, circles: pd.DataFrame | None = None) -> DrillRecord:
    """What a drill has left, with what was given live among its inputs. ValueError while it still runs.

    `circles`: those of these roads, people and teams, where they are known already; orders and draws change nothing.
    """
    if not incident.over:
        raise ValueError(f"the run is at {incident.env.now:g} s of {incident.setup.until_s:g} s")
    fleet = incident.fleet.record()
    not_reached, stayed = incident.people.left_at_home(incident.setup.until_s)
    outcome = incident.movement.outcome(
        *told_by_record(incident), not_reached=not_reached, stayed=stayed, worst_s=incident.setup.blocks.worst_s
    )
    time_s = np.array(incident.shelters.time_s)
    return DrillRecord(
        header=header_of(incident.inputs),
        log=tuple(incident.log.entries),
        outcome=_from_first_order(incident, outcome),
        orders=incident.given.orders(),
        warned=incident.given.warned(time_s),
        rescues=fleet.rescues,
        trips=fleet.trips,
        circles=response_circles(incident.setup) if circles is None else circles,
        pumps=fleet.pumps,
        site_time_s=time_s,
        site_queue=np.stack(incident.shelters.queue),
        site_open=np.stack(incident.shelters.opened),
    )


def _from_first_order(incident: Incident, outcome: MovementOutcome) -> MovementOutcome:
    """The outcome with its times counted from the first order to leave, which may have been given live."""
    first_s = float(np.min(incident.people.first_told_s, initial=np.inf))
    first_s = first_s if np.isfinite(first_s) else float("nan")
    times = {name: getattr(outcome, name) - first_s for name in ("t50_s", "t90_s", "t95_s")}
    return replace(outcome, first_order_s=first_s, **times)


def told_by_record(incident: Incident) -> tuple[np.ndarray, np.ndarray]:
    """Persons told to leave, and persons who have left without, by each record of the movement (int64)."""
    setup, people = incident.setup, incident.people
    steps = int(np.ceil(setup.until_s / setup.record_s))
    time_s = np.minimum(setup.record_s * np.arange(steps + 1), setup.until_s)
    ordered = count_by(people.first_told_s, people.persons, time_s)
    early = np.minimum(people.early_s, people.first_told_s)  # told before they left: not of their own accord
    unordered = count_by(early, people.persons, time_s) - ordered
    for leaves_s, persons in incident.mishaps.rumoured:
        unordered += count_by(leaves_s, persons, time_s)
    return ordered, unordered
