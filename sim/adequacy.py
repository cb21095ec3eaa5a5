"""`assess`: whether shelter area is there, dry, near and fair, and what a change to the sites does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from data.errors import InputError
from data.records import records
from data.rules_file import Rules
from data.schema import AID, City
from data.units import s_to_minutes
from shelters.aid import Districts, aid_rows
from shelters.allocation import Allocation, allocate
from shelters.practice import nearest_with_room
from sim.adequacy_areas import area_table
from sim.adequacy_places import block_rows, site_rows
from sim.adequacy_result import Adequacy, SiteChange
from sim.adequacy_stages import stage_rows
from sim.adequacy_trends import storm_curve, year_path
from sim.area_sums import area_shapes
from sim.exposure import whole_persons
from sim.rulebook import space_rules
from sim.scenario import Scenario, Storm
from sim.storm_view import StormView, unchanged
from sim.storm_water import storm_labels
from sim.study import Study
from sim.what_if import Changes, changed_sites, check_changes

Progress = Callable[[str, float], None]


def assess(
    city: City,
    scenario: Scenario,
    rules: Rules,
    *,
    storms: Sequence[Storm] = (),
    stay: str | None = None,
    target_m2: float | None = None,
    changes: Changes | None = None,
    workers: int | None = None,
    tell: Progress = lambda stage, fraction: None,
) -> Adequacy:
    """Adequacy of the city's shelters under each of the storms (none: a dry day alone), and under changes to them.

    `stay` sets the space per person and the distance (None: that of the scenario's plan), `target_m2` what areas are
    held against (None: from the rules). InputError where the city lacks people, roads or shelters, or a change does not
    fit; RunStopped where a flood stops itself.
    """
    check_city(city)
    check_anybody(city, scenario)
    assert city.shelters is not None
    if changes is not None:
        check_changes(city.shelters, changes)
    study = Study.prepare(city, scenario, rules, storms, workers=workers, tell=tell)
    found = assess_study(study, stay=stay, target_m2=target_m2, changes=changes, tell=tell)
    asked = list(dict.fromkeys(storms))
    studied = dict(zip(storm_labels(asked), asked, strict=True)).get(found.storm.label, scenario.storm)
    return replace(found, scenario=replace(scenario, storm=studied))  # the storm that was studied, not that of the file


def assess_study(
    study: Study,
    *,
    stay: str | None = None,
    target_m2: float | None = None,
    changes: Changes | None = None,
    tell: Progress = lambda stage, fraction: None,
) -> Adequacy:
    """The same for a study that is ready: floods are not run again."""
    sites = study.city.shelters
    assert sites is not None
    stay = stay or study.scenario.plan.stay
    target = study.rules.number("shelters.target_m2_per_person") if target_m2 is None else target_m2
    tell("Weighing shelters", 0.0)
    if not changes:
        return _weigh(study, sites, stay, target)
    before = _weigh(study, sites, stay, target)
    tell("Weighing shelters", 0.5)
    after, told = changed_sites(sites, changes)
    return replace(_weigh(study, after, stay, target, told), before=before)


def areas_after(study: Study, changes: Changes, *, stay: str | None = None, storm: int = -1) -> pd.DataFrame:
    """The quick answer to a what-if: the area table (schema ADEQUACY) after the changes, in seconds.

    Under storm number `storm` of the study; by default the wettest. The plan for people in danger is not made again:
    the columns about it (`at_risk_without_place`, `latest_departure_min`) are left out. Where plans tie, areas may
    share those without a place in another way than `assess_study` does; their sum is the same.
    """
    sites = study.city.shelters
    assert sites is not None
    stay = stay or study.scenario.plan.stay
    after, _ = changed_sites(sites, changes)
    number = range(len(study.storms))[storm]
    dry, wet = (
        StormView(study, after, 0, stay),
        StormView(study, after, number, stay, like=unchanged(study, number, stay)),
    )
    return area_table(dry, wet, study.rules.number("shelters.target_m2_per_person"), with_plan=False)


def check_city(city: City) -> None:
    """Raise InputError where the city lacks what adequacy is about."""
    for layer, empty in (
        ("people", city.people is None or city.people.empty),
        ("shelters", city.shelters is None or city.shelters.empty),
        ("roads", city.roads is None),
    ):
        if empty:
            raise InputError(f"the city has no {layer}", place=layer, expected=f"a pack with {layer} in its city.toml")


def check_anybody(city: City, scenario: Scenario) -> None:
    """Raise InputError where nobody is there at the scenario's time of day: no figure per person means anything."""
    if not whole_persons(city, scenario.time_of_day).any():
        raise InputError(
            f"nobody is in the city at {'day' if scenario.time_of_day == 'day' else 'night'}",
            place=f"people, population_{scenario.time_of_day}", value=0, expected="people in at least one block",
        )  # fmt: skip


def _weigh(
    study: Study, sites: pd.DataFrame, stay: str, target_m2: float, told: tuple[SiteChange, ...] = ()
) -> Adequacy:
    views = [StormView(study, sites, number, stay) for number in range(len(study.storms))]
    dry, storm = views[0], views[-1]
    areas = area_table(dry, storm, target_m2)
    return Adequacy(
        city=replace(study.city, shelters=sites),
        scenario=study.scenario,
        stay=stay,
        space_m2=space_rules(study.rules).m2_per_person(stay),
        target_m2=target_m2,
        reach_m=dry.reach_m,
        storms=tuple(view.water.case for view in views),
        areas=areas,
        shapes=area_shapes(study),
        sites=site_rows(storm),
        blocks=block_rows(dry, storm),
        curve=storm_curve(views, target_m2, {len(views) - 1: areas}),
        years=year_path(study, sites, dry.use.effective_m2),
        aid=_aid(study, storm),
        practice=_practice(storm),
        proof=_proof(storm.everyone),
        stages=stage_rows(storm),
        changes=told,
    )


def _aid(study: Study, storm: StormView) -> pd.DataFrame:
    """People of one district with places in another, most first; columns of schema AID."""
    level = next((one for one in study.levels if one.map.level == "district"), None)
    if level is None or level.map.areas.empty:
        return pd.DataFrame(columns=list(AID.names))
    named = dict(enumerate(records(level.map.areas)))
    nowhere = {"code": "", "name": "", "name_en": ""}
    of_site = study.area_of(storm.sites, level)
    rows = []
    for row in aid_rows(storm.everyone, Districts(level.block.astype(np.int64), of_site.astype(np.int64))):
        if row.home == row.host:
            continue
        home, host = named.get(row.home, nowhere), named.get(row.host, nowhere)
        rows.append(
            {f"from_{key}": str(home[key]) for key in nowhere}
            | {f"to_{key}": str(host[key]) for key in nowhere}
            | {"persons": row.persons, "mean_min": round(float(s_to_minutes(row.mean_s)), 2)}
        )
    table = pd.DataFrame(rows, columns=list(AID.names))
    return table.sort_values(["persons", "from_code", "to_code"], ascending=[False, True, True], ignore_index=True)


def _practice(storm: StormView) -> dict[str, dict[str, float]]:
    """The plan for everyone: ours, the fair one, and the field's practice (each to the nearest with room)."""
    study = storm.study
    plans = {
        "ours": storm.everyone,
        "fair": allocate(study.persons, storm.travel, storm.room, choice="fair"),
        "nearest_with_room": nearest_with_room(study.persons, storm.travel, storm.room),
    }
    return {name: _figures(plan) for name, plan in plans.items()}


def _figures(plan: Allocation) -> dict[str, float]:
    nobody = plan.assigned == 0
    return {
        "served": plan.assigned,
        "without_place": int(plan.unserved.sum()),
        "walk_person_min": round(float(s_to_minutes(plan.walk_person_s)), 1),
        "mean_min": 0.0 if nobody else round(float(s_to_minutes(plan.mean_s)), 2),
        "worst_min": 0.0 if nobody else round(float(s_to_minutes(plan.worst_s)), 2),
    }


def _proof(plan: Allocation) -> dict[str, Any]:
    return {"certified": plan.certified, "gap": plan.gap, "rounds": plan.rounds}
