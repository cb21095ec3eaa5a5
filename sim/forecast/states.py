"""States of the analysis kept on the disk: from which one a cycle goes on, also when observations come late."""

from __future__ import annotations

import json
import os
import struct
import zipfile
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from data.units import m_to_mm
from hazards import RainForcing

FORM = 2  # of what a state holds; raised with any change of the arrays that surface, sewers and structures keep
# What reading a broken file raises: of its bytes any may be another one, also those that say how it is packed.
UNREADABLE = (
    OSError, ValueError, LookupError, EOFError, TypeError, ArithmeticError, RuntimeError, MemoryError, struct.error,
    zlib.error, zipfile.BadZipFile,
)  # fmt: skip
_PLACES = 64  # cells at which the rain of a state is remembered


@dataclass(frozen=True, eq=False)
class KeptState:
    """The water of a city at one moment, and the rain that brought it there."""

    epoch: datetime  # where the clock of its water begins
    time_s: float  # on that clock
    since_s: float  # of the state before, or where the water began
    rained_s: float  # last rain before time_s; since the beginning where there was none
    wetness: float  # of the ground at the beginning, 0 to 1
    rain_mm: np.ndarray  # between since_s and time_s at the remembered cells
    water: dict[str, np.ndarray]
    sewers: bytes  # hot start of the sewer engine; empty without one

    @property
    def moment(self) -> datetime:
        """The time it stands for."""
        return self.epoch + timedelta(seconds=self.time_s)


class KeptStates:
    """A folder of states of one city, one file each, replaced whole; files that cannot be read are left alone."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.folder = folder
        self.fingerprint = fingerprint
        self.unreadable: tuple[str, ...] = ()  # names of files, at the last `read`
        folder.mkdir(parents=True, exist_ok=True)

    def read(self, until: datetime) -> list[KeptState]:
        """Every state of this city at or before a time, the oldest first, yet without their water (`whole`)."""
        found, bad = [], []
        for path in sorted(self.folder.glob("state-*.npz")):
            try:
                fingerprint, state = _read(path, with_water=False)
            except UNREADABLE:
                bad.append(path.name)
                continue
            if fingerprint == self.fingerprint and state.moment <= until:
                found.append(state)
        self.unreadable = tuple(bad)
        return sorted(found, key=lambda state: state.moment)

    def whole(self, state: KeptState) -> KeptState | None:
        """The state with its water; None where the file is gone or broken."""
        path = self.place(state.moment)
        try:
            return _read(path, with_water=True)[1]
        except UNREADABLE:
            self.unreadable = (*self.unreadable, path.name)
            return None

    def save(self, state: KeptState, kept_s: float) -> Path:
        """Put a state on the disk.

        Dropped are those older by more than `kept_s`, those later than the one that it went on from, which the rain no
        longer leads to, and unreadable ones.
        """
        path = self.place(state.moment)
        own: dict[str, object] = {
            "fingerprint": self.fingerprint,
            "epoch": state.epoch.isoformat(),
            "time_s": state.time_s,
        }
        own |= {"since_s": state.since_s, "rained_s": state.rained_s, "wetness": state.wetness}
        arrays = {f"water.{name}": array for name, array in state.water.items()}
        arrays["rain_mm"] = state.rain_mm
        arrays["sewers"] = np.frombuffer(state.sewers, np.uint8)
        own["arrays"] = sorted(arrays)
        new = path.with_suffix(".new")
        with new.open("wb") as stream:
            np.savez(stream, meta=np.array(json.dumps(own)), **arrays)  # type: ignore[arg-type]
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(path)
        oldest = self.place(state.moment - timedelta(seconds=kept_s)).name
        before = self.place(state.epoch + timedelta(seconds=state.since_s)).name
        for other in self.folder.glob("state-*"):
            stale = not oldest <= other.name <= before or other.name in self.unreadable
            if stale and other.name != path.name:
                other.unlink(missing_ok=True)
        return path

    def place(self, moment: datetime) -> Path:
        """Where the state of a moment lies."""
        return self.folder / f"state-{round(moment.timestamp()):012d}.npz"


def read_state(path: Path) -> KeptState:
    """The state in one file, whatever city it is of. OSError, ValueError, KeyError or BadZipFile where it is broken."""
    return _read(path, with_water=True)[1]


def _read(path: Path, *, with_water: bool) -> tuple[str, KeptState]:
    """Fingerprint and state of a file; every array is checked against its sum as it is read."""
    with np.load(path, allow_pickle=False) as file:
        meta = json.loads(str(file["meta"]))
        if sorted(file.files) != sorted([*meta["arrays"], "meta"]):  # names have no sum of their own
            raise ValueError("arrays are missing")
        names = [name for name in file.files if name.startswith("water.")] if with_water else []
        state = KeptState(
            epoch=datetime.fromisoformat(meta["epoch"]),
            time_s=meta["time_s"],
            since_s=meta["since_s"],
            rained_s=meta["rained_s"],
            wetness=meta["wetness"],
            rain_mm=file["rain_mm"],
            water={name[6:]: file[name] for name in names},
            sewers=file["sewers"].tobytes() if with_water else b"",
        )
        return meta["fingerprint"], state


def rain_between(rain: RainForcing, shape: tuple[int, int], begin_s: float, end_s: float) -> np.ndarray:
    """Rain (mm) between two times at cells spread over the grid, whatever the zones of the rain, (places,)."""
    fallen = m_to_mm(rain.depth_until(end_s) - rain.depth_until(begin_s))[0]
    cells = np.linspace(0, shape[0] * shape[1] - 1, _PLACES).astype(np.int64)
    return np.asarray(fallen[0 if rain.zone is None else rain.zone.reshape(-1)[cells]] * np.ones(_PLACES))


def fitting_state(
    states: list[KeptState], rain: RainForcing, epoch: datetime, shape: tuple[int, int], change_mm: float
) -> tuple[KeptState | None, bool]:
    """The last state that the observed rain still leads to, and whether a later one had to be given up.

    `rain` is in seconds since `epoch`. A state counts as long as no segment of rain up to it has changed by more than
    `change_mm` anywhere; of the oldest the rain before is not looked at, as there is nothing to go back to.
    """
    kept: KeptState | None = None
    for state in states:
        if kept is not None:
            shift = (state.epoch - epoch).total_seconds()
            now = rain_between(rain, shape, state.since_s + shift, state.time_s + shift)
            if np.abs(now - state.rain_mm).max() > change_mm:
                return kept, True
        kept = state
    return kept, False
