"""What a request may carry: known query parameters, once each, without NUL."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute

from api.http.problems import Problem

_KEPT = "rongan_known_parameters"  # kept on the route itself: applications come and go in tests


def known_parameters(route: APIRoute) -> tuple[frozenset[str], frozenset[str]]:
    """Names of the query parameters of a route and those of them that take a list."""
    found: tuple[frozenset[str], frozenset[str]] | None = getattr(route, _KEPT, None)
    if found is None:
        fields = _query_fields(route.dependant)
        several = (field.alias for field in fields if "list" in str(field.field_info.annotation).lower())
        found = (frozenset(field.alias for field in fields), frozenset(several))
        setattr(route, _KEPT, found)
    return found


def _query_fields(dependant: Any) -> list[Any]:
    """Of a route and of everything it depends on."""
    below = [field for part in dependant.dependencies for field in _query_fields(part)]
    return [*dependant.query_params, *below]


async def strict_query(request: Request) -> None:
    """Unknown, repeated or unreadable query parameters end the request with 400: a filter must never be ignored."""
    given = request.query_params.multi_items()
    if not given:
        return
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known, several = known_parameters(route)
    seen: set[str] = set()
    for name, value in given:
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            raise Problem(400, f"unknown query parameter {name!r}; known: {names}", code="unknown-parameter")
        if name in seen and name not in several:
            raise Problem(400, f"query parameter {name!r} is given twice", code="repeated-parameter")
        if "\x00" in value:
            raise Problem(400, f"query parameter {name!r} holds a NUL", code="bad-parameter")
        seen.add(name)
