"""One EPA SWMM engine in a process of its own, driven window by window through shared arrays."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np

from data.errors import InputError, RunStopped
from hazards.drains.exchange_memory import Shared, map_shared
from hazards.drains.journal import Journal, Window
from hazards.drains.library import LEAST_FLOW_M3_S
from hazards.drains.messages import input_error, read_warnings
from hazards.drains.result import EngineResult, result_from

_CLOSE_S = 5.0
# The child needs a few modules of these packages and nothing that the packages import, which is most of the time that
# a start would take.
_LAUNCH = """
import sys, types
for name in ("hazards", "hazards.drains"):
    package = sys.modules[name] = types.ModuleType(name)
    package.__path__ = [sys.argv[1] + "/" + name.replace(".", "/")]
from hazards.drains.worker import main
main()
"""
_NEVER_S = 1e300


class SwmmEngine:
    """A running sewer model: SI in and out whatever the units of its file.

    `inp` is the model: a file, or its lines; files that it names by relative names are looked for in `work_dir`, so
    make them absolute first (`data.swmm.prepare_inp`). `coupled` are the nodes whose lateral inflow is set and whose
    head is read, `outfalls` those with water outside, `gages` those whose rain is set; nothing set, the run is the
    engine's own. `source` names the file in messages where `inp` was prepared from it (line numbers must agree).
    `work_dir` (a new temporary folder by default) receives what the engine writes. `hotstart` begins from a SWMM hot
    start file. `report_file` has the totals and peaks, with `report` also the series that the file asks for.

    Set before `advance`: `lateral` (n,) m3/s, may be negative, below `least_flow_m3_s` it is zero; `stage` (m,) m, the
    outfall is held at the higher of it and its own boundary, NaN: its own; `rain_mm_h` (k,), NaN: as it was.
    Read after it: `head` (n,) m; `volume` (n,) m3; `uptake_m3_s` (n,) mean net flow into the pipes; `received_m3` (n,)
    what came of `lateral` (the engine takes the mean of old and new rate over each native step, so the first step of a
    window still has half of the old rate; negative: given back); `discharge_m3` (m,) what left through the outfall.
    """

    least_flow_m3_s = LEAST_FLOW_M3_S

    def __init__(
        self,
        inp: Path | str | Sequence[str],
        coupled: Sequence[str] = (),
        outfalls: Sequence[str] = (),
        gages: Sequence[str] = (),
        work_dir: Path | None = None,
        *,
        source: Path | None = None,
        hotstart: Path | None = None,
        report: bool = False,
    ) -> None:
        self.journal: Journal | None = None  # records every window where it is set
        if isinstance(inp, str | Path) and not Path(inp).is_file():
            raise InputError("there is no such file", file=inp, expected="a SWMM input file")
        for names in (coupled, outfalls, gages):
            if len(set(names)) < len(names):
                raise ValueError("a node, outfall or gage is named twice")
        self._own_folder = work_dir is None
        self.folder = Path(tempfile.mkdtemp(prefix="rongan-swmm-")) if work_dir is None else Path(work_dir).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        # A copy: what the engine writes beside its file must not land beside the city's.
        self._model = self.folder / "model.inp"
        self.source = source or (Path(inp) if isinstance(inp, str | Path) else self._model)
        if isinstance(inp, str | Path):
            shutil.copyfile(inp, self._model)
        else:
            self._model.write_text("\n".join(inp) + "\n", encoding="utf-8", errors="surrogateescape")
        self.report_file = self.folder / "engine.rpt"
        self.wall_s = 0.0
        self._process: subprocess.Popen[str] | None = None
        exchange = self.folder / "exchange.bin"
        exchange.unlink(missing_ok=True)
        try:
            self._arrays(map_shared(exchange, len(coupled), len(outfalls), len(gages)))
            self._open(list(coupled), list(outfalls), list(gages), hotstart, report)
        except BaseException:
            self.close()
            raise

    def _arrays(self, shared: Shared) -> None:
        self._clock = shared.clock
        self.lateral, self.stage, self.rain_mm_h = shared.lateral, shared.stage, shared.rain_mm_h
        self.head, self.volume, self.uptake_m3_s = shared.head, shared.volume, shared.uptake
        self.received_m3, self.discharge_m3 = shared.received, shared.discharge

    def _open(
        self, coupled: list[str], outfalls: list[str], gages: list[str], hotstart: Path | None, report: bool
    ) -> None:
        self._log: IO[str] = (self.folder / "worker.log").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, str(Path(__file__).parents[2])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            cwd=self.folder,
        )
        order = {
            "folder": str(self.folder),
            "parent": os.getpid(),
            "temporary": self._own_folder,
            "coupled": coupled,
            "outfalls": outfalls,
            "gages": gages,
            "hotstart": str(Path(hotstart).resolve()) if hotstart else "",
            "report": report,
        }
        told = self._ask(order)
        if "error" in told:
            raise self._refusal(told)
        self.flow_units: str = told["flow_units"]
        self.duration_s: float = told["duration_s"]

    @property
    def ended(self) -> bool:
        """Whether the model has reached the end that its file states."""
        return bool(self._clock[2])

    @property
    def pid(self) -> int:
        """The process of the engine; 0 once it is closed."""
        return self._process.pid if self._process else 0

    @property
    def time_s(self) -> float:
        """Time since the start of the model, s."""
        return float(self._clock[0])

    @property
    def steps(self) -> int:
        """Native steps since the start."""
        return int(self._clock[1])

    def advance(self, at_least_s: float, until_s: float = np.inf) -> float:
        """Make native steps until the clock has moved by `at_least_s` or reached `until_s`; the new time (s).

        Native steps are never cut, so either may be passed by less than one of them; past its end the model stands.
        """
        self.begin_advance(at_least_s, until_s)
        return self.end_advance()

    def begin_advance(self, at_least_s: float, until_s: float = np.inf) -> None:
        """Set the engine going; the arrays must rest until `end_advance`."""
        self._begin(min(self.time_s + at_least_s, until_s, _NEVER_S))

    def end_advance(self) -> float:
        """Wait for the engine; the new time (s)."""
        # Copied while the engine works.
        wanted = (self.lateral.copy(), self.stage.copy(), self.rain_mm_h.copy()) if self.journal else None
        self._end()
        if self.journal and wanted:
            self.journal.record(Window(*wanted, self._goal_s, self.time_s, zlib.crc32(self.head.tobytes())))
        return self.time_s

    def replay(self, journal: Journal, until_window: int | None = None) -> float:
        """Bring a fresh engine to the state behind the first windows of a journal, to the bit; the new time (s).

        Every window is held against what the journal says came of it; the journal then goes on recording.
        """
        if self.steps:
            raise ValueError("only an engine at its start can replay a journal")
        for number, window in enumerate(journal.read(until_window), 1):
            self.lateral[:], self.stage[:], self.rain_mm_h[:] = window.lateral, window.stage, window.rain_mm_h
            self._begin(window.goal_s)
            self._end()
            if self.time_s != window.time_s or zlib.crc32(self.head.tobytes()) != window.check:
                raise self._stopped(f"the sewer engine does not repeat window {number} of its journal")
        self.journal = journal
        return self.time_s

    def _begin(self, goal_s: float) -> None:
        self._goal_s = goal_s
        self._send({"do": "advance", "goal_s": goal_s})

    def _end(self) -> None:
        self._told(self._receive())

    def totals(self) -> dict[str, float]:
        """The water book so far, m3 (keys of `EngineResult.totals`)."""
        told: dict[str, float] = self._told(self._ask({"do": "totals"}))["totals"]
        return told

    def save_hotstart(self, path: Path) -> None:
        """Write a SWMM hot start file: a warm start for another run (float32, without control timers)."""
        self._told(self._ask({"do": "save_hotstart", "path": str(Path(path).resolve())}))

    def finish(self) -> EngineResult:
        """End the run here, read its tables and end the process; also a run that stopped itself has tables."""
        told = self._told(self._ask({"do": "finish"}))
        with self.report_file.open(encoding="utf-8", errors="replace") as report:
            result = result_from(told, self.folder / "results.npz", read_warnings(report))
        self._stop()
        return result

    def close(self) -> None:
        """End the process and remove the folder where it is the engine's own; may be called twice."""
        self._stop()
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> SwmmEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            if stream:
                try:
                    if stream is process.stdin:
                        stream.write("{}\n")  # a farewell
                    stream.close()
                except OSError:
                    continue
        try:
            process.wait(timeout=_CLOSE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._log.close()

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        self._send(order)
        return self._receive()

    def _send(self, order: dict[str, Any]) -> None:
        if self._process is None or self._process.stdin is None:
            raise RuntimeError("the engine is closed")
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._crash() from None

    def _receive(self) -> dict[str, Any]:
        if self._process is None or self._process.stdout is None:
            raise RuntimeError("the engine is closed")
        line = self._process.stdout.readline()
        if not line.endswith("\n"):
            raise self._crash()
        told: dict[str, Any] = json.loads(line)
        return told

    def _told(self, told: dict[str, Any]) -> dict[str, Any]:
        if "error" in told:
            code = f"error {told['code']}: " if told["code"] > 0 else ""
            raise self._stopped(f"the sewer engine stopped: {code}{told['error']}")
        self.wall_s = told.get("wall_s", self.wall_s)
        return told

    def _refusal(self, told: dict[str, Any]) -> InputError:
        if told["code"] <= 0:
            return InputError(told["error"], file=self.source)
        report = self.report_file.read_text(encoding="utf-8", errors="replace") if self.report_file.exists() else ""
        lines = self._model.read_text(encoding="utf-8", errors="replace").splitlines() if self._model.exists() else []
        return input_error(told["code"], told["error"], report, lines, self.source)

    def _crash(self) -> RunStopped:
        """The process is gone: say how."""
        assert self._process is not None
        code = self._process.wait()
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        self._log.seek(0)
        last = self._log.read().strip().splitlines()[-1:]
        text = f" ({last[0]})" if last else ""
        return self._stopped(f"the process of the sewer engine ended by {how}{text}")

    def _stopped(self, message: str) -> RunStopped:
        return RunStopped(message, time_s=self.time_s, place="sewers")
