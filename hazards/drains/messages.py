"""What the engine complains of, as the project's errors: code, section, line and name of the input file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from data.errors import InputError

# "ERROR 205: invalid keyword XYZ at line 12 of [OPTIONS] section:" and, below it, the line as far as it was read.
_AT_LINE = re.compile(r"\s*(?:at|in)? line (\d+) of (?:input file|\[?[A-Z]+\]?(?: section)?)[^:]*:?\s*$", re.IGNORECASE)
_ERROR = re.compile(r"^\s*ERROR (\d+): *(.*)$")
_WARNING = re.compile(r"^\s*(WARNING \d+:.*)$")
_TOTAL = 200  # "one or more errors in input file": counts the others
# What the engine calls an object, and the first four letters of the sections that define it.
_SECTIONS = {
    "Subcatchment": ("SUBC",),
    "Node": ("JUNC", "OUTF", "STOR", "DIVI"),
    "Junction": ("JUNC",),
    "Outfall": ("OUTF",),
    "Storage": ("STOR",),
    "Divider": ("DIVI",),
    "Link": ("COND", "PUMP", "ORIF", "WEIR", "OUTL"),
    "Conduit": ("COND",),
    "Pump": ("PUMP",),
    "Orifice": ("ORIF",),
    "Weir": ("WEIR",),
    "Outlet": ("OUTL",),
    "Rain Gage": ("RAIN",),
    "Aquifer": ("AQUI",),
    "Time Series": ("TIME",),
    "Curve": ("CURV",),
}
_NAMED = re.compile(rf"\b({'|'.join(_SECTIONS)})(?: [Uu]nit| node)? (\S+?)[.:]?(?:\s|$)")
_FILE = re.compile(r"\bfile (\S.*?)\.?$")


@dataclass(frozen=True)
class EngineMessage:
    """One error of a report: SWMM's code and text, and the line of the file where it names one (from 1, else 0)."""

    code: int
    text: str
    line: int = 0


def read_errors(report: str) -> list[EngineMessage]:
    """All errors of a report file, in its order."""
    found = []
    for line in report.splitlines():
        if match := _ERROR.match(line):
            text = match[2].strip()
            place = _AT_LINE.search(text)
            text, number = (text[: place.start()], int(place[1])) if place else (text, 0)
            found.append(EngineMessage(int(match[1]), text.strip().rstrip("."), number))
    return found


def read_warnings(lines: Iterable[str]) -> tuple[str, ...]:
    """The warnings of a report file, read line by line: with its series it may be too long for the memory."""
    return tuple(match[1].strip() for line in lines if (match := _WARNING.match(line)))


def input_error(code: int, text: str, report: str, lines: Sequence[str], source: Path) -> InputError:
    """The refusal of a model as an error that names file, section, line and what stands there.

    `code` and `text` are the engine's own, `lines` those of the file that it read (whose numbers are the numbers of
    `source`). Where the report names an object or a file but no line, the line that brings it in is looked up.
    """
    errors = [error for error in read_errors(report) if error.code != _TOTAL] or [EngineMessage(code, text)]
    first = errors[0]
    line = first.line or _line_of(first.text, lines)
    content = lines[line - 1].strip() if 0 < line <= len(lines) else None
    section = _section_of(line, lines)
    place = f"[{section}] line {line}" if section else f"line {line}" if line else ""
    others = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    message = f"SWMM refuses the model: error {first.code}: {first.text}{others}"
    return InputError(message, file=source, place=place, value=content)


def _line_of(text: str, lines: Sequence[str]) -> int:
    """The line (from 1) that defines the object, or names the file, of an error text; 0 where there is none."""
    if named := _NAMED.search(text):
        section = ""
        for number, line in enumerate(lines, 1):
            words = line.split()
            if words and words[0].startswith("["):
                section = words[0][1:5].upper()
            elif words and words[0] == named[2] and section in _SECTIONS[named[1]]:
                return number
    if file := _FILE.search(text):
        name = PurePath(file[1]).name
        return next((number for number, line in enumerate(lines, 1) if name in line), 0)
    return 0


def _section_of(number: int, lines: Sequence[str]) -> str:
    """The section that a line stands in, or opens."""
    for line in reversed(lines[:number]):
        if line.lstrip().startswith("["):
            return line.strip().strip("[]").upper()
    return ""
