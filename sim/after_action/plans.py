"""The plan library: what a city's emergency plans ask for, step by step, so that a drill can be held against them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from data.errors import InputError
from data.schema import AREA_LEVELS, LEVELS
from data.strict_toml import Section, read_toml

PLANS_FOLDER = Path(__file__).parents[2] / "data" / "plans"
PLAN_KINDS = ("general", "special", "departmental")  # the three kinds of plan that the city's own plan names
PHASES = ("prevent", "warn", "respond", "recover")

# What starts the clock of a step -> what it is judged for, and what can tell that it was done.
TRIGGERS = {
    "rain": "city",  # the rain begins
    "warning": "area",  # the first message of at least `level`
    "danger": "area",  # when the warning of the area says that the danger begins
    "order_leave": "area",  # people of the area are told to leave
    "underpass_flooded": "underpass",  # its water reaches the depth at which it is closed
    "call": "call",  # somebody calls for help
}
MEASURES = {
    "warning": ("city", "area"),  # a message of at least `done_level`
    "order_leave": ("area",),  # an order to leave
    "reached": ("area",),  # `share` of the people told to leave were reached by a channel
    "left": ("area",),  # `share` of the people told to leave have left home
    "sheltered": ("city", "area"),  # `share` of all who set out or will, over the city, are in a shelter
    "shelter_used": ("city", "area"),  # the first shelter lets people in
    "buses": ("area",),  # buses were sent to the area
    "bulletin": ("city", "area", "underpass"),  # the state of the roads was told
    "underpass_closed": ("underpass",),  # closed by an order, or by itself at its depth
    "pump": ("underpass",),  # a pump crew is there
    "team_reached": ("call",),  # a team is with those who called
    "rescued": ("call",),  # those who called are in a shelter
    "none": ("city", "area", "underpass", "call"),  # nothing in a drill measures it
}
_SHARED = ("reached", "left", "sheltered")


@dataclass(frozen=True)
class PlanStep:
    """One step: who does what within how long of what, and what in a drill tells that it was done.

    `within_min` counts from the trigger; below zero: so long before it. `per_city`: one verdict for the whole city, by
    the worst case; else one for each area (`subject` "area") or again the worst case.
    """

    id: str
    name: str
    name_en: str
    who: str
    who_en: str
    who_level: str  # of AREA_LEVELS: the level that is responsible
    trigger: str  # of TRIGGERS
    level: int  # index into LEVELS: lowest warning that triggers it; 0: not by a warning
    within_min: float
    measured_by: str  # of MEASURES
    done_level: int  # lowest warning that counts as done
    share: float
    per_city: bool

    @property
    def subject(self) -> str:
        """What it is judged for: "city", "area", "underpass" or "call"."""
        return TRIGGERS[self.trigger]


@dataclass(frozen=True)
class Plan:
    """A plan: of which kind, for whom, in force or an example."""

    id: str
    kind: str  # of PLAN_KINDS
    name: str
    name_en: str
    example: bool  # made up by this project: not the city's
    version: str
    filed: str  # date of filing; "" where it never was
    hazards: tuple[str, ...]
    sectors: tuple[str, ...]
    phases: tuple[str, ...]
    area_levels: tuple[str, ...]
    source: str
    steps: tuple[PlanStep, ...]


def read_plans(path: str | Path | None = None) -> tuple[Plan, ...]:
    """The plans of a TOML file, or of every .toml file of a folder by name; None: the library shipped, all examples.

    InputError for an unknown key, a trigger that cannot be judged by its measure, or an id that stands twice.
    """
    place = PLANS_FOLDER if path is None else Path(path)
    files = sorted(place.glob("*.toml")) if place.is_dir() else [place]
    if not files:
        raise InputError("no plan in the folder", file=place, expected="at least one .toml file")
    plans = tuple(_read_plan(file) for file in files)
    taken: dict[str, Path] = {}
    for plan, file in zip(plans, files, strict=True):
        if plan.id in taken:
            raise InputError(
                f"two plans called {plan.id}", file=file, place="id", expected=f"not as in {taken[plan.id]}"
            )
        taken[plan.id] = file
    return plans


def coverage(plans: tuple[Plan, ...]) -> pd.DataFrame:
    """Steps by level responsible and phase: columns phase, then one per level of AREA_LEVELS; 0 is a gap.

    A step belongs to every phase of its plan, so a plan that serves several phases counts in each.
    """
    rows = []
    for phase in PHASES:
        steps = [step for plan in plans if phase in plan.phases for step in plan.steps]
        rows.append([phase, *(sum(step.who_level == level for step in steps) for level in AREA_LEVELS)])
    return pd.DataFrame(rows, columns=["phase", *AREA_LEVELS])


def _read_plan(file: Path) -> Plan:
    top = read_toml(file)
    plan = Plan(
        id=top.text("id"),
        kind=top.text("kind", choices=PLAN_KINDS),
        name=top.text("name"),
        name_en=top.text("name_en", ""),
        example=top.flag("example", False),
        version=top.text("version"),
        filed=top.text("filed", ""),
        hazards=top.texts("hazards"),
        sectors=top.texts("sectors"),
        phases=_words(top, "phases", PHASES),
        area_levels=_words(top, "area_levels", AREA_LEVELS),
        source=top.text("source"),
        steps=tuple(map(_read_step, top.sections("step"))),
    )
    top.finish()
    if not plan.steps:
        raise InputError("a plan without a step", file=file, expected="at least one [[step]]")
    ids = [step.id for step in plan.steps]
    for number, name in enumerate(ids):
        if name in ids[:number]:
            raise top.error("step", f"two steps called {name}", "an id of its own for each")
    return plan


def _read_step(section: Section) -> PlanStep:
    trigger = section.text("trigger", choices=tuple(TRIGGERS))
    measured_by = section.text("measured_by", choices=tuple(MEASURES))
    if TRIGGERS[trigger] not in MEASURES[measured_by]:
        fit = ", ".join(name for name, subjects in MEASURES.items() if TRIGGERS[trigger] in subjects)
        raise section.error("measured_by", f"cannot be judged after the trigger {trigger!r}", f"one of {fit}")
    return PlanStep(
        id=section.text("id"),
        name=section.text("name"),
        name_en=section.text("name_en", ""),
        who=section.text("who"),
        who_en=section.text("who_en", ""),
        who_level=section.text("who_level", choices=AREA_LEVELS),
        trigger=trigger,
        level=_level(section, "level") if trigger == "warning" else 0,
        within_min=section.number("within_min", minimum=-1440.0, maximum=1440.0),
        measured_by=measured_by,
        done_level=_level(section, "done_level") if measured_by == "warning" else 0,
        share=section.number("share", above=0.0, maximum=1.0) if measured_by in _SHARED else 1.0,
        per_city=section.flag("per_city", False),
    )


def _level(section: Section, key: str) -> int:
    return LEVELS.index(section.text(key, choices=LEVELS[1:]))


def _words(section: Section, key: str, choices: tuple[str, ...]) -> tuple[str, ...]:
    words: tuple[str, ...] = section.texts(key)
    for word in words:
        if word not in choices:
            raise section.error(key, f"unknown word {word!r}", "of " + ", ".join(choices))
    return words
