"""The semantic rules that messages keep or break together: 2, 8 to 11 and 16."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from api.warning.cap_reading import CapMessage, moment_of

Found = Iterator[tuple[str, int, str]]


def check_set(messages: Sequence[CapMessage], colours: Mapping[str, str] | None) -> Found:
    """(identifier, rule, what) of each breach among the messages, which hold whole chains."""
    for (_, identifier), count in Counter(message.key[:2] for message in messages).items():
        if count > 1:
            yield identifier, 2, f"used by {count} messages"
    yield from _chains(messages)
    statuses = {message.get("status") for message in messages}
    if "Actual" in statuses and len(statuses) > 1:
        yield "(set)", 11, f"Actual together with {', '.join(sorted(statuses - {'Actual'}))}"
    yield from _colours(messages, colours)


def _chains(messages: Sequence[CapMessage]) -> Found:
    known = {message.key: message for message in messages}
    heirs: Counter[tuple[str, ...]] = Counter()
    for message in messages:
        for reference in message.references:
            before = known.get(reference) if len(reference) == 3 else None  # type: ignore[arg-type]
            if before is None or before is message or before.get("sender") != message.get("sender"):
                yield message.name, 8, f"reference {','.join(reference)} leads to no message of this sender"
                continue
            heirs[reference] += 1
            earlier, later = moment_of(before.get("sent")), moment_of(message.get("sent"))
            if earlier and later and earlier > later:
                yield message.name, 8, "succeeds a message that was sent after it"
            if before.closes:
                yield message.name, 10, "succeeds a Cancel, which closes its chain"
    for key, count in heirs.items():
        if count > 1:
            yield key[1], 9, f"{count} messages succeed it"


def _colours(messages: Sequence[CapMessage], colours: Mapping[str, str] | None) -> Found:
    seen: dict[str, str] = dict(colours or {})
    for message in messages:
        for info in message.infos:
            colour, severity = info.colour, info.get("severity")
            if not colour:
                yield message.name, 16, "no severityColor"
            elif seen.setdefault(colour, severity) != severity:
                yield message.name, 16, f"{colour} with severity {severity}"
