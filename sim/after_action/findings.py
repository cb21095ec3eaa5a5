"""What a drill shows: where people were stranded and why, what was late, which shelters failed, and the lessons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Lesson:
    """One thing to change, and how many people it touched in this drill.

    `kind` is a key of the message catalogue (after_action.lesson.KIND); `values` fill it, names in pairs (x, x_en).
    """

    kind: str
    persons: int
    values: dict[str, Any] = field(default_factory=dict)
