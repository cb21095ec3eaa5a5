"""Where jobs live in the home folder, and how a result comes into its place: whole, and once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from api.jobs.manifest import MANIFEST, read_manifest
from api.jobs.task import check_id

JOBS = "jobs"
_WORK = ".work"


def result_folder(home: Path, job: str) -> Path:
    """The result of a job; it is there, whole, or not there."""
    return home / JOBS / check_id(job)


def work_folder(home: Path, job: str, attempt: int) -> Path:
    """Where one attempt at a job works; nobody else does."""
    return home / JOBS / _WORK / f"{check_id(job)}-{attempt}"


def fresh_work(folder: Path) -> Path:
    """An empty folder for one run; what an earlier run of the same attempt left is taken away."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def put_in_place(out: Path, home: Path, job: str) -> Path:
    """Give a finished result its name, at once. Where one is there already, that one stays.

    An attempt whose watcher lost its lease may still end: it then finds the result of the other, or comes first. As the
    same task gives the same bytes, either will do. RuntimeError where the bytes differ: the run is not reproducible.
    """
    target = result_folder(home, job)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        out.rename(target)
    except OSError:
        if not is_finished(target):
            raise
        if read_manifest(target)["sha256"] != read_manifest(out)["sha256"]:
            raise RuntimeError("two attempts at one job came to different results") from None
        shutil.rmtree(out, ignore_errors=True)
        return target
    _keep_name(target)
    return target


def is_finished(folder: Path) -> bool:
    """Whether a result is there: its manifest was made last."""
    return (folder / MANIFEST).is_file()


def take_away(home: Path, job: str, *, result: bool = False) -> None:
    """Remove what attempts at a job left in their work folders; with `result` the result too."""
    work = home / JOBS / _WORK
    for left in work.glob(f"{check_id(job)}-*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
    if result:
        folder = result_folder(home, job)
        gone = work / f"{job}-removed"
        gone.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(gone)  # at once: never half a result
        except FileNotFoundError:
            return
        shutil.rmtree(gone, ignore_errors=True)


def _keep_name(folder: Path) -> None:
    """Have the disk keep the name of a folder."""
    handle = os.open(folder.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
