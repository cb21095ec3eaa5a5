"""A SWMM hot start file of the city's model made to fit the copy of a coupled run.

The copy lists coupled junctions last and as storage nodes (`data.swmm.prepare`), so their records move. Layout of the
file (hotstart.c of EPA SWMM 5.2): a stamp, six counts, the state of the ground, then floats for each node (depth,
lateral inflow, residence time of a storage node, quality) and for each link (flow, depth, setting, quality).
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from data.errors import InputError
from data.schema import DrainageNetwork

_STAMP = b"SWMM5-HOTSTART4"
_COUNTS = struct.Struct("<6i")  # subcatchments, land uses, nodes, links, pollutants, flow units
_EXPECTED = "a hot start file that SWMM 5.1.10 or later wrote for this network"


@contextmanager
def warm_start(network: DrainageNetwork, coupled: Collection[str]) -> Iterator[Path | None]:
    """The hot start file of a network for its copy with these nodes coupled; None where it has none.

    The file lives as long as the block. Raises InputError where it is no hot start file of this network.
    """
    if network.hotstart is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "start.hsf"
        path.write_bytes(coupled_hotstart(network, coupled))
        yield path


def coupled_hotstart(network: DrainageNetwork, coupled: Collection[str]) -> bytes:
    """The content of the hot start file of a network, in the order and layout of its copy with these nodes coupled."""
    assert network.hotstart is not None
    raw = _content(network.hotstart)
    _, _, nodes, links, pollutants, _ = _COUNTS.unpack_from(raw, len(_STAMP))
    if (nodes, links) != (len(network.nodes), len(network.links)):
        raise InputError(
            "the hot start file is of another network", file=network.hotstart, value=f"{nodes} nodes, {links} links",
            expected=f"{len(network.nodes)} nodes, {len(network.links)} links",
        )  # fmt: skip
    kind = network.nodes["kind"].to_numpy()
    size = 2 + (kind == "storage") + pollutants  # floats of each node
    tail = (3 + pollutants) * links
    begin = len(raw) - 4 * (int(size.sum()) + tail)
    if begin < len(_STAMP) + _COUNTS.size:
        raise InputError("the hot start file is cut off", file=network.hotstart, value=f"{len(raw)} bytes",
                         expected=_EXPECTED)  # fmt: skip
    values = np.frombuffer(raw, "<f4", offset=begin)
    parts = np.split(values[: int(size.sum())], np.cumsum(size)[:-1]) if nodes else []
    moved = network.nodes["name"].isin(coupled).to_numpy() & np.isin(kind, ("junction", "divider"))
    shafts = [number for section in ("junction", "divider") for number in np.flatnonzero(moved & (kind == section))]
    ordered = [parts[number] for number in np.flatnonzero(~moved)]
    # a shaft has a residence time between its inflow and its quality
    ordered += [np.concatenate([parts[n][:2], np.zeros(1, "<f4"), parts[n][2:]]) for n in shafts]
    return raw[:begin] + b"".join(part.tobytes() for part in [*ordered, values[len(values) - tail :]])


def _content(file: Path) -> bytes:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error}", file=file, expected=_EXPECTED) from None
    if not raw.startswith(_STAMP) or len(raw) < len(_STAMP) + _COUNTS.size:
        raise InputError("not a hot start file of SWMM 5, version 4", file=file, value=raw[: len(_STAMP)],
                         expected=_EXPECTED)  # fmt: skip
    return raw
