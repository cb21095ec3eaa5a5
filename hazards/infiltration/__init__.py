"""Water that goes into the ground: constant, Horton and Green-Ampt loss, chosen by land cover."""

from hazards.infiltration.green_ampt import GreenAmpt
from hazards.infiltration.horton import Horton
from hazards.infiltration.land_cover import ConstantLoss, GroundModel, LandCoverInfiltration, NoLoss

__all__ = ["ConstantLoss", "GreenAmpt", "GroundModel", "Horton", "LandCoverInfiltration", "NoLoss"]
