"""EPA's regression models through the engine of this project, against the references of the plain engine.

`python -m benchmarks.epa_models` runs all of them, two at a time, and prints the table of `docs/verification.md`.
"""

from __future__ import annotations

import csv
import os
import re
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from data.errors import InputError
from data.swmm import PrepareOptions, prepare_inp, read_inp
from hazards.drains.engine import SwmmEngine
from hazards.drains.library import FLOW_FACTOR, FLOW_UNITS, FOOT_M

ROOT = Path(__file__).parents[1]
SHARE = 0.01  # of the reference that a peak may differ by
PRINTED_PEAK, PRINTED_ERROR = 0.005, 0.0005  # half a unit of the last printed digit
_WORKERS = 2
_ERROR_LINE = re.compile(r"Continuity Error \(%\) \.*\s+(.*)$")


@dataclass(frozen=True)
class Reference:
    """What the plain engine gave: continuity errors as printed, and peaks as (quantity, name, value), file's units."""

    model: str
    error: str  # of an engine that refused
    wall_s: float
    continuity: tuple[float, ...]
    peaks: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True)
class Outcome:
    """One model beside its reference."""

    model: str
    refusal: str  # of ours
    continuity: tuple[float, ...]
    peaks: int
    peaks_off: int  # further than SHARE and the rounding of the reference
    worst_share: float  # greatest difference of a peak by its reference, rounding allowed for
    continuity_off: float  # greatest difference, percent points
    engine_s: float
    wall_s: float


def data_folder() -> Path:
    """Where the models and their references lie."""
    base = Path(os.environ.get("RONGAN_SHARED_DATA", ROOT.parent / "shared" / "data"))
    return base / "swmm_nrtestsuite"


def references(folder: Path) -> list[Reference]:
    """The references of all models, in the order of their file."""
    peaks: dict[str, list[tuple[str, str, float]]] = defaultdict(list)
    with (folder / "reference_peaks.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            peaks[row["model"]].append((row["quantity"], row["id"], float(row["value"])))
    found = []
    with (folder / "reference_continuity.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            errors = (row[f"cont_err_{k}_pct"] for k in (1, 2, 3))
            continuity = tuple(float(error) for error in errors if error)
            wall = float(row["wall_s"] or 0.0)
            found.append(Reference(row["model"], row["error"], wall, continuity, tuple(peaks[row["model"]])))
    return found


def compare(folder: Path, reference: Reference) -> Outcome:
    """Run one model as it is, in one go, and hold it against its reference."""
    begin = time.perf_counter()
    file = folder / "public" / reference.model
    try:
        with SwmmEngine(prepare_inp(read_inp(file), PrepareOptions()), source=file) as engine:
            engine.advance(1e300)
            result = engine.finish()
            text = engine.report_file.read_text(encoding="utf-8", errors="replace")
            units = engine.flow_units
    except InputError as error:
        return Outcome(reference.model, str(error), (), 0, 0, 0.0, 0.0, 0.0, time.perf_counter() - begin)
    printed = (match[1].split()[0] for line in text.splitlines() if (match := _ERROR_LINE.search(line)))
    continuity = tuple(float(error) for error in printed)
    # Each error of the result must be one of the printed ones (a run has up to five).
    ours = (result.runoff_error_percent, result.continuity_error_percent)
    strange = [error for error in ours if abs(error) > PRINTED_ERROR and not _near(error, continuity)]
    pairs = list(zip(continuity, reference.continuity, strict=False))
    off = max((abs(a - b) for a, b in pairs), default=0.0) if not strange else float("inf")
    flow = FOOT_M**3 / FLOW_FACTOR[FLOW_UNITS.index(units)]
    metres = FOOT_M if FLOW_UNITS.index(units) < 3 else 1.0
    depth = dict(zip(result.nodes["name"], result.nodes["max_depth_m"] / metres, strict=True))
    rate = dict(zip(result.links["name"], result.links["max_flow_m3_s"] / flow, strict=True))
    shares = []
    for quantity, name, value in reference.peaks:
        found = (depth if quantity == "node_max_depth" else rate)[name]
        shares.append(max(abs(found - value) - PRINTED_PEAK, 0.0) / max(value, PRINTED_PEAK))
    return Outcome(
        reference.model,
        "",
        continuity[: len(reference.continuity)],
        len(shares),
        sum(share > SHARE for share in shares),
        max(shares, default=0.0),
        off,
        result.wall_s,
        time.perf_counter() - begin,
    )


def _near(error: float, printed: tuple[float, ...]) -> bool:
    return any(abs(error - one) <= PRINTED_ERROR + 1e-6 for one in printed)


def main() -> None:
    """Run the models named on the command line, or all, and print a Markdown table."""
    folder = data_folder()
    wanted = [one for one in references(folder) if not sys.argv[1:] or one.model in sys.argv[1:]]
    with ThreadPoolExecutor(_WORKERS) as pool:  # the work is done in processes of their own
        slow_first = sorted(wanted, key=lambda one: -one.wall_s)
        outcomes = {out.model: out for out in pool.map(lambda one: compare(folder, one), slow_first)}
    print("| model | continuity errors, % (reference) | peaks | off by > 1 % | worst | engine, s | all, s |")
    print("|---|---|---|---|---|---|---|")
    for one in wanted:
        out = outcomes[one.model]
        if out.refusal:
            print(f"| {one.model} | refused: {out.refusal} (reference: {' '.join(one.error.split())}) | | | | | |")
            continue
        errors = ", ".join(f"{error:.3f}" for error in out.continuity)
        expected = ", ".join(f"{error:.3f}" for error in one.continuity)
        print(f"| {one.model} | {errors} ({expected}) | {out.peaks} | {out.peaks_off} | {out.worst_share:.2%} "
              f"| {out.engine_s:.2f} | {out.wall_s:.2f} |", flush=True)  # fmt: skip
    ran = [out for out in outcomes.values() if not out.refusal]
    print(f"\n{len(ran)} of {len(wanted)} ran; {sum(out.peaks for out in ran)} peaks, "
          f"{sum(out.peaks_off for out in ran)} off by more than 1 %, worst {max(o.worst_share for o in ran):.3%}; "
          f"continuity differs by at most {max(out.continuity_off for out in ran):.4f} percent points")  # fmt: skip


if __name__ == "__main__":
    main()
