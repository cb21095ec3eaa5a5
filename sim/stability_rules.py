"""Rules to the parameters of people and cars in water: wading by group, driving, and what they can stand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.rules_file import Rules
from hazards.stability import BodyModel
from shelters.driving import DriveRules
from shelters.passability import WadingTable, WalkRules
from sim.movement.harm import HarmLimits, Willingness
from sim.movement.units import ELDER, GROUPS, IMPAIRED
from sim.rulebook import walk_rules


def wading_table(rules: Rules) -> WadingTable:
    """Wading by age."""
    return WadingTable(
        upper_age=rules.numbers("stability.wading_upper_age"),
        alpha=rules.numbers("stability.wading_alphas"),
        beta=rules.numbers("stability.wading_betas"),
        decline_per_year=rules.number("stability.wading_decline_per_year"),
    )


def group_walk_rules(rules: Rules, group_speed: Sequence[float]) -> tuple[WalkRules, ...]:
    """How each of GROUPS walks through water; `group_speed`: dry speed of each over that of adults.

    All close a road at the same limits, those of the weakest: units walk as households. Nobody measured impaired
    people in water: it slows them in the ratio in which it slows elders.
    """
    if len(group_speed) != len(GROUPS):
        raise ValueError(f"group_speed(={group_speed}) must hold {len(GROUPS)} numbers, one per group")
    common = walk_rules(rules)
    table = wading_table(rules)
    found = []
    for group, age in enumerate(rules.numbers("stability.group_age")):
        dry = common.dry_speed_m_s * group_speed[group]
        alpha, beta = table.at_age(age)
        if group == IMPAIRED:
            alpha *= group_speed[IMPAIRED] / group_speed[ELDER]
        found.append(
            WalkRules(dry, common.wading_depth_m, alpha, beta, common.closure_depth_m, common.closure_depth_speed_m2_s)
        )
    return tuple(found)


def drive_rules(rules: Rules) -> DriveRules:
    """How cars drive through water."""
    return DriveRules(
        quadratic_km_h_mm2=rules.number("evacuation.car_speed_quadratic"),
        linear_km_h_mm=rules.number("evacuation.car_speed_linear"),
        constant_km_h=rules.number("evacuation.car_speed_constant"),
        closure_depth_m=rules.number("evacuation.car_max_depth_m"),
        closure_depth_speed_m2_s=rules.number("evacuation.car_max_depth_speed_m2_s"),
    )


def body_model(rules: Rules) -> BodyModel:
    """When bodies slide and topple in flowing water."""
    names = ("volume", "sliding", "toppling")
    return BodyModel(*(value for name in names for value in rules.numbers(f"stability.body_{name}")))


def harm_limits(rules: Rules) -> HarmLimits:
    """What people of each group and cars can stand."""
    names = ("height_m", "mass_kg", "max_depth_m", "max_depth_speed_m2_s")
    height, mass, depth, product = (np.array(rules.numbers(f"stability.group_{name}")) for name in names)
    return HarmLimits(
        height,
        mass,
        depth,
        product,
        body_model(rules).table,
        rules.number("stability.car_stall_depth_m"),
        rules.number("stability.car_float_depth_speed_m2_s"),
    )


def willingness(rules: Rules) -> Willingness:
    """How deep drivers dare to go."""
    return Willingness(*(rules.number(f"stability.car_willing_{name}_m") for name in ("mean", "sd", "least", "most")))
