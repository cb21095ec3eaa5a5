"""The code table of events: given by whoever runs the service, never made up here.

The codes of GB/T 35561 for rainstorm and waterlogging have not been read in the printed standard, so none is shipped.
Without a table an event carries its own word under `rongan:event`. A table is a TOML file:

    [waterlogging]
    system = "GB/T 35561"
    code = "..."
    source = "where the code was read"
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from api.messages import catalogue
from data.errors import InputError

_KEYS = {"system", "code", "source"}


def read_event_codes(path: Path) -> dict[str, tuple[str, str]]:
    """Event -> (name of the code system, code) for `Profile.event_codes`; InputError names what is wrong."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise InputError(f"not a readable table of event codes: {fault}", file=path) from None
    known = sorted(key.removeprefix("event_name.") for key in catalogue() if key.startswith("event_name."))
    codes = {}
    for event, row in tables.items():
        if event not in known:
            raise InputError("unknown event", file=path, place=f"[{event}]", expected=", ".join(known))
        if not isinstance(row, dict) or set(row) != _KEYS:
            raise InputError("not a code", file=path, place=f"[{event}]", expected=", ".join(sorted(_KEYS)))
        for key in sorted(_KEYS):
            if not isinstance(row[key], str) or not row[key].strip():
                raise InputError("empty", file=path, place=f"[{event}] {key}", value=row[key], expected="a text")
        codes[event] = (row["system"].strip(), row["code"].strip())
    return codes
