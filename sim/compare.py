"""What measures bring: the flood of a city before and after, area by area, and each measure alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from data.errors import InputError, RunStopped
from data.rules_file import Rules
from data.schema import COMPARE, COMPARED, RANKING, City
from sim.flood_jobs import FloodOutcome, run_floods
from sim.measures import Measure
from sim.pipe_screen import damaged_pipes, pipes_worth_repairing
from sim.scenario import Scenario

Progress = Callable[[str, float], None]

_H3_UP = ("people_h3", "people_h4", "people_h5", "people_h6")


@dataclass(frozen=True, eq=False)
class Comparison:
    """A flood before and after, and what was ranked."""

    city: City
    base: Scenario
    other: Scenario
    before: FloodOutcome
    after: FloodOutcome
    areas: pd.DataFrame  # schema COMPARE
    ranking: pd.DataFrame  # schema RANKING; empty where nothing was ranked
    pipes: pd.DataFrame  # schema RANKING; pipes repaired one by one, empty where not asked for
    screened: int  # pipes looked at to find them

    @property
    def added(self) -> tuple[Measure, ...]:
        """Measures that the base lacks."""
        return added_measures(self.base, self.other)

    def change(self, name: str) -> float:
        """After minus before of a total."""
        return self.after.totals[name] - self.before.totals[name]


def compare(
    city: City,
    base: Scenario,
    other: Scenario,
    rules: Rules,
    *,
    each: bool = False,
    pipes: int = 0,
    workers: int | None = None,
    tell: Progress = lambda stage, fraction: None,
) -> Comparison:
    """Flood the city under both scenarios; with `each`, under every added measure alone as well.

    A measure alone is judged against the other scenario without any added measure: that is the base, unless the two
    differ in more (a failure, another storm). `pipes` > 0 screens the network of the base for as many pipes worth
    repairing and repairs them one by one in the base. RunStopped where the flood before or after stops itself; a
    measure whose flood does is ranked last and says so.
    """
    added = added_measures(base, other)
    if each and not added:
        raise InputError("no measure to try alone", place="--each", expected="[[measure]] tables beside those of BASE")
    if pipes:
        damaged_pipes(city, rules)  # refused now, not after the floods
    without = replace(other, measure=base.measure)
    alone = [replace(without, measure=(*without.measure, measure)) for measure in added] if each else []
    if len(alone) == 1:
        alone = []  # it is `other` itself
    own_reference = each and without != replace(base, name=without.name)
    scenarios = [base, other, *([without] if own_reference else []), *alone]
    floods = run_floods(
        city, scenarios, rules, workers=workers, tell=lambda done: tell(f"Flooding {len(scenarios)} times", done)
    )
    before, after = _finished(floods[0], "before"), _finished(floods[1], "after")
    ranking = pd.DataFrame(columns=list(RANKING.names))
    if each:
        reference = _finished(floods[2], "without measures") if own_reference else before
        ranking = rank(reference, added, floods[len(floods) - len(alone) :] if alone else [after])
    repaired, screened = pd.DataFrame(columns=list(RANKING.names)), 0
    if pipes:
        found = pipes_worth_repairing(city, before, rules, pipes)
        screened = found.screened
        repairs = [replace(base, measure=(*base.measure, repair)) for repair in found.repairs]
        told = f"Repairing {len(repairs)} pipes one by one"
        outcomes = run_floods(city, repairs, rules, workers=workers, tell=lambda done: tell(told, done))
        repaired = rank(before, found.repairs, outcomes)
    return Comparison(
        city, base, other, before, after, compared_areas(before.areas, after.areas), ranking, repaired, screened
    )


def added_measures(base: Scenario, other: Scenario) -> tuple[Measure, ...]:
    """Measures of the other scenario that the base lacks."""
    return tuple(measure for measure in other.measure if measure not in base.measure)


def compared_areas(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Areas of two runs (AREAS_RESULT) side by side, schema COMPARE; they must be the same areas in the same order."""
    if before["code"].tolist() != after["code"].tolist():
        raise ValueError("the two runs have other areas")
    table = before[["code", "name", "name_en", "level", "drainage_class"]].copy()
    for frame, side in ((before, "before"), (after, "after")):
        frame = frame.assign(people_h3_up=frame[list(_H3_UP)].sum(axis=1))
        for name in COMPARED:
            table[f"{name}_{side}"] = frame[name]
    return table[list(COMPARE.names)].reset_index(drop=True)


def rank(
    reference: FloodOutcome, measures: Sequence[Measure], outcomes: Sequence[FloodOutcome | RunStopped]
) -> pd.DataFrame:
    """What each measure alone removes, schema RANKING.

    By risk removed per cost, the most first; measures without a cost come after those with one, by the risk they
    remove; those whose flood stopped itself come last.
    """
    rows = [_ranked(reference, measure, outcome) for measure, outcome in zip(measures, outcomes, strict=True)]
    table = pd.DataFrame(rows, columns=[name for name in RANKING.names if name != "rank"])
    order = np.lexsort(
        (
            -table["person_risk_removed"].fillna(-np.inf).to_numpy(float),
            -table["risk_per_cost"].fillna(-np.inf).to_numpy(float),
            table["risk_per_cost"].isna().to_numpy(),
            (table["stopped"] != "").to_numpy(),
        )
    )
    table = table.iloc[order].reset_index(drop=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table


def _ranked(reference: FloodOutcome, measure: Measure, outcome: FloodOutcome | RunStopped) -> dict[str, object]:
    row: dict[str, object] = {
        "id": measure.id,
        "name": measure.name,
        "name_en": measure.name_en,
        "kind": measure.kind,
        "cost": math.nan if measure.cost is None else measure.cost,
    }
    if isinstance(outcome, RunStopped):
        gone = dict.fromkeys(("person_risk_removed", "risk_per_cost", "ponded_ha_h_removed"), math.nan)
        whole = dict.fromkeys(("people_h3_up_removed", "drained_gained", "no_sea_gained"), 0)
        return row | gone | whole | {"stopped": str(outcome)}
    less = {name: round(reference.totals[name] - outcome.totals[name], 3) for name in reference.totals}
    return row | {
        "person_risk_removed": less["person_risk"],
        "risk_per_cost": less["person_risk"] / measure.cost if measure.cost else math.nan,
        "people_h3_up_removed": int(less["people_h3_up"]),
        "ponded_ha_h_removed": less["ponded_ha_h"],
        "drained_gained": -int(less["drained"]),
        "no_sea_gained": -int(less["no_sea"]),
        "stopped": "",
    }


def _finished(outcome: FloodOutcome | RunStopped, which: str) -> FloodOutcome:
    if isinstance(outcome, RunStopped):
        raise RunStopped(f"flood {which}: {outcome.message}", time_s=outcome.time_s, place=outcome.place)
    return outcome
