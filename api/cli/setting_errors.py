"""What a setting that does not hold is called in plain words: its name, where it stands, what is expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from api.service.settings import Settings
from data.errors import InputError
from data.suggest import closest

_PREFIX = "RONGAN_"
_NAMES = tuple(f"{_PREFIX}{name.upper()}" for name in Settings.model_fields)
_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
_KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false"}


def setting_error(bad: ValidationError | SettingsError, home: Path | None) -> InputError:
    """The first setting that does not hold, as one line."""
    file = (home or Settings.model_fields["home"].default) / "rongan.env"
    if isinstance(bad, SettingsError):  # a list that is no JSON; it names the field in quotes
        field = str(bad).partition('"')[2].partition('"')[0]
        return InputError("not a list", file=file, place=_name(field), expected='a JSON list, ["one", "two"]')
    first = bad.errors()[0]
    name = _name(".".join(str(part) for part in first["loc"]))
    if first["type"] == "extra_forbidden":
        return InputError("no such setting", file=file, place=name, expected=closest(name, _NAMES))
    return InputError("does not hold", file=file, place=name, value=first["input"], expected=_expected(first))


def misspelt(environment: Iterable[str]) -> str:
    """What to say of variables that look like a setting and are none; "" where there are none."""
    near = {}
    for name in environment:
        if name.startswith(_PREFIX) and name not in _NAMES and (hint := closest(name, _NAMES)).startswith("perhaps"):
            near[name] = hint
    return "; ".join(f"the variable {name} is no setting and does nothing: {hint}" for name, hint in near.items())


def _name(field: str) -> str:
    return f"{_PREFIX}{field.upper().removeprefix(_PREFIX)}"


def _expected(error: Mapping[str, Any]) -> str:
    told: dict[str, Any] = error.get("ctx", {})
    for word, said in _BOUNDS.items():
        if word in told:
            return f"{said} {told[word]:g}"
    kind = str(error["type"]).partition("_")[0]
    if kind == "literal":
        return str(told["expected"]).replace("'", "")
    return _KINDS.get(kind, str(error["msg"]))
