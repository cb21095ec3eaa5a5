"""Which thresholds of the rules led to a message: those of its evidence, its order and the message itself."""

from __future__ import annotations

from sim.result import Warning

_ALWAYS = ("warning.severity", "warning.urgency", "warning.certainty", "warning.expires_after_s")
_CLASSES = ("hazard.class_depth_speed_m2_s", "hazard.class_depth_m", "hazard.class_speed_m_s")
_EVIDENCE = {  # beginning of the name of a rule -> keys that it rests on
    "rain_": ("rain.signal_window_h", "rain.signal_sum_mm"),
    "people_h": ("warning.impact_class", "warning.impact_people", *_CLASSES),
    "people_told": ("warning.order_level", "evacuation.evacuate_from_class", *_CLASSES),
    "underpass_depth": ("warning.underpass_yellow_m", "warning.underpass_orange_m"),
    "street_depth": ("hazard.ponding_depth_m",),
}
_AHEAD = ("warning.forecast_lead_s",)  # of a drill
_FORECAST = ("forecast.horizon_s", "forecast.warn_probability", "forecast.level_people_factor")
_PLAN = ("evacuation.walk_speed_m_s", "evacuation.walker_max_depth_m", "evacuation.walker_max_depth_speed_m2_s")
_FORECAST_PLAN = ("forecast.plan_percentile",)


def rule_keys(warning: Warning) -> frozenset[str]:
    """Keys "file.name" of the rules that led to a warning; one set by hand rests on few of them."""
    keys = set(_ALWAYS)
    for evidence in warning.evidence:
        for name, behind in _EVIDENCE.items():
            if evidence.rule.startswith(name):
                keys.update(behind)
    by_forecast = warning.probability is not None
    if by_forecast or warning.evidence:
        keys.update(_FORECAST if by_forecast else _AHEAD)
    if warning.people_at_risk:
        keys.update(_CLASSES)
    if warning.leave_by_s is not None or warning.shelters:
        keys.update(_PLAN + (_FORECAST_PLAN if by_forecast else ()))
    return frozenset(keys)
