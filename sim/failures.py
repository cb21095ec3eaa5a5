"""What goes wrong in a scenario: power, pumps, gates, inlets, and a levee that breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import InputError
from data.strict_toml import Section
from data.units import minutes_to_s

FAILURE_KINDS = ("power", "pump", "gate", "inlets")


@dataclass(frozen=True)
class Failure:
    """Something that does not work for a while; minutes count from the start of the run.

    `id` names a power source of the lifelines ("power"), a pumping station or underpass ("pump"), a gate that stays as
    it stands ("gate"), or an area whose inlets are blocked ("inlets"; empty: everywhere). `share` is the part of the
    inlets that is lost.
    """

    kind: str
    id: str = ""
    from_min: float = 0.0
    until_min: float | None = None  # None: to the end
    share: float = 1.0


@dataclass(frozen=True)
class Breach:
    """A barrier that gives way: over `width_m` around a place its crest drops to `to_m` at `at_min`."""

    barrier: str  # id of the barrier
    lon: float
    lat: float
    width_m: float
    to_m: float  # level above datum
    at_min: float


def read_failures(top: Section) -> tuple[Failure, ...]:
    """The [[failure]] tables of a scenario."""
    found = []
    for section in top.sections("failure"):
        kind = section.text("kind", choices=FAILURE_KINDS)
        failure = Failure(
            kind=kind,
            id=section.text("id", "") if kind == "inlets" else section.text("id"),
            from_min=section.number("from_min", 0.0, minimum=0.0, maximum=14_400.0),
            until_min=section.number("until_min", None, above=0.0, maximum=14_400.0),
            share=section.number("share", 1.0, above=0.0, maximum=1.0),
        )
        if failure.until_min is not None and failure.until_min <= failure.from_min:
            raise section.error("until_min", "ends before it begins", f"a number above {failure.from_min:g}")
        if kind != "inlets" and "share" in section:
            raise section.error("share", "only inlets fail in part", f"no share for {kind}")
        found.append(failure)
    return tuple(found)


def read_breaches(top: Section) -> tuple[Breach, ...]:
    """The [[breach]] tables of a scenario."""
    found = []
    for section in top.sections("breach"):
        lon, lat = section.lonlat("at")
        found.append(
            Breach(
                barrier=section.text("barrier"),
                lon=lon,
                lat=lat,
                width_m=section.number("width_m", above=0.0, maximum=5_000.0),
                to_m=section.number("to_m", minimum=-500.0, maximum=9_000.0),
                at_min=section.number("at_min", minimum=0.0, maximum=14_400.0),
            )
        )
    return tuple(found)


def check_within_run(
    failures: Sequence[Failure], breaches: Sequence[Breach], until_s: float, file: Path | None = None
) -> None:
    """InputError where something begins when the run (of `until_s`) is over; `file` is the scenario's.

    It would do nothing, and the report would tell it beside what did.
    """
    begins = [(f"[failure {k}] from_min", failure.from_min) for k, failure in enumerate(failures, start=1)]
    begins += [(f"[breach {k}] at_min", breach.at_min) for k, breach in enumerate(breaches, start=1)]
    for place, minute in begins:
        if minutes_to_s(minute) >= until_s:
            raise InputError(
                "begins after the end of the run",
                file=file,
                place=place,
                value=minute,
                expected=f"a minute before {until_s / minutes_to_s(1.0):g}, or a longer run: [flood] duration_h",
            )
