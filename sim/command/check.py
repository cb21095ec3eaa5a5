"""Orders and injects against the city: nothing unknown, nothing after the end, nothing that contradicts itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from data.errors import InputError
from data.suggest import closest
from data.units import minutes_to_s
from sim.command.places import Places
from sim.command.script import INJECT_TARGETS, ORDER_TARGETS, Inject, Order

_ONE = {"areas": "area", "shelters": "shelter", "roads": "road", "underpasses": "underpass", "teams": "team"}
_NEEDS_TEAM = {"send_buses": "bus", "pump": "pump"}
_OPPOSITE = {
    "leave": "stay", "stay": "leave",
    "open_shelter": "close_shelter", "close_shelter": "open_shelter",
    "open_road": "close_road", "close_road": "open_road",
    "open_underpass": "close_underpass", "close_underpass": "open_underpass",
}  # fmt: skip


def check_script(
    places: Places, orders: Sequence[Order], injects: Sequence[Inject], until_s: float, file: Path | None = None
) -> None:
    """InputError where an order or inject cannot be carried out in this city and run; `file` is the scenario's."""
    steps: list[Order | Inject] = [*orders, *injects]
    for step in steps:
        check_step(places, step, until_s, file)
    for first, second in _pairs_of_a_minute(orders):
        _check_pair(places, first, second, file)


def check_step(places: Places, step: Order | Inject, until_s: float, file: Path | None = None) -> None:
    """InputError where one order or inject names what the city does not have, or comes when the run is over."""
    table = "order" if isinstance(step, Order) else "inject"
    place = f"[[{table}]] {step.id}"
    if minutes_to_s(step.at_min) >= until_s:
        raise InputError(
            "begins after the end of the run",
            file=file,
            place=f"{place} at_min",
            value=step.at_min,
            expected=f"a minute before {until_s / minutes_to_s(1.0):g}, or a longer run: [flood] duration_h",
        )
    key = (ORDER_TARGETS if isinstance(step, Order) else INJECT_TARGETS)[step.kind]
    for target in step.targets:
        _known(target, _names(places, key), _ONE[key], f"{place} {key}", file)
    if step.to:
        _known(step.to, places.shelters, "shelter", f"{place} to", file)
        if step.to in step.targets:
            raise InputError(
                "leads to where it leads away from", file=file, place=f"{place} to", value=step.to,
                expected="another shelter",
            )  # fmt: skip
    if isinstance(step, Inject) and step.kind == "channel_down":
        _known(step.channel, places.channels, "warning channel", f"{place} channel", file)
    team = _NEEDS_TEAM.get(step.kind)
    if team and team not in places.team_kinds:
        raise InputError(
            f"the city has no {team} to send", file=file, place=place, value=step.kind,
            expected=f"a row of kind {team} in the teams of the pack",
        )  # fmt: skip


def _pairs_of_a_minute(orders: Sequence[Order]) -> Iterable[tuple[Order, Order]]:
    """Orders of the same minute, each with each."""
    ranked = sorted(orders, key=lambda order: order.at_min)
    begin = 0
    for number, (now, after) in enumerate(pairwise([*ranked, None]), start=1):
        if after is None or (now is not None and after.at_min != now.at_min):
            together = ranked[begin:number]
            yield from ((a, b) for i, a in enumerate(together) for b in together[i + 1 :])
            begin = number


def _check_pair(places: Places, first: Order, second: Order, file: Path | None) -> None:
    both = _shared(places, first, second)
    opposed = _OPPOSITE.get(first.kind) == second.kind
    astray = first.kind == second.kind == "redirect" and first.to != second.to
    if both and (opposed or astray):
        raise InputError(
            f"contradicts the order {first.id} of the same minute",
            file=file,
            place=f"[[order]] {second.id}",
            value=both,
            expected=f"{second.kind} at another minute, or only one of the two",
        )


def _shared(places: Places, first: Order, second: Order) -> str:
    """The first thing that both orders act on, "" where there is none; areas and roads meet by what they hold."""
    key = ORDER_TARGETS[first.kind]
    if key != ORDER_TARGETS[second.kind]:
        return ""
    if key not in ("areas", "roads", "underpasses"):
        return next((name for name in second.targets if name in first.targets), "")
    held = {"areas": places.areas, "roads": places.roads, "underpasses": places.underpasses}[key]
    taken = {int(row) for name in first.targets for row in held[name]}
    return next((name for name in second.targets if name in first.targets or taken & set(held[name].tolist())), "")


def _names(places: Places, key: str) -> Iterable[str]:
    if key == "areas":
        return places.areas
    if key == "shelters":
        return places.shelters
    if key == "roads":
        return places.roads
    return places.underpasses if key == "underpasses" else places.teams


def _known(name: str, known: Iterable[str], what: str, place: str, file: Path | None) -> None:
    names = list(known)
    if name not in names:
        raise InputError(
            f"no such {what} in the city",
            file=file,
            place=place,
            value=name,
            expected=closest(name, names) if names else f"nothing: the city has no {what}",
        )
