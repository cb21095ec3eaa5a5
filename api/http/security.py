"""Who asks, and what that role may do. The front has looked at the key already (`api.http.door`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer

from api.http.problems import Problem
from api.service.principal import Principal
from api.store.records import ApiKey

KEY_HEADER = "x-api-key"
SCOPE = "rongan.principal"  # where the front leaves it in the ASGI scope

_in_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="A key of this service")
_as_bearer = HTTPBearer(auto_error=False, description="The same key as a bearer token")

ANYBODY = Principal(key="", role="viewer")

# Role -> what it may do besides reading.
MAY: dict[str, frozenset[str]] = {
    "viewer": frozenset(),
    "poller": frozenset({"observe", "subscribe"}),
    "officer": frozenset({"observe", "subscribe", "publish", "answer", "plan"}),
    "approver": frozenset({"observe", "subscribe", "publish", "answer", "approve", "plan"}),
    "planner": frozenset({"plan"}),
    "admin": frozenset({"observe", "subscribe", "publish", "answer", "approve", "plan", "administer"}),
}


def principal_of(key: ApiKey) -> Principal:
    """Who a key stands for."""
    return Principal(key=key.id, role=key.role, area=key.area, actual=key.actual)


def secret_in(header: Callable[[str], str | None]) -> str | None:
    """The key of a request: `X-API-Key`, or `Authorization: Bearer`; None where there is none."""
    given = header(KEY_HEADER)
    if given is not None:
        return given.strip()
    said = header("authorization")
    if said is None:
        return None
    scheme, _, token = said.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""  # another scheme: a key that nobody has


async def who(
    request: Request,
    _key: Annotated[str | None, Security(_in_header)] = None,
    _token: Annotated[object, Security(_as_bearer)] = None,
) -> Principal:
    """Whoever asks; the two parameters only say to OpenAPI how keys are given."""
    principal: Principal | None = request.scope.get(SCOPE)
    if principal is None:
        raise unauthorised()
    return principal


def unauthorised(detail: str = "give a key in X-API-Key or as a bearer token") -> Problem:
    """401 with the challenge that belongs to it."""
    return Problem(401, detail, headers={"WWW-Authenticate": 'Bearer realm="rongan"'})


def may(what: str) -> Callable[..., Principal]:
    """A dependency that lets only those roles pass that may do `what` (one of the words in MAY)."""

    def check(principal: Annotated[Principal, Depends(who)]) -> Principal:
        if what in MAY[principal.role]:
            return principal
        if not principal.key:
            raise unauthorised()
        roles = ", ".join(role for role, rights in MAY.items() if what in rights)
        raise Problem(403, f"the role {principal.role!r} may not {what}; these may: {roles}")

    return check


Reader = Annotated[Principal, Depends(who)]
Observer = Annotated[Principal, Depends(may("observe"))]
Subscriber = Annotated[Principal, Depends(may("subscribe"))]
Officer = Annotated[Principal, Depends(may("publish"))]
Responder = Annotated[Principal, Depends(may("answer"))]
Approver = Annotated[Principal, Depends(may("approve"))]
Planner = Annotated[Principal, Depends(may("plan"))]
Admin = Annotated[Principal, Depends(may("administer"))]
