"""Rules to the terms of shelter doors."""

from __future__ import annotations

from data.rules_file import Rules
from data.units import minutes_to_s
from sim.movement.doors import DoorTerms


def door_terms(rules: Rules) -> DoorTerms:
    """Desks, seconds per person at a desk, and how long a shelter takes to open."""
    return DoorTerms(
        places_per_desk=rules.number("shelters.places_per_desk"),
        service_s=rules.number("shelters.check_in_s"),
        opening_s=minutes_to_s(rules.number("shelters.opening_min")),
    )
