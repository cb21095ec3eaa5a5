"""Progress only grows, whatever a run tells, and every stage that a run tells of is known."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from api.jobs.progress import _STAGES, overall
from api.jobs.task import JOB_KINDS

ROOT = Path(__file__).parents[2]
NAMES = [name for stages in _STAGES.values() for name in stages]
TOLD = st.tuples(st.sampled_from([*NAMES, "Sealing the result", "something new", ""]), st.floats())


@given(st.sampled_from(JOB_KINDS), st.lists(TOLD, max_size=30))
def test_progress_never_falls_and_is_whole_only_at_the_end(kind, told):
    before = 0.0
    for stage, fraction in told:
        now = overall(kind, stage, fraction, before)
        assert before <= now < 1.0
        before = now


def test_every_stage_that_the_program_tells_of_is_known():
    files = [ROOT / "sim" / f"{name}.py" for name in ("run", "study", "adequacy", "siting", "forecast/cycle")]
    files += [ROOT / "api" / "drill_folder.py", ROOT / "api" / "jobs" / "perform.py"]
    for file in files:
        source = file.read_text(encoding="utf-8")
        told = re.findall(r'(?:tell|on_progress)\("([^"]+)"', source) + re.findall(r'stage = "([^"]+)"', source)
        for stage in told:
            assert stage in NAMES or stage == "Sealing the result", f"{file.name}: {stage}"
