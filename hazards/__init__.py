"""What water does: rain, the ground, surface flow, hazard to people, waterlogging, risk, warning rules."""

from hazards.danger import HazardLimits, hazard_class, hazard_class_map
from hazards.design_storm import RainstormFormula, chicago_storm, mean_intensity, storm_depth
from hazards.hysteresis import Hysteresis, LevelState, Transition, apply_hysteresis, level_at, take
from hazards.impact_rules import ImpactRules, PeopleRule, UnderpassRule, impact_series
from hazards.person_risk import (
    RiskWeights,
    exposed_people,
    hazard_score,
    person_risk,
    risk_index,
    sum_by_area,
    vulnerability,
)
from hazards.rain import RainForcing
from hazards.rain_signals import RainSignal, rain_signal_series, signals_by_area
from hazards.rain_zones import InverseDistance, common_intervals, gauge_rain, gridded_rain, uniform_rain
from hazards.risk_score import ScoreWeights, risk_score, waterlogging_excess
from hazards.surface.book import FlowMaxima, WaterBook
from hazards.surface.boundaries import EdgeConditions, Inflow, StageBoundary, StageSeries
from hazards.surface.faces import barrier_crests, raise_buildings
from hazards.surface.flow import SurfaceFlow
from hazards.surface.losses import ConstantInfiltration, Infiltration
from hazards.surface.parameters import FlowParameters, Tracking
from hazards.warning_rules import Cause, Rule, RuleSeries
from hazards.waterlogging import DrainDown, deepest_water, drain_down, ponded_area

__all__ = [
    "Cause",
    "ConstantInfiltration",
    "DrainDown",
    "EdgeConditions",
    "FlowMaxima",
    "FlowParameters",
    "HazardLimits",
    "Hysteresis",
    "ImpactRules",
    "Infiltration",
    "Inflow",
    "InverseDistance",
    "LevelState",
    "PeopleRule",
    "RainForcing",
    "RainSignal",
    "RainstormFormula",
    "RiskWeights",
    "Rule",
    "RuleSeries",
    "ScoreWeights",
    "StageBoundary",
    "StageSeries",
    "SurfaceFlow",
    "Tracking",
    "Transition",
    "UnderpassRule",
    "WaterBook",
    "apply_hysteresis",
    "barrier_crests",
    "chicago_storm",
    "common_intervals",
    "deepest_water",
    "drain_down",
    "exposed_people",
    "gauge_rain",
    "gridded_rain",
    "hazard_class",
    "hazard_class_map",
    "hazard_score",
    "impact_series",
    "level_at",
    "mean_intensity",
    "person_risk",
    "ponded_area",
    "rain_signal_series",
    "raise_buildings",
    "risk_index",
    "risk_score",
    "signals_by_area",
    "storm_depth",
    "sum_by_area",
    "take",
    "uniform_rain",
    "vulnerability",
    "waterlogging_excess",
]
