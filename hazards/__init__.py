"""What water does: rain, the ground, surface flow, hazard to people, waterlogging, risk, warning rules."""

from hazards.danger import HazardLimits, hazard_class, hazard_class_map
from hazards.design_storm import RainstormFormula, chicago_storm, mean_intensity, storm_depth
from hazards.rain import RainForcing
from hazards.rain_zones import InverseDistance, common_intervals, gauge_rain, gridded_rain, uniform_rain
from hazards.surface.book import FlowMaxima, WaterBook
from hazards.surface.boundaries import EdgeConditions, Inflow, StageBoundary, StageSeries
from hazards.surface.faces import barrier_crests, raise_buildings
from hazards.surface.flow import SurfaceFlow
from hazards.surface.losses import ConstantInfiltration, Infiltration
from hazards.surface.parameters import FlowParameters, Tracking

__all__ = [
    "ConstantInfiltration",
    "EdgeConditions",
    "FlowMaxima",
    "FlowParameters",
    "HazardLimits",
    "Infiltration",
    "Inflow",
    "InverseDistance",
    "RainForcing",
    "RainstormFormula",
    "StageBoundary",
    "StageSeries",
    "SurfaceFlow",
    "Tracking",
    "WaterBook",
    "barrier_crests",
    "chicago_storm",
    "common_intervals",
    "gauge_rain",
    "gridded_rain",
    "hazard_class",
    "hazard_class_map",
    "mean_intensity",
    "raise_buildings",
    "storm_depth",
    "uniform_rain",
]
