"""The files of a result: what each is called, how long it is and its SHA-256, in one manifest that is made last.

Every file of a result is the same, byte for byte, wherever and however often the job runs. What a clock has measured
is therefore taken out of the JSON files and kept in timing.json, the one file the manifest does not count.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.rules_file import load_rules

MANIFEST, TIMING = "manifest.json", "timing.json"
CLOCK_KEYS = ("wall_s", "cell_updates_per_s", "engine_wall_s", "coupling_cpu_s")  # of objects in JSON files
_FORMAT = "rongan job result 1"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class FileOfResult:
    """One file."""

    name: str  # relative to the result, with "/"
    size: int  # bytes
    sha256: str  # hex


def take_out_clocks(folder: Path, measured: dict[str, Any]) -> None:
    """Move what clocks have measured out of the JSON files of a result and into timing.json, beside `measured`."""
    timing: dict[str, Any] = {"run": measured}
    for file in sorted(folder.rglob("*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        taken: dict[str, Any] = {}
        kept = _without_clocks(content, "", taken)
        if taken:
            timing[file.relative_to(folder).as_posix()] = taken
            _write(file, kept)
    _write(folder / TIMING, timing)


def write_manifest(folder: Path, kind: str, params_sha256: str, seed: int) -> dict[str, Any]:
    """Write manifest.json over every file that is there, timing.json excepted, and return what it holds."""
    files = [_file(folder, path) for path in _files(folder)]
    whole = hashlib.sha256("".join(f"{one.sha256} {one.name}\n" for one in files).encode()).hexdigest()
    told = {
        "format": _FORMAT,
        "kind": kind,
        "params_sha256": params_sha256,
        "seed": seed,
        "made_by": {"rongan": version("rongan"), "rules_hash": load_rules().hash},  # others may come to other bytes
        "sha256": whole,  # over the lines "<sha256> <name>": one value for the whole result
        "files": [vars(one) for one in files],
    }
    _write(folder / MANIFEST, told)
    return told


def read_manifest(folder: Path) -> dict[str, Any]:
    """What manifest.json holds. InputError where there is none: the folder is no finished result."""
    try:
        told: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError("no finished result", file=folder, expected=f"a folder with {MANIFEST}") from None
    return told


def files_of(manifest: dict[str, Any]) -> dict[str, FileOfResult]:
    """The files of a result by name: no other name is ever served."""
    return {row["name"]: FileOfResult(**row) for row in manifest["files"]}


def check_result(folder: Path) -> list[str]:
    """Names of files that are missing, too many or not as the manifest says; none: the result is whole."""
    said = files_of(read_manifest(folder))
    found = {one.name: one for one in (_file(folder, path) for path in _files(folder))}
    return sorted(name for name in said.keys() | found.keys() if said.get(name) != found.get(name))


def sync_folder(folder: Path) -> None:
    """Have the disk keep every file and folder of a result before its name says that it is whole."""
    for place in [*_all(folder), folder]:
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _all(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def _files(folder: Path) -> list[Path]:
    """Files that count, by name; a link is not ours and would lead out of the result."""
    paths = [path for path in _all(folder) if path.is_file() and not path.is_symlink()]
    counted = [path for path in paths if path.relative_to(folder).as_posix() not in (MANIFEST, TIMING)]
    return sorted(counted, key=lambda path: path.relative_to(folder).as_posix())


def _file(folder: Path, path: Path) -> FileOfResult:
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            found.update(chunk)
    return FileOfResult(path.relative_to(folder).as_posix(), path.stat().st_size, found.hexdigest())


def _without_clocks(value: Any, place: str, taken: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        kept = {}
        for key, item in value.items():
            where = f"{place}.{key}" if place else str(key)
            if key in CLOCK_KEYS:
                taken[where] = item
            else:
                kept[key] = _without_clocks(item, where, taken)
        return kept
    if isinstance(value, list):
        return [_without_clocks(item, f"{place}[{number}]", taken) for number, item in enumerate(value)]
    return value


def _write(file: Path, content: Any) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    file.write_text(text, encoding="utf-8", newline="\n")
