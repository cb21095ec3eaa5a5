"""Rules of `movement.toml` to the terms of the movement engine."""

from __future__ import annotations

import numpy as np

from data.rules_file import Rules
from sim.movement.harm import willing_depth
from sim.movement.terms import Crowd, MovementTerms
from sim.stability_rules import willingness

_QUANTILES = 1000  # of the depth that drivers dare


def movement_terms(rules: Rules) -> MovementTerms:
    """How people and cars flow, and how deep drivers dare to go."""
    free, main, other = rules.numbers("movement.car_flow_per_h")
    quantiles = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    return MovementTerms(
        walk_speed_m_s=rules.number("evacuation.walk_speed_m_s"),
        group_speed=rules.numbers("movement.group_speed"),
        walk_width_m=rules.number("evacuation.walkway_width_m"),
        walk_flow_p_m_s=rules.number("evacuation.walkway_flow_p_m_s"),
        walk_room_p_m2=rules.number("movement.walk_room_p_m2"),
        crowd=Crowd(
            jam_p_m2=rules.number("movement.walk_jam_density_p_m2"),
            factor_p_m2=rules.number("movement.walk_density_factor"),
            fullest_p_m2=rules.number("movement.walk_fullest_p_m2"),
        ),
        car_flow_per_h=(free, main, other),
        car_spacing_m=rules.number("movement.car_spacing_m"),
        clearance_s=rules.number("movement.junction_clearance_s"),
        max_green_s=rules.number("movement.junction_max_green_s"),
        finish_s=rules.number("movement.finish_s"),
        route_change_share=rules.number("movement.route_change_share"),
        willing_m=tuple(willing_depth(quantiles, willingness(rules)).tolist()),
    )
