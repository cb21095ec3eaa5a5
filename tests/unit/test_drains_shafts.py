"""Shafts wide enough for the pipes that end in them."""

from __future__ import annotations

import math

import pytest

from data.swmm import PrepareOptions, inp_of, prepare_inp, sections
from data.swmm.network import read_network
from hazards.drains.engine import SwmmEngine
from hazards.drains.parameters import ExchangeParameters
from hazards.drains.shafts import shafts_of, wide_shafts

LINES = [
    "[OPTIONS]", "FLOW_UNITS CMS",
    "[JUNCTIONS]", "A 10 3 0.1", "B 9.9 3", "C 9.8 4 0 1.5", "[OUTFALLS]", "O 9.7 FREE",
    "[CONDUITS]", "P A B 50 0.013 0 0", "Q B C 40 0.013 0 0", "R C O 20 0.013 0 0",
    "[XSECTIONS]", "P CIRCULAR 0.5 0 0 0", "Q CIRCULAR 2 0 0 0", "R CIRCULAR 2 0 0 0 2",
]  # fmt: skip
NETWORK = read_network(inp_of(LINES, "net.inp"))


def area(*pipes: tuple[float, float], step_s: float = 5.0) -> float:
    """g dt^2 / (2 * 3) * sum(A / L) of pipes (diameter, length)."""
    return 9.81 * step_s**2 / 6.0 * sum(math.pi * d * d / 4.0 / length for d, length in pipes)


def test_wide_short_pipes_ask_for_wide_shafts() -> None:
    wide = wide_shafts(NETWORK, ExchangeParameters())
    assert set(wide) == {"B", "C"}  # A ends a narrow pipe, O is an outfall
    assert wide["B"] == pytest.approx(area((0.5, 50.0), (2.0, 40.0)))
    assert wide["C"] == pytest.approx(area((2.0, 40.0), (2.0, 20.0), (2.0, 20.0)))  # R has two barrels
    assert shafts_of(NETWORK, ["A", "C"], ExchangeParameters()) == pytest.approx([1.167, wide["C"]])


def test_shorter_steps_need_narrower_shafts() -> None:
    assert wide_shafts(NETWORK, ExchangeParameters(step_s=1.0)) == {}


def test_copy_has_the_shafts_and_an_uncoupled_one_keeps_its_rim() -> None:
    wish = PrepareOptions(coupled=("A", "B"), shaft_areas={"B": 3.5, "C": 20.0}, headroom_m=100.0)
    storage = {
        row.tokens[0]: list(row.tokens[1:])
        for row in sections(inp_of(prepare_inp(NETWORK, wish), "net.inp"))["STORAGE"]
    }
    assert storage["A"] == ["10", "103", "0.1", "FUNCTIONAL", "0", "0", "1.167", "0", "0"]
    assert storage["B"] == ["9.9", "103", "0", "FUNCTIONAL", "0", "0", "3.5", "0", "0"]
    assert storage["C"] == ["9.8", "4", "0", "FUNCTIONAL", "0", "0", "20", "1.5", "0"]


def test_a_line_of_wide_pipes_keeps_its_water_only_on_wide_shafts() -> None:
    """Eight manholes 40 m apart on pipes of 2 m that fill: on SWMM's least shafts the engine makes water."""
    names = [f"J{k}" for k in range(8)]
    lines = ["[OPTIONS]", "FLOW_UNITS CMS", "START_DATE 01/01/2026", "END_DATE 01/02/2026", "[JUNCTIONS]"]
    lines += [f"{name} {20.0 - 0.12 * k:.2f} 4" for k, name in enumerate(names)]
    lines += ["[OUTFALLS]", "O 19.04 FREE", "[CONDUITS]"]
    lines += [f"C{k} {name} {(*names, 'O')[k + 1]} 40 0.013 0 0" for k, name in enumerate(names)]
    lines += ["[XSECTIONS]", *(f"C{k} CIRCULAR 2 0 0 0" for k in range(8))]
    network = read_network(inp_of(lines, "net.inp"))
    errors = []
    for areas in ({}, wide_shafts(network, ExchangeParameters())):
        wish = PrepareOptions(
            coupled=tuple(names), shaft_areas=areas, rain="none", longest_step_s=5.0, duration_s=7200.0, quiet=True
        )
        with SwmmEngine(prepare_inp(network, wish), names) as engine:
            while engine.time_s < 7000.0:
                engine.lateral[0] = 14.0 if 600.0 < engine.time_s < 3000.0 else 0.0  # 9 m3/s fill the pipe
                engine.advance(5.0)
            totals = engine.totals()
            errors.append(abs(totals["error"]) / totals["inflow"])
    assert errors[0] > 1.0
    assert errors[1] < 0.01  # the sudden inflow costs 0.4 % in steps of 5 s
