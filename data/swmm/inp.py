"""Text of a SWMM 5.2 input file: lines, sections and tokens, cut as the engine cuts them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from data.errors import InputError
from data.readers.report import Report
from data.schema import Inp
from data.suggest import closest

# Names of the sections and the beginning that the engine asks for, in its order (keywords.c and text.h of EPA SWMM
# 5.2): "[OPTION" is enough for [OPTIONS], and the first that fits is taken.
_BEGINNINGS = {
    "TITLE": "TITLE", "OPTION": "OPTIONS", "FILE": "FILES", "RAINGAGE": "RAINGAGES", "TEMPERATURE": "TEMPERATURE",
    "EVAP": "EVAPORATION", "SUBCATCHMENT": "SUBCATCHMENTS", "SUBAREA": "SUBAREAS", "INFIL": "INFILTRATION",
    "AQUIFER": "AQUIFERS", "GROUNDWATER": "GROUNDWATER", "SNOWPACK": "SNOWPACKS", "JUNC": "JUNCTIONS",
    "OUTFALL": "OUTFALLS", "STORAGE": "STORAGE", "DIVIDER": "DIVIDERS", "CONDUIT": "CONDUITS", "PUMP": "PUMPS",
    "ORIFICE": "ORIFICES", "WEIR": "WEIRS", "OUTLET": "OUTLETS", "XSECT": "XSECTIONS", "TRANSECT": "TRANSECTS",
    "LOSS": "LOSSES", "CONTROL": "CONTROLS", "POLLUT": "POLLUTANTS", "LANDUSE": "LANDUSES", "BUILDUP": "BUILDUP",
    "WASHOFF": "WASHOFF", "COVERAGE": "COVERAGES", "INFLOW": "INFLOWS", "DWF": "DWF", "PATTERN": "PATTERNS",
    "RDII": "RDII", "HYDROGRAPH": "HYDROGRAPHS", "LOADING": "LOADINGS", "TREATMENT": "TREATMENT", "CURVE": "CURVES",
    "TIMESERIES": "TIMESERIES", "REPORT": "REPORT", "COORDINATE": "COORDINATES", "VERTICES": "VERTICES",
    "POLYGON": "POLYGONS", "LABEL": "LABELS", "SYMBOL": "SYMBOLS", "BACKDROP": "BACKDROP", "TAG": "TAGS",
    "PROFILE": "PROFILES", "MAP": "MAP", "LID_CONTROL": "LID_CONTROLS", "LID_USAGE": "LID_USAGE", "GWF": "GWF",
    "ADJUSTMENT": "ADJUSTMENTS", "EVENT": "EVENTS", "STREET": "STREETS", "INLET_USAGE": "INLET_USAGE",
    "INLET": "INLETS",
}  # fmt: skip
SECTIONS = tuple(_BEGINNINGS.values())
LONGEST_LINE = 1023  # characters, comments left out (MAXLINE of the engine)
MOST_TOKENS = 40  # of a line (MAXTOKS)

_TOKEN = re.compile(r'"([^"]*)"?|([^ \t\r\n]+)')


@dataclass(frozen=True)
class Row:
    """One line that holds data: its section, its number in the file (from 1), its tokens and where each lies."""

    section: str
    line: int
    tokens: tuple[str, ...]
    spans: tuple[tuple[int, int], ...] = field(repr=False)  # of each token in the line, quotes included

    @property
    def place(self) -> str:
        """How messages name it: "[CONDUITS] line 123"."""
        return f"[{self.section}] line {self.line}"

    def token(self, position: int, default: str = "") -> str:
        """The token at a position from 0, or the default where the line is shorter."""
        return self.tokens[position] if position < len(self.tokens) else default


def read_inp(path: str | Path) -> Inp:
    """The lines of a SWMM input file; InputError where it is missing or no text.

    UTF-8, else GB 18030 (common in China), else Latin-1. Lines end at line feeds, as for the engine.
    """
    file = Path(path)
    try:
        raw = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise InputError("no such file", file=file, expected="a SWMM input file (.inp)") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error}", file=file, expected="a SWMM input file (.inp)") from None
    if b"\0" in raw:
        raise InputError("not a text file", file=file, expected="a SWMM input file (.inp) in UTF-8")
    text = _decoded(raw)
    if not re.search(r"^[ \t]*\[", text, re.MULTILINE):
        raise InputError("no section", file=file, place="line 1", expected="a SWMM input file with [OPTIONS] and so on")
    return inp_of(text.split("\n"), file)


def inp_of(lines: list[str], file: str | Path) -> Inp:
    """A SWMM input made in memory; `file` is its name in messages, relative names inside start from its folder."""
    path = Path(file)
    return Inp(tuple(line.rstrip("\r\n") for line in lines), path, path.absolute().parent)


def sections(inp: Inp, report: Report | None = None) -> dict[str, list[Row]]:
    """The rows of each section by its full name (SECTIONS, in the order of the file); a section may stand twice.

    Text in quotes is one token, a semicolon begins a comment. An unknown section is an error, as for the engine; in a
    collecting report its rows are left out.
    """
    told = report or Report()
    found: dict[str, list[Row]] = {}
    section = "TITLE"
    for number, line in enumerate(inp.lines, start=1):
        text = line.partition(";")[0]
        matches = list(_TOKEN.finditer(text))[:MOST_TOKENS]
        if not matches:
            continue
        if text.lstrip().startswith("["):
            section = _section(matches[0].group(), inp, number, told)
            found.setdefault(section, [])
            continue
        if len(text) > LONGEST_LINE:
            told.error(
                "the engine reads no line as long as this",
                file=inp.file,
                place=f"[{section}] line {number}",
                value=f"{len(text)} characters",
                expected=f"at most {LONGEST_LINE} characters",
            )
        tokens = tuple(match[2] if match[1] is None else match[1] for match in matches)
        found.setdefault(section, []).append(Row(section, number, tokens, tuple(match.span() for match in matches)))
    found.pop("", None)
    return found


def options(rows: dict[str, list[Row]]) -> dict[str, tuple[str, Row]]:
    """[OPTIONS] by upper-case name: value and row; of an option that stands twice the last counts."""
    return {row.tokens[0].upper(): (row.tokens[1], row) for row in rows.get("OPTIONS", ()) if len(row.tokens) > 1}


def _section(token: str, inp: Inp, number: int, report: Report) -> str:
    name = token.upper().lstrip("[")
    for beginning, section in _BEGINNINGS.items():
        if name.startswith(beginning):
            return section
    report.error(
        "unknown section", file=inp.file, place=f"line {number}", value=token,
        expected=closest(name.rstrip("]"), SECTIONS),
    )  # fmt: skip
    return ""


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")
