"""The one message catalogue: every sentence of the report, CAP and the terminal, in Chinese and English.

The texts live in `api/catalogue/*.toml`, one table per key with `zh` and `en`; `quantity` specs in them are those of
`api.wording`. A name is given twice where it has two forms: `area` and `area_en`; an English template that asks for
`{area}` gets `area_en` unless that is empty.

Values that each kind of event of a drill carries:

| kind | values |
|---|---|
| rain_starts | |
| rain_peak | rain_mm_h |
| rain_ends | total_mm |
| warning | area, area_en, level (1-4), message_type, event ("rainstorm", "waterlogging"), lead_time_min |
| order | area, area_en, persons |
| underpass_closed, underpass_reopened | underpass, underpass_en, depth_m |
| shelter_full | shelter, shelter_en, persons |
| shelter_flooded, shelter_dark | shelter, shelter_en, persons (inside at that moment) |
| first_arrival | shelter, shelter_en |
| t90 | minutes (since the first order), persons (arrived so far) |
| drained | area, area_en, hours (after the end of rain) |
| people_stranded | persons (so far) |
| power_fails, pump_fails, gate_fails, inlets_fails (each also _works_again), breach | asset, asset_en, share |
"""

from __future__ import annotations

import string
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.wording import EN, LANGUAGES, ZH, Words

if TYPE_CHECKING:
    from sim.result import Event

_FOLDER = Path(__file__).parent / "catalogue"
_SHORT = {ZH: "zh", EN: "en"}


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Key -> {"zh": text, "en": text}; nested tables of the files become dotted keys."""
    texts: dict[str, dict[str, str]] = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        _flatten(tomllib.loads(path.read_text(encoding="utf-8")), "", texts, path.name)
    return texts


def _flatten(table: dict[str, Any], prefix: str, texts: dict[str, dict[str, str]], file: str) -> None:
    for key, entry in table.items():
        name = f"{prefix}{key}"
        if all(isinstance(text, str) for text in entry.values()):
            if name in texts:
                raise ValueError(f"{file}: message {name!r} is declared twice")
            texts[name] = entry
        else:
            _flatten(entry, name + ".", texts, file)


def has(key: str) -> bool:
    """Whether the catalogue knows the key."""
    return key in catalogue()


def text(key: str, lang: str, **values: Any) -> str:
    """The message in a language, its placeholders filled; KeyError names a missing key or value."""
    words = Words(lang)
    template = catalogue()[key][_SHORT[lang]]
    if lang == EN:
        values = {name: values.get(f"{name}_en") or value for name, value in values.items()}
    try:
        return words.vformat(template, (), values)
    except KeyError as missing:
        raise KeyError(f"message {key!r} needs the value {missing}") from None


def event_text(event: Event, lang: str) -> str:
    """One line of the story of a drill."""
    values = dict(event.values)
    if event.kind == "warning":
        return text(f"warning_{values.get('message_type', 'Alert').lower()}", lang, **_with_event(values, lang))
    return text(event.kind, lang, **values)


def _with_event(values: dict[str, Any], lang: str) -> dict[str, Any]:
    return {**values, "event": text(f"event_name.{values.get('event', 'rainstorm')}", lang), "event_en": ""}


def placeholders(template: str) -> set[str]:
    """Names of the values a template asks for."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


__all__ = ["EN", "LANGUAGES", "ZH", "catalogue", "event_text", "has", "placeholders", "text"]
