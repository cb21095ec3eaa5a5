"""The after-action review for machines: the figures of the page under plain keys."""

from __future__ import annotations

from typing import Any

from api.report.after_action_words import at_end, lead, lesson_words
from api.study_files import plain_rows
from sim.after_action.review import AfterAction
from sim.summary import plain


def after_action_json(found: AfterAction) -> dict[str, Any]:
    """The figures of the page under plain keys; what is unknown or was never reached is null."""
    result, outcome, ready = found.result, found.record.outcome, found.readiness
    verdict = lead(found)
    return {
        "exercise": True,
        "synthetic": list(result.city.synthetic),
        "city": result.city.name,
        "scenario": result.scenario.get("name", ""),
        "rules_hash": result.rules_hash,
        "example_plans": [plan.id for plan in found.plans if plan.example],
        "verdict": {"zh": verdict.zh, "en": verdict.en},
        "people": at_end(found),
        "movement": {
            "first_order_s": plain(outcome.first_order_s),
            **{f"t{share}_s": plain(getattr(outcome, f"t{share}_s")) for share in (50, 90, 95)},
            **{name: plain(getattr(outcome, name)) for name in ("caught", "stalled", "rescued", "ridden")},
            "balance_error": outcome.balance_error,
        },
        "late": plain_rows(found.late),
        "lessons": [
            {"kind": lesson.kind, "persons": lesson.persons, "zh": words.zh, "en": words.en}
            for lesson, words in ((lesson, lesson_words(lesson)) for lesson in found.lessons)
        ],
        "orders": plain_rows(found.orders),
        "stranded": plain_rows(found.stranded),
        "shelters": plain_rows(found.shelters),
        "readiness": {
            "score": plain(ready.score),
            "weights": dict(ready.weights),
            "abilities": {name: plain(score) for name, score in ready.abilities.items()},
            "parts": [{"ability": p.ability, "part": p.key, "score": plain(p.score)} for p in ready.parts],
        },
        "bands": plain_rows(found.bands),
    }
