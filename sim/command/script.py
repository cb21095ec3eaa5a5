"""What an officer orders and what the exercise staff injects, minute by minute: the [[order]] and [[inject]] tables."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from data.strict_toml import Section

# kind -> the key that names what it acts on
ORDER_TARGETS = {
    "leave": "areas",  # people of these areas are told to leave
    "stay": "areas",  # whoever has not left yet stays: takes back a "leave"
    "open_shelter": "shelters",
    "close_shelter": "shelters",
    "redirect": "shelters",  # whoever is on the way there goes to `to`
    "close_road": "roads",
    "open_road": "roads",
    "close_underpass": "underpasses",
    "open_underpass": "underpasses",
    "send_buses": "areas",  # `count` buses fetch the people of these areas who wait for one
    "pump": "underpasses",  # a pump crew goes there
    "bulletin": "",  # the state of the roads is told to all who listen
}
INJECT_TARGETS = {
    "shelter_power": "shelters",  # the lights go out: a hall without emergency power closes
    "power_cut": "areas",  # no mains: warning channels that need it are down there, halls without a supply close
    "road_blocked": "roads",  # a bridge or road cannot be passed
    "channel_down": "areas",  # `channel` reaches nobody there; no areas: nowhere
    "rumour": "areas",  # `share` of the people who need not leave set out all the same, to `to` where it is given
    "team_lost": "teams",
}
ORDER_KINDS, INJECT_KINDS = tuple(ORDER_TARGETS), tuple(INJECT_TARGETS)


@dataclass(frozen=True)
class Order:
    """One order. Minutes count from the start of the run."""

    id: str
    kind: str  # of ORDER_KINDS
    at_min: float
    targets: tuple[str, ...] = ()  # codes of areas, or ids of shelters, roads or underpasses, as the kind asks
    to: str = ""  # shelter: of redirect; of send_buses where it is given
    count: int = 0  # buses


@dataclass(frozen=True)
class Inject:
    """Something that goes wrong while people move. Minutes count from the start of the run."""

    id: str
    kind: str  # of INJECT_KINDS
    at_min: float
    until_min: float | None = None  # None: to the end
    targets: tuple[str, ...] = ()
    channel: str = ""
    share: float = 0.0
    to: str = ""  # shelter that a rumour sends people to; "": the nearest


def read_orders(top: Section) -> tuple[Order, ...]:
    """The [[order]] tables of a scenario, in time; without an id an order is called by its kind and number."""
    found = []
    for number, section in enumerate(top.sections("order"), start=1):
        kind = section.text("kind", choices=ORDER_KINDS)
        key = ORDER_TARGETS[kind]
        found.append(
            Order(
                id=section.text("id", f"{kind}-{number}"),
                kind=kind,
                at_min=section.number("at_min", minimum=0.0, maximum=14_400.0),
                targets=section.texts(key) if key else (),
                to=section.text("to", *(() if kind == "redirect" else ("",))) if kind in _SENDS else "",
                count=section.integer("count", 1, minimum=1, maximum=10_000) if kind == "send_buses" else 0,
            )
        )
        if key and not found[-1].targets:
            raise section.error(key, "an order for nobody", f"at least one of {key}")
    _check_ids(top, "order", [order.id for order in found])
    return tuple(sorted(found, key=lambda order: order.at_min))


def read_injects(top: Section) -> tuple[Inject, ...]:
    """The [[inject]] tables of a scenario, in time."""
    found = []
    for number, section in enumerate(top.sections("inject"), start=1):
        kind = section.text("kind", choices=INJECT_KINDS)
        key = INJECT_TARGETS[kind]
        inject = Inject(
            id=section.text("id", f"{kind}-{number}"),
            kind=kind,
            at_min=section.number("at_min", minimum=0.0, maximum=14_400.0),
            until_min=section.number("until_min", None, above=0.0, maximum=14_400.0),
            targets=section.texts(key, ()) if kind == "channel_down" else section.texts(key),
            channel=section.text("channel") if kind == "channel_down" else "",
            share=section.number("share", above=0.0, maximum=1.0) if kind == "rumour" else 0.0,
            to=section.text("to", "") if kind == "rumour" else "",
        )
        if inject.until_min is not None and inject.until_min <= inject.at_min:
            raise section.error("until_min", "ends before it begins", f"a number above {inject.at_min:g}")
        if kind != "channel_down" and not inject.targets:
            raise section.error(key, "strikes nothing", f"at least one of {key}")
        found.append(inject)
    _check_ids(top, "inject", [inject.id for inject in found])
    return tuple(sorted(found, key=lambda inject: inject.at_min))


def plain_step(step: Order | Inject) -> dict[str, Any]:
    """An order or inject as its table in a scenario has it."""
    fields = {
        key: value for key, value in asdict(step).items() if value not in (None, "", 0, 0.0, ()) or key == "at_min"
    }
    key = (ORDER_TARGETS if isinstance(step, Order) else INJECT_TARGETS)[step.kind]
    targets = list(fields.pop("targets", ()))
    return {**fields, key: targets} if targets else fields


_SENDS = ("redirect", "send_buses")


def _check_ids(top: Section, key: str, ids: list[str]) -> None:
    for number, name in enumerate(ids, start=1):
        if name in ids[: number - 1]:
            raise top.error(key, f"two called {name}", "an id of its own for each")
