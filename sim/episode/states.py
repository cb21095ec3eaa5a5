"""States of an episode and the steps between them.

detected: the forecast sees something that may come to a warning. assessed: the rules ask for one, and it has not gone
out yet (a second person has to agree, or the message could not be sent). issued: a message is in force and nobody has
said that it arrived. acknowledged: somebody responsible has. acted: what it asks for is being done. closed: over.
A message that raises the colour must be acknowledged afresh, so an episode can go back to issued.
"""

from __future__ import annotations

from collections.abc import Mapping

STATES = ("detected", "assessed", "issued", "acknowledged", "acted", "closed")
IN_FORCE = ("issued", "acknowledged", "acted")  # a message is out

STEPS: Mapping[str, tuple[str, ...]] = {
    "": ("detected", "assessed"),
    "detected": ("assessed", "closed"),
    "assessed": ("issued", "detected", "closed"),
    "issued": ("acknowledged", "acted", "closed"),
    "acknowledged": ("issued", "acted", "closed"),
    "acted": ("issued", "closed"),
    "closed": (),
}


class IllegalStep(ValueError):
    """A step that no episode may take."""


def step(state: str, after: str) -> str:
    """`after`, where an episode in `state` ("" = not opened yet) may go there; IllegalStep else."""
    if after not in STEPS.get(state, ()):
        allowed = ", ".join(STEPS.get(state, ())) or "nothing"
        raise IllegalStep(f"an episode that is {state or 'new'} cannot become {after}; it may become {allowed}")
    return after


def path_to(state: str, after: str) -> tuple[str, ...]:
    """The states that an episode passes on the shortest way to `after`, without `state`, `after` the last one.

    Empty where it is there already. IllegalStep where no way leads there.
    """
    if state == after:
        return ()
    ways: list[tuple[str, ...]] = [(state,)]
    for way in ways:
        for following in STEPS.get(way[-1], ()):
            if following == after:
                return (*way[1:], after)
            if following not in way and following != "closed":
                ways.append((*way, following))
    raise IllegalStep(f"no way leads from {state or 'new'} to {after}")
