"""Which candidate sites to build so that most people have a dry place in reach, with the proof of how good the set is.

Existing sites and candidates are judged alike, by the storm; those used there are open or may be chosen. All residents
present at the scenario's time of day need a place within the cover distance, on the roads as the storm leaves them at
their worst.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from data.errors import InputError
from data.rules_file import Rules
from data.schema import City
from data.suggest import closest
from shelters.reach import ways_in_metres
from shelters.siting import Choice, SitingProblem, choose_sites, marginal_gains, pareto_front, siting_problem
from sim.area_sums import area_shapes
from sim.rulebook import space_rules
from sim.scenario import Scenario
from sim.site_use import SiteUse
from sim.siting_result import Siting, SitingProof, SitingQuestion
from sim.siting_tables import area_rows, candidate_rows, existing_rows, front_rows
from sim.study import Study

Progress = Callable[[str, float], None]

CNY_PER_UNIT = 10_000  # costs are given in 1e4 CNY and counted in whole CNY

_SET_SHARE = 0.85  # of the time limit for the set and its proof; the rest is for the front


@dataclass(frozen=True)
class PreparedSites:
    """Sites that are there, then the candidates; arrays and rows of `sites` go together."""

    sites: pd.DataFrame
    existing: int  # so many of them are there
    use: SiteUse
    cost: np.ndarray  # float64 (sites,), 1e4 CNY, estimated where a candidate states none; 0 for existing ones
    problem: SitingProblem

    @property
    def is_candidate(self) -> np.ndarray:
        return np.arange(len(self.sites)) >= self.existing


def find_sites(
    city: City,
    scenario: Scenario,
    rules: Rules,
    question: SitingQuestion,
    candidates: pd.DataFrame | None = None,
    *,
    threads: int = 2,
    workers: int | None = None,
    tell: Progress = lambda stage, fraction: None,
) -> Siting:
    """The best set of candidates (None: those of the city) under the scenario's storm.

    InputError where the city lacks people, roads or candidates, or the question asks for nothing that can be: no limit
    at all, no site, a budget below the cheapest candidate, an unknown area, a candidate twice. RunStopped where the
    flood stops itself.
    """
    asked = city.candidates if candidates is None else candidates
    for layer, empty in (
        ("candidates", asked is None or asked.empty),
        ("people", city.people is None or city.people.empty),
        ("roads", city.roads is None),
    ):
        if empty:
            raise InputError(f"the city has no {layer}", place=layer, expected=f"a pack with {layer} in its city.toml")
    assert asked is not None
    city = replace(city, candidates=asked.reset_index(drop=True))
    check_question(city, question, rules)
    study = Study.prepare(city, scenario, rules, [scenario.storm], workers=workers, tell=tell)
    return sites_of_study(study, question, threads=threads, tell=tell)


def sites_of_study(
    study: Study,
    question: SitingQuestion,
    *,
    storm: int = -1,
    threads: int = 2,
    tell: Progress = lambda stage, fraction: None,
) -> Siting:
    """The same for a study that is ready (its city has the candidates), under storm number `storm` of it."""
    begin = time.monotonic()
    check_question(study.city, question, study.rules)
    number = range(len(study.storms))[storm]
    stay = study.scenario.plan.stay
    prepared = prepare_sites(study, question, number)
    left = question.time_limit_s - (time.monotonic() - begin)
    found = choose_sites(
        prepared.problem, max(0.0, _SET_SHARE * left), threads=threads, tell=lambda done: tell("Choosing sites", done)
    )  # fmt: skip
    tell("Weighing candidates", 0.0)
    gains = marginal_gains(found.base, found.chosen)
    tell("Weighing candidates", 0.5)
    front = pareto_front(found.base, [found.chosen], begin + question.time_limit_s, threads)
    tell("Weighing candidates", 1.0)
    rows = candidate_rows(study, prepared.sites, prepared.is_candidate, prepared.use, prepared.cost, found, gains)
    return Siting(
        city=study.city,
        scenario=study.scenario,
        question=question,
        storm=study.storms[number].case,
        stay=stay,
        space_m2=space_rules(study.rules).m2_per_person(stay),
        proof=_proof(found),
        people=int(study.persons.sum()),
        served_before=found.base.served,
        candidates=rows,
        areas=area_rows(study, prepared.sites, prepared.is_candidate, prepared.use, found),
        shapes=area_shapes(study),
        existing=existing_rows(prepared.sites[~prepared.is_candidate], prepared.use),
        front=front_rows(front, prepared.sites["id"].astype(str).to_numpy(object), prepared.cost),
    )


def prepare_sites(study: Study, question: SitingQuestion, storm: int) -> PreparedSites:
    """Judge the sites, measure the ways and count the places: the problem in arrays."""
    city, stay = study.city, study.scenario.plan.stay
    assert city.candidates is not None
    # a candidate is judged as if it were built: the year from which it could open plays no part
    planned = city.candidates.assign(open_year=np.nan)
    there = planned.iloc[:0] if city.shelters is None else city.shelters
    sites = pd.concat([there, planned], ignore_index=True) if len(there) else planned.reset_index(drop=True)
    existing, places = len(there), study.places(sites)
    use = study.use(sites, storm, stay, places=places)
    is_candidate = np.arange(len(sites)) >= existing
    cost = np.where(is_candidate, _costs(sites, study.rules), 0.0)
    closed = np.isinf(study.roads[storm].length_m)
    block = site = metres = np.empty(0, np.int64)
    if use.used.any():
        pairs = ways_in_metres(
            study.graph, closed, study.blocks.node, study.blocks.access_m, places.node, places.access_m,
            question.cover_m,
        ).all_pairs(use.used)  # fmt: skip
        block, site, metres = pairs.block, pairs.site, np.rint(pairs.time_s).astype(np.int64)
    problem = siting_problem(
        study.persons, block, site, metres, use.usable_places, use.used & ~is_candidate, use.used & is_candidate,
        math.ceil(question.cover_m),
        count=question.count,
        cost=np.rint(cost * CNY_PER_UNIT).astype(np.int64),
        budget=None if question.budget is None else math.floor(question.budget * CNY_PER_UNIT + 1e-6),
        limits=tuple((_inside(study, sites, code), number) for code, number in question.area_limits),
    )  # fmt: skip
    return PreparedSites(sites, existing, use, cost, problem)


def check_question(city: City, question: SitingQuestion, rules: Rules) -> None:
    """Raise InputError where the question cannot be asked of this city."""
    assert city.candidates is not None
    candidates = city.candidates
    if question.count is None and question.budget is None:
        raise InputError("nothing limits the choice", place="question", expected="a count of sites, a budget or both")
    if question.count is not None and question.count < 1:
        raise InputError("no site to choose", place="count", value=question.count, expected="at least 1")
    for place, value, unit in (("cover_m", question.cover_m, "m"), ("time_limit_s", question.time_limit_s, "s")):
        if not (math.isfinite(value) and value > 0.0):
            raise InputError("not a usable number", place=place, value=value, expected=f"a number above 0, in {unit}")
    ids = candidates["id"].astype(str)
    for name in ids[ids.duplicated()].head(1):
        raise InputError("candidate listed twice", place="candidates", value=name, expected="one row for each id")
    known = [] if city.shelters is None else city.shelters["id"].astype(str).tolist()
    for name in ids[ids.isin(known)].head(1):
        raise InputError(
            "candidate has the id of a site that is there", place="candidates", value=name, expected="an id of its own"
        )
    if question.budget is not None:
        cheapest = float(_costs(candidates, rules).min())
        if not question.budget >= cheapest or not math.isfinite(question.budget):
            raise InputError(
                "the budget buys no candidate", place="budget", value=question.budget,
                expected=f"at least {cheapest:g}, the cheapest candidate (1e4 CNY)",
            )  # fmt: skip
    codes = [] if city.areas is None else city.areas["code"].astype(str).tolist()
    for code, most in question.area_limits:
        if code not in codes:
            expected = closest(code, codes) if codes else "no limit: the city has no areas"
            raise InputError("unknown area", place="area limit", value=code, expected=expected)
        if most < 0:
            raise InputError("not a limit", place=f"area limit of {code}", value=most, expected="a number >= 0")


def _costs(sites: pd.DataFrame, rules: Rules) -> np.ndarray:
    """1e4 CNY; by effective area where a site states none."""
    effective = sites["area_m2"].to_numpy(float) * sites["usable_share"].to_numpy(float)
    stated = sites["cost"].to_numpy(float) if "cost" in sites else np.full(len(sites), np.nan)
    return np.where(np.isnan(stated), effective * rules.number("shelters.site_cost_per_m2"), stated)


def _inside(study: Study, sites: pd.DataFrame, code: str) -> np.ndarray:
    """Whether each site lies in the area."""
    for level in study.levels:
        row = np.flatnonzero(level.map.areas["code"].astype(str) == code)
        if len(row):
            return study.area_of(sites, level) == row[0]
    return np.zeros(len(sites), bool)


def _proof(found: Choice) -> SitingProof:
    return SitingProof(
        objective=float(found.objective),
        bound=float(found.bound),
        gap=found.gap,
        served=found.filling.served,
        served_bound=float(found.served_bound),
        solver=found.solver,
        stopped=found.stopped,
        wall_s=found.wall_s,
        greedy_objective=float(found.greedy_objective),
        unserved_m=float(found.base.problem.unserved_m),
    )
