"""Files that a SWMM input names: which, what for, and where they lie on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from data.schema import Inp
from data.swmm.inp import Row

LONGEST_NAME = 259  # characters that the engine keeps of a file name (MAXFNAME)
# section, use, position of the word FILE, position of the name
_WHERE = (("RAINGAGES", "rain", 4, 5), ("TEMPERATURE", "climate", 0, 1), ("TIMESERIES", "series", 1, 2))
_INTERFACE = ("RAINFALL", "RUNOFF", "HOTSTART", "RDII", "INFLOWS")


@dataclass(frozen=True)
class NamedFile:
    """A file named in a row: the position of its token, and the file itself where it was found.

    `use`: "rain" (a gauge), "climate", "series" (a time series), or an interface file to read: "rainfall", "runoff",
    "hotstart", "rdii", "inflows". `owner`: the gauge or series that reads it.
    """

    row: Row
    position: int
    use: str
    owner: str
    path: Path | None
    moved: bool = False  # not where the row says, but beside the input file under the same name

    @property
    def name(self) -> str:
        """The name as the row has it."""
        return self.row.tokens[self.position]


def named_files(rows: dict[str, list[Row]], inp: Inp) -> list[NamedFile]:
    """Every file that the engine would read, in the order of the sections; files that it writes are left out."""
    found = [
        _named(row, name_at, use, row.tokens[0], inp)
        for section, use, keyword_at, name_at in _WHERE
        for row in rows.get(section, ())
        if row.token(keyword_at).upper() == "FILE" and len(row.tokens) > name_at
    ]
    interface = [row for row in rows.get("FILES", ()) if row.token(0).upper() == "USE" and len(row.tokens) > 2]
    return found + [
        _named(row, 2, row.tokens[1].lower(), "", inp) for row in interface if row.tokens[1].upper() in _INTERFACE
    ]


def _named(row: Row, position: int, use: str, owner: str, inp: Inp) -> NamedFile:
    """The file at its place, with slashes for backslashes, or else one of its name beside the input file."""
    name = row.tokens[position]
    straight = inp.folder / name.replace("\\", "/")
    if _is_file(inp.folder / name):
        return NamedFile(row, position, use, owner, inp.folder / name)
    if _is_file(straight):
        return NamedFile(row, position, use, owner, straight)
    last = PureWindowsPath(name).name
    if last and _is_file(inp.folder / last):
        return NamedFile(row, position, use, owner, inp.folder / last, moved=True)
    return NamedFile(row, position, use, owner, None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False
