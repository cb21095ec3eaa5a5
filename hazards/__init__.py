"""What water does: rain, the ground, surface flow, hazard to people, waterlogging, risk, warning rules."""

from hazards.danger import HazardLimits, hazard_class, hazard_class_map
from hazards.design_storm import RainstormFormula, chicago_storm, mean_intensity, storm_depth
from hazards.rain import RainForcing
from hazards.rain_zones import InverseDistance, common_intervals, gauge_rain, gridded_rain, uniform_rain

__all__ = [
    "HazardLimits",
    "InverseDistance",
    "RainForcing",
    "RainstormFormula",
    "chicago_storm",
    "common_intervals",
    "gauge_rain",
    "gridded_rain",
    "hazard_class",
    "hazard_class_map",
    "mean_intensity",
    "storm_depth",
    "uniform_rain",
]
