"""What a replicate of a drill comes to: its expected deaths and its readiness."""

from __future__ import annotations

from dataclasses import dataclass, replace

from data.rules_file import Rules
from sim.after_action.plans import Plan
from sim.after_action.review import readiness_of
from sim.casualties import DeadlyWater
from sim.command.record import DrillRecord
from sim.command.setup import DrillSetup
from sim.layers import site_table
from sim.plan import ShelterPlan
from sim.replicates import Judgement
from sim.result import Result
from sim.site_stock import SiteStock


@dataclass(frozen=True)
class DrillJudge:
    """Judges records of one drill. Of its result only the use of the shelters depends on how people moved."""

    result: Result
    stock: SiteStock | None
    plan: ShelterPlan | None
    deadly: DeadlyWater
    plans: tuple[Plan, ...]  # plan library
    rules: Rules

    def __call__(self, setup: DrillSetup, record: DrillRecord) -> Judgement:
        """Expected deaths, and the readiness score that the review of this record would give; NaN where it has none."""
        sites = site_table(self.result.city, self.stock, self.plan, record.outcome)
        score = readiness_of(replace(self.result, sites=sites), record, self.rules, self.plans).score
        return Judgement(self.deadly.deaths(record.outcome), float("nan") if score is None else score)
