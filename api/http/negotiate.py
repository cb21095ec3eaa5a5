"""Which of the formats on offer a client gets: `Accept` (RFC 9110, section 12.5.1) or the parameter `f`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

JSON = "application/json"
GEOJSON = "application/geo+json"
CAP = "application/cap+xml"
ATOM = "application/atom+xml"
HTML = "text/html"


@lru_cache(maxsize=512)
def chosen(accept: str | None, offers: Sequence[str]) -> str | None:
    """The offer that the client likes best, of equals the first; None where it takes none of them."""
    if not accept or not accept.strip() or accept.strip() == "*/*":
        return offers[0]
    ranges = [_range(part) for part in accept.lower().split(",") if part.strip()]
    best, best_quality = None, 0.0
    for offer in offers:
        quality = _quality(offer, ranges)
        if quality > best_quality:
            best, best_quality = offer, quality
    return best


def _range(part: str) -> tuple[str, float]:
    """Media range and its quality; what cannot be read counts as 1."""
    name, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                return name, min(1.0, max(0.0, float(value)))
            except ValueError:
                return name, 1.0
    return name, 1.0


def _quality(offer: str, ranges: Sequence[tuple[str, float]]) -> float:
    """That of the most exact range that covers the offer."""
    kind = offer.partition("/")[0]
    for wanted in (offer, f"{kind}/*", "*/*"):
        for name, quality in ranges:
            if name == wanted:
                return quality
    return 0.0
