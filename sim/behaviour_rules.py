"""Rules and scenario to the parameters of what people do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.errors import InputError
from data.rules_file import Rules
from data.units import minutes_to_s
from sim.behaviour.channels import CHANNELS, Channel
from sim.behaviour.contagion import Bass
from sim.behaviour.decisions import Behaviour
from sim.behaviour.people import PeopleShares
from sim.departure import Rayleigh, Weibull
from sim.scenario import Evacuation, Scenario


def behaviour(scenario: Scenario, rules: Rules) -> Behaviour:
    """How people hear of an order and when they leave, at the scenario's time of day."""
    lists = ("coverage_" + scenario.time_of_day, "dispatch_s", "scale_s", "shape", "needs_power")
    values = zip(CHANNELS, *(rules.numbers(f"behaviour.channel_{name}") for name in lists), strict=True)
    return Behaviour(
        channels=tuple(
            Channel(name, coverage, dispatch_s, Weibull(scale_s, shape), needs_power > 0.0)
            for name, coverage, dispatch_s, scale_s, shape, needs_power in values
        ),
        preparation=preparation_curve(scenario.evacuation, rules),
        contagion_per_s=rules.number("behaviour.contagion_per_s"),
        communication_s=rules.number("behaviour.communication_delay_s"),
        issuance_s=rules.number("behaviour.issuance_delay_s"),
    )


def preparation_curve(evacuation: Evacuation, rules: Rules) -> Rayleigh:
    """How long after hearing of an order people leave home."""
    sigma_min = evacuation.departure_sigma_min
    return Rayleigh(rules.number("behaviour.preparation_sigma_s") if sigma_min is None else minutes_to_s(sigma_min))


def rumour_curve(rules: Rules) -> Bass:
    """How a rumour spreads among those who will believe it."""
    return Bass(rules.number("behaviour.rumour_start_per_s"), rules.number("behaviour.contagion_per_s"))


def people_shares(scenario: Scenario, people: pd.DataFrame, rules: Rules, *, ambulances: bool) -> PeopleShares:
    """Who the people of each block (schema PEOPLE) are and how they travel.

    In hospital beds everybody leaves with an ambulance, and of the disabled a share. Without `ambulances` in the city
    nobody is counted on them: the impaired walk or ride as the others do, slowly. A share by car or bus that the
    scenario leaves open is that of the rules, as far as the other leaves room. InputError where both are too much.
    """
    asked = scenario.evacuation
    hospital, disabled = (people[f"share_{name}"].to_numpy(float) for name in ("hospital", "disabled"))
    impaired = np.minimum(hospital + disabled, 1.0)
    carried = np.minimum(hospital + rules.number("behaviour.assisted_share") * disabled, impaired)
    assisted = np.divide(carried, impaired, out=np.zeros(len(people)), where=impaired > 0.0)
    car, bus = _ways_to_travel(scenario, rules)
    everywhere = np.ones(len(people))
    return PeopleShares(
        elder=people["share_65"].to_numpy(float),
        child=people["share_14"].to_numpy(float),
        impaired=impaired,
        assisted=assisted if ambulances else 0.0 * everywhere,
        car=car * everywhere,
        bus=bus * everywhere,
        compliance=_given(asked.compliance_share, "evacuation.compliance_share", rules) * everywhere,
        shadow=_given(asked.shadow_share, "behaviour.shadow_share", rules) * everywhere,
        informed=_given(asked.informed_share, "behaviour.informed_share", rules),
    )


def _ways_to_travel(scenario: Scenario, rules: Rules) -> tuple[float, float]:
    car, bus = scenario.evacuation.car_share, scenario.evacuation.bus_share
    if car is not None and bus is not None and car + bus > 1.0 + 1e-9:
        raise InputError(
            "more people by car and bus than there are", file=scenario.file, place="[evacuation] car_share, bus_share",
            value=f"{car:g} + {bus:g}", expected="no more than 1 together",
        )  # fmt: skip
    if bus is None:
        bus = min(rules.number("behaviour.bus_share"), 1.0 - (car or 0.0))
    if car is None:
        car = min(rules.number("behaviour.car_share"), 1.0 - bus)
    return car, bus


def _given(value: float | None, key: str, rules: Rules) -> float:
    return rules.number(key) if value is None else value
