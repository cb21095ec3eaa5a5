"""Bodies of requests for long work. What a scenario may hold is for its reader to say; here stands its shape."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from api.http.bodies import Body

Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Stay = Literal["emergency", "temporary", "short", "medium", "long"]
Cell = str | bool | float
Scenario = Annotated[
    dict[str, Any],
    Field(
        description="The scenario file of a drill as JSON (docs/jobs.md): the city by a registered name or a sample "
        "size, rain as a design storm, a registered name or rows of [time_s, mm/h]; no file paths"
    ),
]
_STORM = {"return_period_a": 50, "duration_min": 120}
_SITE = {"id": "N1", "name": "新馆", "lon": 104.06, "lat": 30.65, "site_type": "building", "area_m2": 9000}


def _example(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": list(examples)})


class DrillBody(Body):
    """A drill: from the rain to the after-action review."""

    model_config = _example(
        {"scenario": {"city": {"sample": "small"}, "seed": 7, "storm": _STORM, "drill": {"replicates": 20}}}
    )

    scenario: Scenario = Field(default_factory=dict)


class ForecastBody(Body):
    """One early-warning cycle: part of the rain has fallen, the rest is ahead. Nothing of it is published."""

    model_config = _example({"scenario": {"storm": _STORM}, "observed_min": 60, "members": 20})

    scenario: Scenario = Field(default_factory=dict)
    observed_min: float | None = Field(
        None,
        strict=True,
        ge=5.0,
        le=1440.0,
        allow_inf_nan=False,
        description="Minutes of the rain that have fallen; null: 60",
    )
    members: int | None = Field(None, strict=True, ge=1, le=200, description="Members of the ensemble; null: 1")


class StormBody(Body):
    """A design storm."""

    return_period_a: float = Field(strict=True, gt=0.0, allow_inf_nan=False, description="Return period, years")
    duration_min: float | None = Field(None, strict=True, gt=0.0, allow_inf_nan=False)


class ChangesBody(Body):
    """Sites a planner tries: removed first, then resized, then added."""

    add: list[dict[str, Cell]] | None = Field(None, max_length=1000, description="Rows of shelters (city pack)")
    remove: list[Id] | None = Field(None, max_length=1000, description="Ids of sites")
    resize: dict[str, float] | None = Field(None, description="Id of a site -> its new gross area, m2")


class AdequacyBody(ChangesBody):
    """Shelter area per person, dry and in the storm, area by area; with changes: before and after."""

    model_config = _example({"scenario": {"city": {"sample": "small"}}, "storms": [_STORM], "add": [_SITE]})

    scenario: Scenario = Field(default_factory=dict)
    storms: list[StormBody] | None = Field(None, max_length=20, description="null: the storm of the scenario")
    stay: Stay | None = Field(None, description="Sets m2 per person; null: that of the scenario's plan")
    target_m2: float | None = Field(
        None, strict=True, ge=0.1, le=100.0, description="m2 per person areas are held against"
    )


class SitingBody(Body):
    """Which candidate sites to build."""

    model_config = _example({"scenario": {"city": {"sample": "small"}}, "count": 5, "time_limit_s": 60})

    scenario: Scenario = Field(default_factory=dict)
    count: int | None = Field(
        None, strict=True, ge=1, le=100_000, description="At most so many; null without a budget: 23"
    )
    budget: float | None = Field(None, strict=True, gt=0.0, allow_inf_nan=False, description="10,000 CNY")
    limits: dict[str, int] | None = Field(None, description="Code of an area -> at most so many new sites there")
    cover_m: float | None = Field(
        None, strict=True, gt=0.0, le=100_000.0, description="Metres of walking; null: by the stay"
    )
    time_limit_s: float | None = Field(None, strict=True, gt=0.0, le=3600.0, description="For the solver; null: 120")
    candidates: list[dict[str, Cell]] | None = Field(
        None, max_length=10_000, description="Rows of candidates (city pack); null: those of the city"
    )


def params_of(body: Body) -> dict[str, Any]:
    """What was given; null means: not given."""
    told = body.model_dump(exclude_none=True, exclude_unset=True)
    if isinstance(told.get("scenario"), dict) and "scenario" in body.model_fields_set:
        told["scenario"] = body.scenario  # type: ignore[attr-defined]  # as it came: null in it is an error
    return told
