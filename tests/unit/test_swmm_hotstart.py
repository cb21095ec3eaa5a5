"""A hot start of the city's model begins its coupled copy at the same heads and flows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.schema import DrainageNetwork
from data.swmm import PrepareOptions, inp_of, prepare_inp
from data.swmm.hotstart import coupled_hotstart, warm_start
from data.swmm.network import read_network
from hazards.drains.engine import SwmmEngine
from tests.small_network import small_inp
from tests.tiny_city import CRS

NODES = ("M1", "M2", "M3", "M4", "M5", "M6")
COUPLED = ("M2", "M4", "M5")
TANK = ["[STORAGE]", "TANK 495 5 0.5 FUNCTIONAL 0 0 20 0 0", "[PUMPS]", "PU TANK OUT2 * ON 0 0", "[OUTFALLS]",
        "OUT2 495 FREE", "[INFLOWS]", 'M1 FLOW "" FLOW 1.0 1.0 0.03', 'M5 FLOW "" FLOW 1.0 1.0 0.02',
        'TANK FLOW "" FLOW 1.0 1.0 0.01']  # fmt: skip


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> tuple[DrainageNetwork, dict[str, float]]:
    """The network with a hot start file written after an hour of dry-weather flow, and its heads (m) then."""
    folder = tmp_path_factory.mktemp("warm")
    network = read_network(inp_of([*small_inp(), *TANK], folder / "net.inp"), target_crs=CRS)
    with SwmmEngine(prepare_inp(network), coupled=[*NODES, "TANK"], outfalls=[], source=network.inp.file) as engine:
        while engine.advance(60.0, 3600.0) < 3500.0:
            pass
        heads = dict(zip([*NODES, "TANK"], engine.head.tolist(), strict=True))
        engine.save_hotstart(folder / "dry.hsf")
    return replace(network, hotstart=folder / "dry.hsf"), heads


def test_the_coupled_copy_begins_where_the_file_ends(warm: tuple[DrainageNetwork, dict[str, float]]) -> None:
    """Heads after the first step within 2 mm of those saved (single precision keeps 0.03 mm at 500 m in feet)."""
    network, heads = warm
    wish = PrepareOptions(coupled=COUPLED, rain="none", longest_step_s=1.0)
    with (
        warm_start(network, COUPLED) as hotstart,
        SwmmEngine(prepare_inp(network, wish), coupled=COUPLED, outfalls=[], source=network.inp.file,
                   hotstart=hotstart) as engine,
    ):  # fmt: skip
        engine.advance(0.5, 10.0)
        begun = engine.head.copy()
    expected = np.array([heads[name] for name in COUPLED])
    dry = network.nodes.set_index("name").loc[list(COUPLED), "invert_m"].to_numpy()
    assert (expected - dry).min() > 0.05
    assert np.abs(begun - expected).max() < 0.002


def test_without_coupled_nodes_the_file_stays_as_it_is(warm: tuple[DrainageNetwork, dict[str, float]]) -> None:
    network, _ = warm
    assert network.hotstart is not None
    assert coupled_hotstart(network, ()) == network.hotstart.read_bytes()
    assert len(coupled_hotstart(network, COUPLED)) == len(network.hotstart.read_bytes()) + 4 * len(COUPLED)
    with warm_start(replace(network, hotstart=None), COUPLED) as none:
        assert none is None


def test_files_of_other_networks_and_damaged_ones_are_refused(
    warm: tuple[DrainageNetwork, dict[str, float]], tmp_path: Path
) -> None:
    network, _ = warm
    assert network.hotstart is not None
    raw = network.hotstart.read_bytes()
    cases = {
        "is of another network": raw[:23] + b"\x07" + raw[24:], "not a hot start file": b"SWMM5-HOTSTART1" + raw[15:],
        "is cut off": raw[:60], "cannot be read": None,
    }  # fmt: skip
    for message, content in cases.items():
        file = tmp_path / "bad.hsf"
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(InputError, match=message):
            coupled_hotstart(replace(network, hotstart=file), COUPLED)
