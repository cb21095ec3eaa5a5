"""Divides sentences into short messages: each within its length, marked and numbered, nothing lost."""

from __future__ import annotations

from collections.abc import Sequence

_MOST_PARTS = 9  # one digit each for number and count


def in_parts(sentences: Sequence[str], longest: int, mark: str = "", gap: str = "") -> tuple[str, ...]:
    """The sentences in parts of at most `longest` characters, in order.

    One part where all fit, else parts that begin with "(1/3)" after the mark. A sentence longer than a part is
    divided; no character of any sentence is lost. ValueError where more than nine parts would be needed.
    """
    whole = mark + gap.join(sentences)
    if len(whole) <= longest:
        return (whole,)
    room = longest - len(mark) - len("(1/2)") - len(gap)
    if room < 1:
        raise ValueError(f"longest(={longest}) leaves no room beside the mark")
    parts = [""]
    for sentence in sentences:
        added = parts[-1] + gap + sentence if parts[-1] else sentence
        if len(added) <= room:
            parts[-1] = added
            continue
        rest = sentence
        if parts[-1] == "":
            parts.pop()
        while rest:
            parts.append(rest[:room])
            rest = rest[room:]
    if len(parts) > _MOST_PARTS:
        raise ValueError(f"{len(parts)} parts of {longest} characters, at most {_MOST_PARTS}")
    return tuple(f"{mark}({number}/{len(parts)}){gap}{part}" for number, part in enumerate(parts, start=1))
