"""Water that goes into the ground: constant, Horton and Green-Ampt loss by land cover, and what sponges keep."""

from hazards.infiltration.green_ampt import GreenAmpt
from hazards.infiltration.horton import Horton
from hazards.infiltration.land_cover import ConstantLoss, GroundModel, LandCoverInfiltration, NoLoss
from hazards.infiltration.retention import Retention

__all__ = ["ConstantLoss", "GreenAmpt", "GroundModel", "Horton", "LandCoverInfiltration", "NoLoss", "Retention"]
