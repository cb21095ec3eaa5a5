"""Rules to parameters: the only place where thresholds leave the rules file for the kernels' dataclasses."""

from __future__ import annotations

from data.rules_file import Rules
from data.schema import DRAINAGE_CLASSES
from data.units import hours_to_s, minutes_to_s
from hazards import HazardLimits, RainstormFormula, RiskWeights, ScoreWeights, Tracking
from hazards.drains.parameters import ExchangeParameters
from hazards.drains.points import InletDefaults
from hazards.mortality import MortalityParameters
from shelters.approach import ApproachRules
from shelters.inventory import StayRules, SupplyRules
from shelters.passability import WalkRules
from shelters.sites import FloodLimits, SpaceRules


def hazard_limits(rules: Rules) -> HazardLimits:
    """Limits of the classes H1-H6."""
    return HazardLimits(
        depth_speed_m2_s=rules.numbers("hazard.class_depth_speed_m2_s"),
        depth_m=rules.numbers("hazard.class_depth_m"),
        speed_m_s=rules.numbers("hazard.class_speed_m_s"),
        dry_depth_m=rules.number("hazard.wet_depth_m"),
    )


def rainstorm_formula(rules: Rules) -> RainstormFormula:
    """The Chengdu rainstorm formula with its guards."""
    return RainstormFormula(
        scale_mm_min=rules.number("rain.chengdu_a"),
        return_period_factor=rules.number("rain.chengdu_c"),
        offset_min=rules.number("rain.chengdu_b"),
        exponent=rules.number("rain.chengdu_n"),
        exponent_power=rules.number("rain.chengdu_m"),
        shortest_return_period_a=rules.number("rain.min_return_period_a"),
        longest_return_period_a=rules.number("rain.max_return_period_a"),
        longest_duration_s=minutes_to_s(rules.number("rain.max_duration_min")),
    )


def walk_rules(rules: Rules) -> WalkRules:
    """How people walk through water."""
    return WalkRules(
        dry_speed_m_s=rules.number("evacuation.walk_speed_m_s"),
        wading_depth_m=rules.number("evacuation.wading_from_depth_m"),
        wading_alpha=rules.number("evacuation.wading_alpha"),
        wading_beta=rules.number("evacuation.wading_beta"),
        closure_depth_m=rules.number("evacuation.walker_max_depth_m"),
        closure_depth_speed_m2_s=rules.number("evacuation.walker_max_depth_speed_m2_s"),
    )


def space_rules(rules: Rules) -> SpaceRules:
    """Space per person by stay."""
    stays = ("emergency", "temporary", "short", "medium", "long")
    space = {f"{stay}_m2": rules.number(f"shelters.m2_per_person_{stay}") for stay in stays}
    return SpaceRules(**space, unit_persons=int(rules.number("shelters.unit_persons")))  # type: ignore[arg-type]


def site_limits(rules: Rules) -> FloodLimits:
    """From which water on a shelter site closes it: the class of the rules and the depth limit of the class below."""
    hazard = int(rules.number("shelters.closed_from_class"))
    return FloodLimits(depth_m=rules.numbers("hazard.class_depth_m")[hazard - 2], hazard_class=hazard)


def risk_weights(rules: Rules) -> RiskWeights:
    """Weights of the person-risk formula."""
    return RiskWeights(
        hazard=rules.numbers("risk.hazard_weights"),
        persistence=rules.number("risk.persistence_weight"),
        over_65=rules.number("risk.vulnerability_65"),
        under_14=rules.number("risk.vulnerability_14"),
        disabled=rules.number("risk.vulnerability_disabled"),
        basement=rules.number("risk.vulnerability_basement"),
    )


def score_weights(rules: Rules) -> ScoreWeights:
    """Weights of the risk score."""
    return ScoreWeights(
        excess=rules.number("risk.excess_weight"),
        excess_cap=rules.number("risk.excess_cap"),
        gap=rules.number("risk.gap_weight"),
    )


def stay_rules(rules: Rules) -> StayRules:
    """Least effective area by stay."""
    return StayRules(
        **{f"{stay}_m2": rules.number(f"shelters.min_area_m2_{stay}") for stay in ("short", "medium", "long")}
    )


def supply_rules(rules: Rules) -> SupplyRules:
    """Water, toilets and kits that people in a shelter need."""
    names = ("water_l_per_person_day", "persons_per_toilet", "persons_per_kit")
    return SupplyRules(**{name: rules.number(f"shelters.{name}") for name in names})


def approach_rules(rules: Rules) -> ApproachRules:
    """When two roads to a site lead to it from different directions."""
    return ApproachRules(rules.number("shelters.approach_radius_m"), rules.number("shelters.approach_angle_deg"))


def mortality_parameters(rules: Rules) -> MortalityParameters:
    """Zones and curves of the mortality by depth."""
    names = ("breach_depth_speed_m2_s", "breach_speed_m_s", "rapid_depth_m", "rapid_mu", "rapid_sigma", "slow_mu")
    values = {name: rules.number(f"evacuation.mortality_{name}") for name in (*names, "slow_sigma")}
    rise_m_s = rules.number("evacuation.mortality_rapid_rise_m_h") / hours_to_s(1.0)
    return MortalityParameters(rapid_rise_m_s=rise_m_s, **values)


def tracking(rules: Rules) -> Tracking:
    """What the surface flow watches while it runs."""
    return Tracking(
        ponding_depth_m=rules.number("hazard.ponding_depth_m"),
        hazard_depth_speed_m2_s=rules.numbers("hazard.class_depth_speed_m2_s"),
        hazard_depth_m=rules.numbers("hazard.class_depth_m"),
        hazard_speed_m_s=rules.numbers("hazard.class_speed_m_s"),
        wet_depth_m=rules.number("hazard.wet_depth_m"),
    )


def drain_down_limit_s(rules: Rules) -> dict[str, float]:
    """Allowed seconds after the end of rain, by drainage class."""
    return {name: hours_to_s(rules.number(f"drainage.limit_h_{name}")) for name in DRAINAGE_CLASSES}


def drainage_mm_h(rules: Rules) -> dict[str, float]:
    """Equivalent drainage capacity by drainage class, for areas that state none."""
    return {name: rules.number(f"drainage.capacity_mm_h_{name}") for name in DRAINAGE_CLASSES}


def exchange_parameters(rules: Rules, step_s: float | None = None) -> ExchangeParameters:
    """Coefficients and window of the exchange between street and sewer; `step_s` overrides the window."""
    return ExchangeParameters(
        free_weir=rules.number("drainage.exchange_free_weir"),
        submerged_weir=rules.number("drainage.exchange_submerged_weir"),
        orifice=rules.number("drainage.exchange_orifice"),
        shaft_area_m2=rules.number("drainage.shaft_area_m2"),
        step_s=rules.number("drainage.exchange_step_s") if step_s is None else step_s,
    )


def inlet_defaults(rules: Rules) -> InletDefaults:
    """The inlets of a manhole for which a pack names none."""
    return InletDefaults(
        weir_length_m=rules.number("drainage.manhole_weir_length_m"),
        orifice_area_m2=rules.number("drainage.manhole_orifice_area_m2"),
        rim_above_street_m=rules.number("drainage.manhole_rim_above_street_m"),
    )


def pipe_capacity_share(rules: Rules) -> tuple[float, float, float, float]:
    """Share of the full flow that a pipe of condition grade 1 to 4 keeps."""
    one, two, three, four = rules.numbers("drainage.pipe_capacity_share")
    return one, two, three, four
