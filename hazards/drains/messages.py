"""What the engine complains of, as the project's errors: code, section, line and name of the input file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import InputError

# "ERROR 205: invalid keyword XYZ at line 12 of [OPTIONS] section:" and, below it, the line itself.
_AT_LINE = re.compile(
    r"\s*(?:at|in)? line (\d+) of (?:input file|\[?([A-Z]+)\]?(?: section)?)[^:]*:?\s*$", re.IGNORECASE
)
_ERROR = re.compile(r"^\s*ERROR (\d+): *(.*)$")
_WARNING = re.compile(r"^\s*(WARNING \d+:.*)$")
_KINDS = (
    "Subcatchment|Node|Junction|Outfall|Storage(?: Unit| node)?|Divider|Link|Conduit|Pump|Orifice|Weir|Outlet|"
    "Rain Gage|Aquifer|Time Series|Curve|Transect"
)
_NAMED = re.compile(rf"\b({_KINDS}) (\S+?)[.:]?(?:\s|$)")


@dataclass(frozen=True)
class EngineMessage:
    """One error of a report: SWMM's code and text, the line of the file where it names one, and what stands there."""

    code: int
    text: str
    line: int = 0
    section: str = ""
    content: str = ""


def read_errors(report: str) -> list[EngineMessage]:
    """All errors of a report file, in its order."""
    lines = report.splitlines()
    found = []
    for i, line in enumerate(lines):
        if match := _ERROR.match(line):
            text = match[2].strip()
            if place := _AT_LINE.search(text):
                content = lines[i + 1].strip() if i + 1 < len(lines) else ""
                text = text[: place.start()].strip()
                found.append(EngineMessage(int(match[1]), text, int(place[1]), (place[2] or "").upper(), content))
            else:
                found.append(EngineMessage(int(match[1]), text.rstrip(".")))
    return found


def read_warnings(report: str) -> tuple[str, ...]:
    """The warnings of a report file."""
    return tuple(match[1].strip() for line in report.splitlines() if (match := _WARNING.match(line)))


def input_error(code: int, text: str, report: str, lines: Sequence[str], source: Path) -> InputError:
    """The refusal of a model as an error that names file, section, line and what stands there.

    `code` and `text` are the engine's own, `lines` those of the file that it read (whose numbers are the numbers of
    `source`). Where the report names an object but no line, the line that defines it is looked up.
    """
    errors = read_errors(report) or [EngineMessage(code, text)]
    # 200 only counts the others.
    first = next((error for error in errors if error.code != 200), errors[0])
    line, section = first.line, first.section
    if not line and (named := _NAMED.search(first.text)):
        line = _line_of(named[2], lines)
    if line and not section:
        section = _section_of(line, lines)
    place = f"[{section}] line {line}" if line and section else f"line {line}" if line else ""
    more = len(errors) - 1 - any(error.code == 200 for error in errors)
    others = f" (and {more} more)" if more > 0 else ""
    content = first.content or (lines[line - 1].strip() if 0 < line <= len(lines) else None)
    return InputError(
        f"SWMM refuses the model: error {first.code}: {first.text}{others}", file=source, place=place, value=content
    )


def _line_of(name: str, lines: Sequence[str]) -> int:
    """First line whose first word is `name`, from 1; 0 where there is none."""
    for number, line in enumerate(lines, 1):
        if (words := line.split()) and words[0] == name:
            return number
    return 0


def _section_of(number: int, lines: Sequence[str]) -> str:
    """The section that a line stands in."""
    for line in reversed(lines[: number - 1]):
        if line.lstrip().startswith("["):
            return line.strip().strip("[]").upper()
    return ""
