"""The evacuation of a drill: the plan walked on the roads as they flood, and what the water does to those who stay."""

from __future__ import annotations

import numpy as np

from data.rules_file import Rules
from data.schema import City
from sim.evacuation import (
    EvacuationInput,
    EvacuationOutcome,
    EvacuationRules,
    PlaceWater,
    evacuate,
    expected_casualties,
)
from sim.flood_run import FloodRun
from sim.flooding import FloodedCity
from sim.plan import ShelterPlan
from sim.plan_terms import departure_curve
from sim.rulebook import mortality_parameters
from sim.scenario import Scenario
from sim.site_stock import SiteStock
from sim.streets import Streets


def run_evacuation(
    scenario: Scenario,
    streets: Streets,
    stock: SiteStock,
    plan: ShelterPlan,
    time_s: np.ndarray,
    until_s: float,
    rules: Rules,
) -> EvacuationOutcome:
    """People told to leave walk to the sites of the plan; those without a place look for one when they set out.

    Sites refuse nobody because the plan left them out: what counts at the door is their capacity and their water.
    """
    behaviour = scenario.evacuation
    compliance = behaviour.compliance_share
    given = plan.allocation
    left = np.flatnonzero(given.unserved)
    return evacuate(
        EvacuationInput(
            graph=streets.graph,
            epoch_s=time_s,
            edge_walk_time_s=streets.walk_time_s,
            block_node=streets.block_node,
            block_access_s=streets.block_access_s,
            order_time_s=plan.order_s,
            site_node=streets.site_node,
            site_access_s=streets.site_access_s,
            site_capacity=stock.capacity,
            site_closed_at_s=stock.closed_at_s,
            assigned_block=np.concatenate([given.block, left]),
            assigned_site=np.concatenate([given.site, np.full(len(left), -1)]),
            assigned_persons=np.concatenate([given.persons, given.unserved[left]]),
            rules=EvacuationRules(
                curve=departure_curve(scenario, rules),
                compliance=rules.number("evacuation.compliance_share") if compliance is None else compliance,
            ),
            until_s=until_s,
            seed=scenario.seed,
        )
    )


def expected_deaths(
    city: City,
    flooded: FloodedCity,
    stock: SiteStock | None,
    plan: ShelterPlan,
    outcome: EvacuationOutcome | None,
    at_risk: np.ndarray,
    from_class: int,
    rules: Rules,
) -> float:
    """Expected deaths among people who stayed in danger: refused or not yet gone at home, stranded on the way.

    Those at home stand in the mean water of their block's dangerous cells, the stranded in that of their crossing,
    people in a shelter that the water enters in the worst around it. Of a block told to leave as a whole, only the
    share of people `at_risk` (persons per block) stands in danger.
    """
    run, exposure = flooded.run, flooded.exposure
    maxima = (run.maxima.max_depth, run.maxima.max_depth_speed, run.maxima.max_speed, _rise_rate(run))
    danger = exposure.seen(run.maxima.max_hazard) >= from_class
    block = exposure.block[danger]
    count = np.bincount(block, minlength=len(plan.demand))
    at_home = np.flatnonzero((count > 0) & (plan.demand > 0))
    means = [
        np.bincount(block, exposure.seen(layer)[danger], minlength=len(count))[at_home] / count[at_home]
        for layer in maxima
    ]
    left = plan.demand if outcome is None else outcome.refused_by_block + outcome.home_by_block
    stay = np.minimum(left, plan.demand)[at_home]
    share = np.minimum(at_risk[at_home] / plan.demand[at_home], 1.0)
    parameters = mortality_parameters(rules)
    deaths = expected_casualties(stay * share, PlaceWater(*means), parameters)
    if outcome is None or stock is None or city.roads is None:
        return deaths
    sites = flooded.watch.points.site_cells
    water = PlaceWater(*(sites.worst(np.nan_to_num(layer).reshape(-1)) for layer in maxima))
    deaths += expected_casualties(inside_flooded(stock, outcome), water, parameters)
    nodes = city.roads.nodes.iloc[outcome.stuck["node"].to_numpy(int)]
    rows, cols = city.grid.cell_of(nodes["x_m"].to_numpy(float), nodes["y_m"].to_numpy(float))
    inside = rows >= 0
    water = PlaceWater(*(layer[rows[inside], cols[inside]] for layer in maxima))
    return deaths + expected_casualties(outcome.stuck["stranded"].to_numpy(int)[inside], water, parameters)


def inside_flooded(stock: SiteStock, outcome: EvacuationOutcome) -> np.ndarray:
    """People inside each site whose own ground the water reaches; nobody leaves a shelter again, int64 (sites,)."""
    return np.where(np.isfinite(stock.wet_at_s), outcome.peak, 0).astype(np.int64)


def _rise_rate(run: FloodRun) -> np.ndarray:
    """Fastest rise of the water between two kept frames, m/s (rows, cols)."""
    fastest = np.zeros(run.bed.shape)
    for k in range(1, len(run.time_s)):
        rise = (run.depth[k] - run.depth[k - 1]) / (run.time_s[k] - run.time_s[k - 1])
        np.fmax(fastest, rise, out=fastest)
    return fastest
