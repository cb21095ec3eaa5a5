"""The depth of water now and the worst ahead, kept on the disk for maps and for questions about one place."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from data.datum import WGS84, transform
from data.errors import InputError
from data.schema import Grid
from sim.forecast.states import UNREADABLE

FILE = "depth.npz"


@dataclass(frozen=True, eq=False)
class DepthField:
    """Depths of one cycle, float32 (rows, cols), m; NaN outside the city."""

    time: datetime
    horizon_s: float
    grid: Grid
    now: np.ndarray
    worst: np.ndarray  # greatest within the horizon, of the control member

    def at(self, lon: float, lat: float) -> tuple[float, float] | None:
        """Depth now and worst ahead (m) at a place in degrees, WGS84; None off the modelled ground."""
        x_m, y_m = transform(np.array([lon]), np.array([lat]), WGS84, self.grid.crs)
        rows, cols = self.grid.cell_of(x_m, y_m)
        if rows[0] < 0:
            return None
        now, worst = float(self.now[rows[0], cols[0]]), float(self.worst[rows[0], cols[0]])
        return None if np.isnan(now) else (now, worst)


def save_depth(folder: Path, field: DepthField) -> Path:
    """Replace the field in a folder, whole."""
    meta = json.dumps({"time": field.time.isoformat(), "horizon_s": field.horizon_s, "grid": asdict(field.grid)})
    new = folder / (FILE + ".new")
    with new.open("wb") as stream:
        np.savez_compressed(stream, meta=np.array(meta), now=field.now, worst=field.worst)
        stream.flush()
        os.fsync(stream.fileno())
    return new.replace(folder / FILE)


def read_depth(folder: Path) -> DepthField | None:
    """The field in a folder, None where there is none. Raises InputError where it cannot be read."""
    path = folder / FILE
    try:
        with np.load(path, allow_pickle=False) as file:
            meta = json.loads(str(file["meta"]))
            now, worst = file["now"], file["worst"]
    except FileNotFoundError:
        return None
    except UNREADABLE as error:
        raise InputError(f"the depth field cannot be read: {error}", file=path) from None
    return DepthField(datetime.fromisoformat(meta["time"]), meta["horizon_s"], Grid(**meta["grid"]), now, worst)
