"""Pumps that crews bring to an underpass during a drill: they take water from the moment they arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.errors import InputError
from data.records import records
from data.schema import City
from data.suggest import closest
from hazards.structures import PumpStation, Structure
from sim.ground import Ground

_OFF_SHARE = 0.5  # stops at this share of the depth at which it starts; derived
_ON_DEPTH_M = 0.05  # as a pack's own pumps by default


@dataclass(frozen=True)
class PumpCrew:
    """One crew at work; the water it lifts leaves the model."""

    id: str
    underpass: str  # id
    rate_m3_s: float
    from_s: float  # when it starts to pump


def crew_pumps(city: City, ground: Ground, crews: Sequence[PumpCrew]) -> list[Structure]:
    """The pumps of the crews as structures. Raises InputError for an underpass that the city does not have."""
    known = [] if city.underpasses is None else city.underpasses["id"].astype(str).tolist()
    street = ground.street.reshape(-1)
    found: list[Structure] = []
    for crew in crews:
        if crew.underpass not in known:
            expected = closest(crew.underpass, known) if known else "nothing: the city has no underpasses"
            raise InputError("no such underpass in the city", place=crew.id, value=crew.underpass, expected=expected)
        cells = ground.underpass_cells[known.index(crew.underpass)]
        cells = cells[street[cells]]
        if len(cells) and crew.rate_m3_s > 0.0:
            found.append(
                PumpStation(
                    f"crew {crew.id}",
                    np.asarray(cells),
                    crew.rate_m3_s,
                    on_depth_m=_ON_DEPTH_M,
                    off_depth_m=_OFF_SHARE * _ON_DEPTH_M,
                    outages=[(0.0, crew.from_s)] if crew.from_s > 0.0 else [],
                )
            )
    return found


def crews_at_work(pumps: pd.DataFrame) -> tuple[PumpCrew, ...]:
    """The crews of a drill's record (`DrillRecord.pumps`) that have arrived, by the time at which they begin."""
    there = pumps[pumps["arrived_s"].notna()]
    crews = [
        PumpCrew(str(row["team"]), str(row["underpass"]), float(row["pump_m3_s"]), float(row["arrived_s"]))
        for row in records(there)
    ]
    return tuple(sorted(crews, key=lambda crew: (crew.from_s, crew.id, crew.underpass)))
