"""Checkpoints of a flood run: what it needs to go on after it was killed, to the same bytes as if it had not been."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data.errors import InputError
from hazards.drains.journal import Journal
from sim.flood_record import Frame

_STATE = "state.npz"
_NEW_STATE = "state.npz.new"
_JOURNAL = "sewers.journal"
_FRAMES = "frames"
_HOW = "an unfinished run of this case with --checkpoint-min"


class Checkpoints:
    """A folder beside the results that holds the last state of a run, its frames so far and the journal of its sewers.

    The state is one file that is replaced whole, so a kill at any moment leaves the one before or the new one. Frames
    and journal may be ahead of it; what is ahead is written again, alike.
    """

    def __init__(self, folder: Path, fingerprint: str, every_s: float) -> None:
        if not every_s > 0.0:
            raise ValueError(f"every_s(={every_s}) must be > 0")
        self.folder = folder
        self.fingerprint = fingerprint
        self.every_s = every_s
        self.state: dict[str, np.ndarray] | None = None
        self._next_s = every_s
        self._frames = 0

    @classmethod
    def begin(cls, folder: Path, fingerprint: str, every_s: float) -> Checkpoints:
        """An empty folder for a new run; an earlier checkpoint is dropped, anything else refused."""
        ours = {_FRAMES, _JOURNAL, _STATE, _NEW_STATE}
        if folder.exists() and {entry.name for entry in folder.iterdir()} - ours:
            raise InputError("will not overwrite what is not ours", file=folder, expected="no folder of this name")
        shutil.rmtree(folder, ignore_errors=True)
        (folder / _FRAMES).mkdir(parents=True)
        return cls(folder, fingerprint, every_s)

    @classmethod
    def resume(cls, folder: Path, fingerprint: str, every_s: float | None) -> Checkpoints:
        """The last checkpoint of the same case; `every_s` None goes on at the interval of before."""
        try:
            with np.load(folder / _STATE) as file:
                state = dict(file)
        except FileNotFoundError:
            raise InputError("there is no checkpoint to resume from", file=folder, expected=_HOW) from None
        except (OSError, ValueError) as error:
            raise InputError(f"the checkpoint cannot be read: {error}", file=folder / _STATE, expected=_HOW) from None
        if str(state["fingerprint"]) != fingerprint:
            raise InputError(
                "the checkpoint is of another case", file=folder, expected="the case and rules as they were"
            )
        checkpoints = cls(folder, fingerprint, float(state["every_s"]) if every_s is None else every_s)
        checkpoints.state = state
        checkpoints._frames = int(state["frames"])
        checkpoints._next_s = float(state["time_s"]) + checkpoints.every_s
        return checkpoints

    @property
    def journal(self) -> Journal:
        """The journal of the sewers: new, or as it was at the checkpoint."""
        file = self.folder / _JOURNAL
        return Journal(file) if self.state is None else Journal.resume(file, int(self.state["water.under.windows"]))

    def keep(self, frame: Frame) -> None:
        """Put a frame aside."""
        place = self._frame(self._frames)
        np.savez(place, time_s=frame.time_s, depth=frame.depth, speed_x=frame.speed_x, speed_y=frame.speed_y)
        self._frames += 1

    def frames(self) -> Iterator[Frame]:
        """The frames up to the checkpoint."""
        for number in range(self._frames):
            with np.load(self._frame(number)) as file:
                yield Frame(float(file["time_s"]), file["depth"], file["speed_x"], file["speed_y"])

    def due(self, time_s: float) -> bool:
        """Whether a checkpoint should be made at this instant."""
        return time_s >= self._next_s

    def save(self, time_s: float, state: dict[str, np.ndarray]) -> None:
        """Replace the state on the disk."""
        new = self.folder / _NEW_STATE
        own = {"fingerprint": self.fingerprint, "every_s": self.every_s, "frames": self._frames, "time_s": time_s}
        arrays: dict[str, Any] = own | state
        with new.open("wb") as stream:
            np.savez(stream, **arrays)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(self.folder / _STATE)
        self._next_s = time_s + self.every_s

    def remove(self) -> None:
        """The run is done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _frame(self, number: int) -> Path:
        return self.folder / _FRAMES / f"{number:06d}.npz"


def fingerprint(*parts: object) -> str:
    """SHA-256 (hex) of arrays, tables, dataclasses and plain values: another one where anything in them differs."""
    digest = hashlib.sha256()
    for part in parts:
        _feed(digest, part)
    return digest.hexdigest()


def _feed(digest: Any, part: object) -> None:
    digest.update(type(part).__name__.encode())
    if isinstance(part, np.ndarray):
        digest.update(f"{part.dtype} {part.shape}".encode())
        digest.update(repr(part.tolist()).encode() if part.dtype == object else np.ascontiguousarray(part).tobytes())
    elif isinstance(part, pd.DataFrame):
        digest.update(pd.DataFrame(part).to_csv().encode())
    elif is_dataclass(part) and not isinstance(part, type):
        for field in fields(part):
            digest.update(field.name.encode())
            _feed(digest, getattr(part, field.name))
    elif isinstance(part, dict):
        for key, value in part.items():
            _feed(digest, key)
            _feed(digest, value)
    elif isinstance(part, list | tuple):
        digest.update(str(len(part)).encode())
        for item in part:
            _feed(digest, item)
    elif not isinstance(part, Path):  # a moved case is the same case
        digest.update(repr(part).encode())
