"""How far a whole job is, by the stage that it tells of."""

from __future__ import annotations

# Stage -> where it begins and ends. Shares of the time of a drill of the sample city; they steer a bar, no more.
_DRILL = {
    "Reading the city": (0.0, 0.05),
    "Flooding the city": (0.05, 0.65),
    "Flooding the city again with the crews' pumps": (0.65, 0.75),
    "Planning shelters": (0.65, 0.68),
    "Moving people": (0.68, 0.72),
    "Summing up": (0.75, 0.78),
    "Running without each order": (0.78, 0.82),
    "Running replicates": (0.82, 0.88),
    "Writing the water": (0.88, 0.90),
    "Writing tables and warnings": (0.90, 0.92),
    "Writing the report": (0.92, 0.99),
}
_STUDY = {
    "Reading the city": (0.0, 0.05),
    "Flooding the city": (0.05, 0.65),
    "Judging shelters": (0.65, 0.70),
    "Weighing shelters": (0.70, 0.93),
    "Choosing sites": (0.70, 0.88),
    "Weighing candidates": (0.88, 0.93),
    "Writing the study": (0.93, 0.99),
    "Writing the page": (0.93, 0.99),
}
_FORECAST = {
    "Reading the city": (0.0, 0.10),
    "Water of now": (0.10, 0.30),
    "Water ahead": (0.30, 0.85),
    "Colours of areas": (0.85, 0.90),
    "Planning shelters": (0.90, 0.93),
    "Writing the forecast": (0.93, 0.99),
}
_STAGES = {"drill": _DRILL, "adequacy": _STUDY, "siting": _STUDY, "forecast": _FORECAST}
_SEALING = "Sealing the result"


def overall(kind: str, stage: str, fraction: float, before: float) -> float:
    """Share of the whole job that is done, 0 to 1; never less than `before`, 1 only when the result is in place."""
    if stage == _SEALING:
        return max(before, 0.99)
    begin, end = _STAGES.get(kind, {}).get(stage, (before, before))
    return max(before, begin + (end - begin) * min(max(fraction, 0.0), 1.0))
