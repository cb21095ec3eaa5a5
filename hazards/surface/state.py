"""The arrays and numbers that the compiled step loop works on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from hazards.surface.boundaries import Cells

# Places in the water book (float64, m3).
RAIN, INFLOW, OUTFLOW, INFILTRATED, DRAINED, TO_SEWERS, FROM_SEWERS, PUMPED_OUT, PUMPED_IN = range(9)
BOOK_PLACES = 9
# Places in the clock (float64). A long step, LONG_DT, is one of the slow tiles and PARTS of DT of the fast ones.
(
    TIME, STOP, LAND, DT, LONG_DT, LONG_END, NEXT_TRACKING, LAST_TRACKING, DEEPEST, FASTEST, SLOW_DEEPEST, SLOW_FASTEST,
    HYDROLOGY_DT, NEXT_DT, CAUTION,
) = range(15)  # fmt: skip
CLOCK_PLACES = 15
# Places in the flags (int64).
(
    STEPS, STATUS, DONE, TRACK, TRACK_LONG, HYDROLOGY, OPEN, REPAIRED, BUILD, PHASE, PARTS, PART, PARTS_WANTED,
    SHARED_SINCE,
) = range(14)  # fmt: skip
FLAG_PLACES = 14
# What is noted of each tile and, while it is worked on, of each of its columns (bits of float32).
TILE_DEEPEST, TILE_FASTEST = range(2)
TILE_PLACES = 2
# What the threads are working on: PHASE.
HYDROLOGY_PHASE, BORDER_PHASE, SWEEP_PHASE = range(3)
# What STATUS tells.
FINE, NOT_A_NUMBER, STEP_TOO_SHORT = range(3)


class Fields(NamedTuple):
    """Rasters, float32 unless said otherwise, (rows, cols) but for the faces."""

    h: np.ndarray  # depth, m
    lead: np.ndarray  # depth as the faces see it: h and a share of its last change, m
    rest: np.ndarray  # what rounding of h left over, m
    qx: np.ndarray  # (rows, cols + 1) eastward flow per width, m2/s
    qy: np.ndarray  # (rows + 1, cols) southward flow per width, m2/s
    z: np.ndarray  # bed above the lowest, m
    zx: np.ndarray  # (rows, cols + 1) face levels, m
    zy: np.ndarray  # (rows + 1, cols)
    friction: np.ndarray  # g n^2
    deepest: np.ndarray  # greatest depth, m
    fastest: np.ndarray  # greatest speed, m/s
    strongest: np.ndarray  # greatest depth times speed, m2/s
    arrival: np.ndarray  # first time above the ponding depth, s, inf where never
    last: np.ndarray  # last time above it, s, -inf where never
    ponded: np.ndarray  # time above it, s
    zone: np.ndarray  # uint16, rain zone
    soil: np.ndarray  # potential infiltration, m/s; after a hydrology step what went in, m
    capacity: np.ndarray  # drainage capacity, m/s


class Crests(NamedTuple):
    """Faces under weir control, listed by face row, and the face rows that have no wall of any kind."""

    start_x: np.ndarray
    position_x: np.ndarray
    start_y: np.ndarray
    position_y: np.ndarray
    plain_x: np.ndarray  # uint8, 1 where every inner face lies at the higher of its beds
    plain_y: np.ndarray


class Sources(NamedTuple):
    """Inflows or stages, one after another in flat arrays."""

    cell_start: np.ndarray  # (count + 1)
    row: np.ndarray
    col: np.ndarray
    time_start: np.ndarray  # (count + 1)
    time: np.ndarray
    value: np.ndarray


class Points(NamedTuple):
    """Sources of constant rates on single cells, one account after another."""

    row: np.ndarray
    col: np.ndarray
    rate: np.ndarray  # m3/s
    place: np.ndarray  # int64, place in the water book
    rise: np.ndarray  # float64, rise that those on its cell bring, of several at least at one of them, m/s


class Numbers(NamedTuple):
    """Scalars of a run, float64 but for the last two."""

    dx: float
    gravity: float
    courant: float
    advective_courant: float
    kinematic_ratio: float
    shortening: float
    recovery: float
    least_share: float
    longest_step: float
    shortest_step: float
    flow_depth: float
    weir_coefficient: float
    least_slope: float
    tracking_step: float
    speed_depth: float
    lead_share: float
    speed_scale: float  # largest Froude number * sqrt(g)
    ponding_depth: float
    most_parts: int  # short steps in a long one
    deepest_each_step: int  # 0: greatest depths are noted with the speeds


class Desk(NamedTuple):
    """What the threads of a run share beside the rasters."""

    counters: np.ndarray  # of the crew
    clock: np.ndarray
    flags: np.ndarray
    book: np.ndarray
    rain: np.ndarray  # float32 (zones,), m of the hydrology step
    row_union: np.ndarray  # int32 (rows,), union of the bits of the depths
    peaks: np.ndarray  # int32 (threads, TILE_PLACES, cols)
    tiles: np.ndarray  # uint8 (tile rows, tile cols), which tiles take short steps
    trial: np.ndarray  # the same, as it would be
    tile_bits: np.ndarray  # int32 (TILE_PLACES, tile rows, tile cols): greatest depth and speed in the last step
    tile_dt: np.ndarray  # (tile rows, tile cols) stable step, s
    row_losses: np.ndarray  # float64 (rows, 2): infiltrated, drained, m
    scratch: np.ndarray  # float32 (threads, cols)
    stack: np.ndarray  # int64, cells under repair
    marked: np.ndarray  # uint8 (rows, cols), of them those done


class _Source(Protocol):
    @property
    def cells(self) -> Cells: ...
    @property
    def time_s(self) -> np.ndarray: ...


def pack_sources(sources: Sequence[_Source], values: Sequence[np.ndarray]) -> Sources:
    """Lay sources and their series one after another."""

    def starts(lengths: list[int]) -> np.ndarray:
        return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)

    def joined(arrays: list[np.ndarray], dtype: type) -> np.ndarray:
        return np.concatenate([np.zeros(0, dtype), *arrays]).astype(dtype)

    return Sources(
        cell_start=starts([len(source.cells[0]) for source in sources]),
        row=joined([source.cells[0] for source in sources], np.int64),
        col=joined([source.cells[1] for source in sources], np.int64),
        time_start=starts([len(source.time_s) for source in sources]),
        time=joined([source.time_s for source in sources], np.float64),
        value=joined(list(values), np.float64),
    )
