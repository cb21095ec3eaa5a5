"""People on foot from their homes to their shelters, on roads that flood."""

from sim.evacuation.casualties import MortalityParameters, PlaceWater, expected_casualties, mortality
from sim.evacuation.outcome import EvacuationOutcome
from sim.evacuation.run import evacuate
from sim.evacuation.task import EvacuationInput, EvacuationRules

__all__ = [
    "EvacuationInput",
    "EvacuationOutcome",
    "EvacuationRules",
    "MortalityParameters",
    "PlaceWater",
    "evacuate",
    "expected_casualties",
    "mortality",
]
