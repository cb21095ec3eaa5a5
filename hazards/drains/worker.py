"""The process of one engine, started by `SwmmEngine` alone.

Commands come as lines of JSON on its input and are answered by one line each; the arrays lie in a shared file. The
engine keeps its model in global variables, so a process serves one run, and dies with the process that started it.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from hazards.drains import stepping
from hazards.drains.exchange_memory import map_shared
from hazards.drains.library import (
    FIXED,
    FLOW_UNITS,
    GAGE,
    HOTSTART_SAVE,
    HOTSTART_USE,
    NODE,
    FileUnits,
    OutfallRecord,
    last_error,
    load_library,
)
from hazards.drains.tables import read_results, read_totals

_WATCH_S = 0.5
_OUTFALL = 1
_TRIAL_STAGE = 3.0


class _Refused(Exception):
    """The engine returned a code: it is told to the caller."""

    def __init__(self, code: int, text: str) -> None:
        self.code, self.text = code, text
        super().__init__(text)


class _Run:
    """One model in the engine, from opening to the last table."""

    def __init__(self, folder: Path, order: dict[str, Any]) -> None:
        self.library = load_library()
        self.folder = folder
        self.report = bool(order["report"])
        self.wall_s = 0.0
        self.stopped = False
        try:
            self._open(order)
        except _Refused:
            self.library.swmm_close()  # the report file, which names the line, is whole only then
            raise

    def _open(self, order: dict[str, Any]) -> None:
        names = (self.folder / name for name in ("model.inp", "engine.rpt", "engine.out"))
        self._check(self.library.swmm_open(*(os.fsencode(name) for name in names)))
        self.units = FileUnits(FLOW_UNITS[_global(self.library, "FlowUnits", ctypes.c_int)])
        index = [
            np.array([self._index(kind, name) for name in order[key]], dtype=np.int32)
            for kind, key in ((NODE, "coupled"), (NODE, "outfalls"), (GAGE, "gages"))
        ]
        for node, name in zip(index[1].tolist(), order["outfalls"], strict=True):
            if _node_kind(self.library, node) != _OUTFALL:
                raise _Refused(0, f"the node {name!r} is no outfall")
        memory = _OutfallMemory(self.library, index[1])
        coupled = set(index[1].tolist())
        outfalls = np.array([*index[1], *(node for node in memory.nodes if node not in coupled)], dtype=np.int32)
        if order["hotstart"]:
            self._check(self.library.swmm_hotstart(HOTSTART_USE, os.fsencode(order["hotstart"])))
        self._check(self.library.swmm_start(int(self.report)))
        shared = map_shared(self.folder / "exchange.bin", *(part.size for part in index))
        applied, held, inflow = np.zeros((3, index[0].size))
        self.nodes = stepping.CoupledNodes(
            index[0],
            shared.lateral,
            applied,
            held,
            inflow,
            shared.head,
            shared.volume,
            shared.uptake,
            shared.received,
        )
        self.outfalls = stepping.Outfalls(
            outfalls,
            memory.slot,
            shared.stage,
            memory.own_boundary,
            memory.own_stage_ft,
            memory.boundary,
            memory.stage_ft,
            np.zeros(outfalls.size),
            np.zeros(outfalls.size),
            shared.discharge,
        )
        self.gages = stepping.CoupledGages(index[2], shared.rain_mm_h, np.full(index[2].size, np.nan))
        out = np.zeros(1)
        self.engine = stepping.Engine(
            np.array([_address(self.library, name) for name in stepping.FUNCTIONS], dtype=np.int64),
            shared.clock,
            _global(self.library, "TotalDuration", ctypes.c_double) / 1000.0,
            self.units.flow_per_m3_s,
            self.units.metres,
            self.units.volume_m3,
            self.units.rain_per_mm_h,
            out,
            out.ctypes.data,
        )
        # No step is made; the code is compiled now and not in the first window.
        stepping.advance(self.engine, self.nodes, self.outfalls, self.gages, 0.0)

    def opened(self) -> dict[str, Any]:
        return {"flow_units": self.units.flow_units, "duration_s": self.engine.duration_s}

    def advance(self, order: dict[str, Any]) -> dict[str, Any]:
        begin = time.perf_counter()
        code = stepping.advance(self.engine, self.nodes, self.outfalls, self.gages, float(order["goal_s"]))
        self.wall_s += time.perf_counter() - begin
        self.stopped = code != 0
        if code == stepping.NOT_A_NUMBER:
            raise _Refused(code, "a water level in the sewers is not a number")
        self._check(code)
        return {"wall_s": self.wall_s}

    def totals(self, order: dict[str, Any]) -> dict[str, Any]:
        return {"totals": read_totals(self.library, self.units)}

    def save_hotstart(self, order: dict[str, Any]) -> dict[str, Any]:
        self._check(self.library.swmm_hotstart(HOTSTART_SAVE, os.fsencode(order["path"])))
        return {}

    def finish(self, order: dict[str, Any]) -> dict[str, Any]:
        told = read_results(self.library, self.units, self.folder / "results.npz")
        ended = self.library.swmm_end()
        if not self.stopped:
            self._check(ended)
        errors = [ctypes.c_float() for _ in range(3)]
        self.library.swmm_getMassBalErr(*(ctypes.byref(error) for error in errors))
        told["errors_percent"] = [error.value for error in errors]
        told["outfalls"] = self.outfalls.at.tolist()
        told["outfall_m3"] = self.outfalls.volume.tolist()
        told["steps"] = int(self.engine.clock[1])
        told["wall_s"] = self.wall_s
        if self.report and not self.stopped:
            self._check(self.library.swmm_report())
        self.library.swmm_close()
        return told

    def _index(self, kind: int, name: str) -> int:
        index = self.library.swmm_getIndex(kind, os.fsencode(name))
        if index < 0:
            raise _Refused(0, f"the network has no {'gage' if kind == GAGE else 'node'} {name!r}")
        return index

    def _check(self, code: int) -> None:
        if code:
            raise _Refused(*last_error(self.library))


class _OutfallMemory:
    """Boundary kind and fixed stage (ft) of every outfall, as views into the engine, and where each coupled one is.

    The engine has a function that sets a stage and none that gives an outfall back to its own boundary. It lists
    outfalls in the order of its nodes; that the views show the right ones is tried on each.
    """

    def __init__(self, library: ctypes.CDLL, index: np.ndarray) -> None:
        kinds = [_node_kind(library, node) for node in range(library.swmm_getCount(NODE))]
        self.nodes = [node for node, kind in enumerate(kinds) if kind == _OUTFALL]
        size = ctypes.sizeof(OutfallRecord)
        start = ctypes.c_void_p.in_dll(library, "Outfall").value
        if not self.nodes or start is None:
            self.boundary, self.stage_ft = np.zeros(0, np.int32), np.zeros(0)
        else:
            memory: Any = (ctypes.c_char * (size * len(self.nodes))).from_address(start)
            shape, stride = (len(self.nodes),), (size,)
            self.boundary = np.ndarray(shape, np.int32, memory, OutfallRecord.boundary.offset, stride)
            self.stage_ft = np.ndarray(shape, np.float64, memory, OutfallRecord.fixed_stage_ft.offset, stride)
        slots = {node: slot for slot, node in enumerate(self.nodes)}
        self.slot = np.array([slots[node] for node in index.tolist()], dtype=np.int32)
        self.own_boundary, self.own_stage_ft = self.boundary[self.slot], self.stage_ft[self.slot]
        for node, slot, boundary, stage in zip(index, self.slot, self.own_boundary, self.own_stage_ft, strict=True):
            library.swmm_setOutfallStage(int(node), _TRIAL_STAGE)
            if self.boundary[slot] != FIXED or not 0.0 < self.stage_ft[slot] / _TRIAL_STAGE < 4.0:
                raise _Refused(0, "the engine keeps its outfalls in another way than version 5.2.4")
            self.boundary[slot], self.stage_ft[slot] = boundary, stage


def _node_kind(library: ctypes.CDLL, node: int) -> int:
    kind = ctypes.c_int()
    library.swmm_getNodeType(node, ctypes.byref(kind))
    return kind.value


def _global(library: ctypes.CDLL, name: str, kind: Any) -> Any:
    """A global variable of the engine."""
    return kind.in_dll(library, name).value


def _address(library: ctypes.CDLL, name: str) -> int:
    return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0


def _die_with_parent(order: dict[str, Any]) -> None:
    """End this process once the one that started it is gone, also in the middle of a long advance."""
    while os.getppid() == order["parent"]:
        time.sleep(_WATCH_S)
    _leave(order, alone=True)


def _leave(order: dict[str, Any], alone: bool) -> None:
    """End at once, and where nobody else is left to, remove the temporary folder.

    Nothing is left to tidy up otherwise, and to unload the compiler takes longer than to load it.
    """
    if order["temporary"] and alone:
        shutil.rmtree(order["folder"], ignore_errors=True)
    os._exit(0)


def main() -> None:
    """Serve one run: open as the first line says, then one command a line until an empty one.

    An input that ends without it tells that the one who asked is gone. (The number of the parent tells it too, but only
    some time after its files are closed.)
    """
    # What anything prints must not mix with the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1, encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    first = json.loads(sys.stdin.readline())
    threading.Thread(target=_die_with_parent, args=(first,), daemon=True).start()
    runs: list[_Run] = []

    def serve(order: dict[str, Any]) -> dict[str, Any]:
        if not runs:
            runs.append(_Run(Path(order["folder"]), order))
            return runs[0].opened()
        told: dict[str, Any] = getattr(runs[0], order["do"])(order)
        return told

    order: dict[str, Any] | None = first
    while order:
        try:
            told = serve(order)
        except _Refused as refused:
            told = {"code": refused.code, "error": refused.text}
        try:
            answers.write(json.dumps(told) + "\n")
        except BrokenPipeError:
            break
        line = sys.stdin.readline()
        order = json.loads(line) if line else None
    _leave(first, alone=order != {})
