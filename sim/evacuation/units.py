"""People on the move: groups that leave one block for one site at one moment, as parallel arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

HOME, MOVING, ENTERING, SHELTERED, STRANDED, TURNED_AWAY = range(6)
NO_SITE = -1  # on the way without a site: asks for one at its node


class Units(NamedTuple):
    """Groups, one entry each in every array.

    `block`; `site` it is bound for; `persons`; `state` (constants of this module); `node` where it is or the node
    ahead of it; `edge` it walks on, -1 off the roads; `entered_s`, when it entered the edge; `ready_s`, when it is
    next free to act (departs, reaches `node`, reaches the door); `departed_s` and `sheltered_s`, NaN until then.
    """

    block: np.ndarray
    site: np.ndarray
    persons: np.ndarray
    state: np.ndarray
    node: np.ndarray
    edge: np.ndarray
    entered_s: np.ndarray
    ready_s: np.ndarray
    departed_s: np.ndarray
    sheltered_s: np.ndarray


def units_at_home(block: np.ndarray, site: np.ndarray, persons: np.ndarray, depart_s: np.ndarray) -> Units:
    """Units that wait at home and leave at `depart_s`."""
    n = block.size
    return Units(
        block=block.astype(np.int32),
        site=site.astype(np.int32),
        persons=persons.astype(np.int64),
        state=np.full(n, HOME, np.uint8),
        node=np.full(n, -1, np.int32),
        edge=np.full(n, -1, np.int32),
        entered_s=np.zeros(n),
        ready_s=depart_s.astype(np.float64),
        departed_s=np.full(n, np.nan),
        sheltered_s=np.full(n, np.nan),
    )


def with_room(units: Units, count: int, extra: int) -> Units:
    """The units in arrays that take `extra` more behind the `count` in use: groups split."""
    size = units.block.size
    if count + extra <= size:
        return units
    more = max(count + extra, size + size // 4) - size
    return Units(*(np.concatenate((array, np.zeros(more, array.dtype))) for array in units))
