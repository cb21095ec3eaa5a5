"""Asks the SWMM engine itself whether it would open an input: every error and warning, by section and line.

The engine keeps its state in the process and may end it, so it opens the file in a process of its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from data.errors import Finding
from data.schema import DrainageNetwork
from data.swmm.prepare import PrepareOptions, prepare_inp
from data.swmm.telling import SECTION_OF

_TIME_LIMIT_S = 120.0
_OPEN = (
    "import sys\n"
    "from swmm.toolkit import solver\n"
    "try:\n"
    "    solver.swmm_open(*sys.argv[1:])\n"
    "except Exception:\n"
    "    pass\n"
)
_ERROR = re.compile(r"^\s*ERROR (\d+): (.*)$")
_WARNING = re.compile(r"^\s*WARNING (\d+): (.*)$")
_PART = re.compile(r"^(.*?) for (?:Rain Gage|Node|Conduit|regulator Link|Link) (\S+)$")
_AT_LINE = re.compile(r"\s+at line \d+ of \[?[^\]]*\](?: section)?:?.*$")
_LINE = re.compile(r"at line (\d+) of (\[?[^\]]*)\]")


def open_findings(network: DrainageNetwork, *, rain: str = "own") -> list[Finding]:
    """What the engine says when it opens a copy of the network's input; empty where it says nothing."""
    lines = prepare_inp(network, PrepareOptions(rain=rain))
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder) / name) for name in ("model.inp", "model.rpt", "model.out")]
        Path(names[0]).write_text("\n".join(lines) + "\n", encoding="utf-8")
        try:
            done = subprocess.run(
                [sys.executable, "-c", _OPEN, *names], capture_output=True, timeout=_TIME_LIMIT_S, check=False,
                cwd=folder,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return [_finding(network, "error", "", "", f"the engine did not open it within {_TIME_LIMIT_S:.0f} s")]
        report = Path(names[1])
        text = report.read_text(encoding="utf-8", errors="replace") if report.exists() else ""
    if done.returncode != 0:
        return [_finding(network, "error", "", "", f"the engine broke down on opening (exit {done.returncode})")]
    return _findings(network, text)


def _findings(network: DrainageNetwork, text: str) -> list[Finding]:
    """The errors and warnings of a report file, with the line that it names and what stands there."""
    found: list[Finding] = []
    places = {
        name: f"[{SECTION_OF[kind]}] line {row}, {name}"
        for parts in (network.nodes, network.links)
        for name, kind, row in zip(parts["name"], parts["kind"], parts["line"], strict=True)
    }
    lines = text.splitlines()
    for number, line in enumerate(lines):
        error, warning = _ERROR.match(line), _WARNING.match(line)
        match = error or warning
        if match is None:
            continue
        place, value = "", ""
        at = _LINE.search(" ".join(lines[number : number + 2]))
        if at:
            row = int(at[1])
            place = f"[{at[2].strip('[')}] line {row}"
            value = network.inp.lines[row - 1].strip() if row <= len(network.inp.lines) else ""
        part = _PART.match(match[2].strip()) if not at else None
        if part:
            place = places.get(part[2], part[2])
        words = (
            re.sub(r"\s+at line \d+ of \[?[^\]]*\](?: section)?:?.*$", "", part[1] if part else match[2])
            .strip()
            .rstrip(":")
        )
        kind = "error" if error else "warning"
        found.append(_finding(network, kind, place, value, f"SWMM {kind} {match[1]}: {words}"))
    return found


def _finding(network: DrainageNetwork, severity: str, place: str, value: str, message: str) -> Finding:
    return Finding(severity, str(network.inp.file), place, value, message, "what SWMM 5.2 reads")
