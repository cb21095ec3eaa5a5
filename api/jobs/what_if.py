"""The process that answers what-ifs from one kept study: `python -m api.jobs.what_if`, started by `api.jobs.asker`.

The first line of its standard input names home folder and study; every further line is a question, answered by one
line on the standard output. It ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.jobs.faults import fault_of
from api.jobs.sites_asked import changes_on
from api.jobs.studies import load_study
from data.records import records
from sim.summary import plain

if TYPE_CHECKING:
    import pandas as pd

    from sim.study import Study


def main() -> int:
    """Answer until the input ends."""
    told = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what libraries print must not stand among the answers
    begin = json.loads(sys.stdin.readline())
    os.chdir(begin["home"])
    study = load_study(Path(begin["study"]))
    before: dict[str, Any] = {}
    for line in sys.stdin:
        try:
            answer = answer_of(study, json.loads(line), before)
        except Exception as error:  # one bad question must not end the process
            answer = {"fault": fault_of(error)}
        told.write(json.dumps(answer, ensure_ascii=False, allow_nan=False) + "\n")
        told.flush()
    return 0


def answer_of(study: Study, question: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Areas before and after the changes, under the wettest storm of the study. `before` keeps what does not change."""
    from sim.adequacy import areas_after
    from sim.what_if import Changes

    stay = question["stay"]
    if stay not in before:
        before[stay] = _rows(areas_after(study, Changes(), stay=stay))
    resize = tuple((site, area) for site, area in question["resize"])
    with tempfile.TemporaryDirectory() as folder:
        city, changes = changes_on(
            study.city, question["add"], tuple(question["remove"]), resize, Path(folder), study.rules
        )
    return {
        "storm": study.storms[-1].case.label,
        "rain_mm": round(study.storms[-1].case.rain_mm, 2),
        "stay": stay,
        "areas": _rows(areas_after(study, changes, stay=stay)) if changes else before[stay],
        "before": before[stay],
        "left_out": [vars(one) for one in city.left_out],
        "synthetic": list(study.city.synthetic),
        "rules_hash": study.rules.hash,
    }


def _rows(areas: pd.DataFrame) -> list[dict[str, Any]]:
    return [{name: plain(value) for name, value in row.items()} for row in records(areas)]


if __name__ == "__main__":
    sys.exit(main())
