"""The closest known word to a misspelt one, for error messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MOST_NAMED = 60  # of a longer list nobody reads the end


def closest(word: str, known: Iterable[str]) -> str:
    """What to write instead of an unknown word: the closest known one, else the list of them."""
    names = list(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"perhaps {near[0]}"
    more = "" if len(names) <= _MOST_NAMED else f", ... ({len(names)} in all)"
    return "one of " + ", ".join(names[:_MOST_NAMED]) + more
