"""Expected deaths among people who stay in the water; moved to `hazards.mortality`."""

from __future__ import annotations

from hazards.mortality import MortalityParameters, PlaceWater, expected_casualties, mortality

__all__ = ["MortalityParameters", "PlaceWater", "expected_casualties", "mortality"]
