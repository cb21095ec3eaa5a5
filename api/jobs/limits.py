"""How large a job may be that somebody asks for over HTTP; the operator sets it."""

from __future__ import annotations

from dataclasses import dataclass

from api.service.settings import Settings
from data.errors import InputError
from data.units import s_to_hours
from sim.scenario import Scenario

_MOST_STEPS = 5_000  # orders, injects, failures, measures of one scenario
_MOST_STORMS = 20


@dataclass(frozen=True)
class Limits:
    """Bounds of one job and of the queue; docs/jobs.md lists the settings they come from."""

    samples: tuple[str, ...]  # sizes of the sample city
    water_h: float  # simulated hours of flood
    replicates: int
    waiting_per_key: int  # jobs of one key that are queued or run
    minutes: float  # on the machine's clock, for one attempt

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits that the settings state."""
        return cls(
            settings.job_samples, settings.job_water_h, settings.job_replicates, settings.jobs_per_key,
            settings.job_minutes,
        )  # fmt: skip

    def check(self, scenario: Scenario, storms: int = 1) -> None:
        """InputError where a scenario is larger than the service takes."""
        if scenario.city is None and scenario.sample not in self.samples:
            raise InputError(
                "larger than this service runs", place="scenario.city.sample", value=scenario.sample,
                expected=", ".join(self.samples),
            )  # fmt: skip
        hours = scenario.flood.duration_h
        if hours is not None and hours > self.water_h:
            self._over("scenario.flood.duration_h", hours, self.water_h)
        if scenario.drill.replicates > self.replicates:
            self._over("scenario.drill.replicates", scenario.drill.replicates, self.replicates)
        if storms > _MOST_STORMS:
            self._over("storms", storms, _MOST_STORMS)
        for key in ("order", "inject", "failure", "breach", "measure"):
            if len(getattr(scenario, key)) > _MOST_STEPS:
                self._over(f"scenario.{key}", len(getattr(scenario, key)), _MOST_STEPS)

    def check_end(self, until_s: float) -> None:
        """InputError where a scenario that says no `duration_h` would run longer than allowed."""
        if s_to_hours(until_s) > self.water_h:
            self._over("scenario.flood.duration_h", s_to_hours(until_s), self.water_h)

    def _over(self, place: str, value: float, most: float) -> None:
        raise InputError("larger than this service runs", place=place, value=value, expected=f"at most {most:g}")
