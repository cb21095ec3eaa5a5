"""Prints what the SWMM engine makes of a file on opening it: run as a program, INPUT REPORT OUTPUT.

Nodes: invert and full depth; links: height and full flow; in the units of the file. The engine keeps its state in the
process, so each file has one of its own.
"""

from __future__ import annotations

import ctypes
import json
import sys
from importlib.util import find_spec
from pathlib import Path

_NODES, _LINKS = 2, 3  # swmm_NODE and swmm_LINK of swmm5.h
_VALUES = {_NODES: (301, 302), _LINKS: (405, 406)}  # swmm_NODE_ELEV, _MAXDEPTH; swmm_LINK_FULLDEPTH, _FULLFLOW


def main(names: list[str]) -> None:
    """Open the file and print its values as JSON."""
    spec = find_spec("swmm.toolkit")
    assert spec is not None
    assert spec.origin is not None
    engine = ctypes.CDLL(str(Path(spec.origin).parent / "libswmm5.so"))
    engine.swmm_getValue.restype = ctypes.c_double
    engine.swmm_open(*(name.encode() for name in names))
    name = ctypes.create_string_buffer(256)
    found: dict[str, dict[str, list[float]]] = {}
    for what, kind in (("nodes", _NODES), ("links", _LINKS)):
        found[what] = {}
        for number in range(engine.swmm_getCount(kind)):
            engine.swmm_getName(kind, number, name, 256)
            found[what][name.value.decode()] = [engine.swmm_getValue(value, number) for value in _VALUES[kind]]
    print("@" + json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
