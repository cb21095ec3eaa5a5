"""The loop over the engine's native steps, compiled: no Python between two steps, none per node.

The functions of the engine are called by their addresses, which arrive as arguments: the compiled code holds none and
can be kept on disk.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba.extending
import numpy as np
from llvmlite import ir
from numba import types

from data.compiling import njit
from hazards.drains.library import (
    DEPTH,
    FIXED,
    FOOT_M,
    FREE,
    HEAD,
    LATERAL,
    LEAST_FLOW_M3_S,
    NORMAL,
    TOTAL_INFLOW,
    TOTAL_OUTFLOW,
    VOLUME,
)

FUNCTIONS = (
    "swmm_step",
    "swmm_getNodeResult",
    "swmm_setNodeInflow",
    "swmm_setOutfallStage",
    "swmm_setGagePrecip",
    "node_setOutletDepth",
)
_STEP, _RESULT, _INFLOW, _STAGE, _RAIN, _OUTLET = range(len(FUNCTIONS))
NOT_A_NUMBER = -1
_DAY_S = 86400.0
_LEAST_TIME_S = 1e-6

intrinsic: Any = numba.extending.intrinsic
_INT, _REAL, _ADDRESS = types.int32, types.float64, types.int64


def _foreign(result: Any, *arguments: Any) -> Any:
    """Code that calls a C function at the address given as its first argument (a pointer passes as its address)."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = ir.FunctionType(context.get_value_type(result), [context.get_value_type(one) for one in arguments])
        value = builder.call(builder.inttoptr(values[0], kind.as_pointer()), values[1:])
        return context.get_dummy_value() if result is types.void else value

    return result(_ADDRESS, *arguments), generate


@intrinsic
def _call_step(typing: Any, function: Any, out: Any) -> Any:
    return _foreign(_INT, _ADDRESS)


@intrinsic
def _call_result(typing: Any, function: Any, index: Any, kind: Any, out: Any) -> Any:
    return _foreign(_INT, _INT, _INT, _ADDRESS)


@intrinsic
def _call_set(typing: Any, function: Any, index: Any, value: Any) -> Any:
    return _foreign(_INT, _INT, _REAL)


@intrinsic
def _call_outlet(typing: Any, function: Any, index: Any, normal: Any, critical: Any, offset: Any) -> Any:
    return _foreign(_INT, _INT, _REAL, _REAL, _REAL)


class Engine(NamedTuple):
    """How the compiled code reaches the engine."""

    functions: np.ndarray  # int64 addresses, in the order of FUNCTIONS
    clock: np.ndarray  # time s, native steps, 1 once the run has ended
    duration_s: float
    flow_per_m3_s: float  # units of the file per SI unit, as in FileUnits
    metres: float
    volume_m3: float
    rain_per_mm_h: float
    out: np.ndarray  # (1,), where the engine writes a value
    out_address: int


class CoupledNodes(NamedTuple):
    """Nodes that exchange water with the street, all (n,); rates in m3/s."""

    at: np.ndarray  # int32, in the engine
    lateral: np.ndarray  # wanted inflow, may be negative
    applied: np.ndarray  # what the engine holds
    held: np.ndarray  # what it held in the last native step
    inflow: np.ndarray  # all that came from outside in the last native step
    head: np.ndarray  # m
    volume: np.ndarray  # m3
    uptake: np.ndarray  # mean net flow into the pipes
    received: np.ndarray  # m3 that came of `lateral`


class Outfalls(NamedTuple):
    """All outfalls (all,), those with water outside (m,) first."""

    at: np.ndarray  # (all,) int32, in the engine
    slot: np.ndarray  # (m,) int32, in the engine's own list of outfalls
    stage: np.ndarray  # (m,) wanted level, m; NaN: the boundary of the file
    own_boundary: np.ndarray  # (m,) the boundary of the file, the engine's kind
    own_stage_ft: np.ndarray  # (m,) its stage where it is fixed
    boundary: np.ndarray  # (all,) the engine's memory
    stage_ft: np.ndarray  # (all,) the engine's memory
    outflow: np.ndarray  # (all,) m3/s in the last native step
    volume: np.ndarray  # (all,) m3 that left since the start
    discharge: np.ndarray  # (m,) m3 that left


class CoupledGages(NamedTuple):
    """Rain gages that are driven from outside, all (k,)."""

    at: np.ndarray  # int32, in the engine
    rain: np.ndarray  # wanted rain, mm/h; NaN: as it is
    applied: np.ndarray  # what the engine holds


@njit(cache=True, nogil=True)
def _node_result(engine: Any, index: Any, kind: Any) -> Any:
    """One value of one node, in the units of the file."""
    _call_result(engine.functions[_RESULT], index, np.int32(kind), engine.out_address)
    return engine.out[0]


@njit(cache=True, nogil=True)
def read_nodes(engine: Any, nodes: Any) -> Any:
    """Heads (m) and volumes (m3) of the coupled nodes as they are now; NOT_A_NUMBER where a head is none, else 0."""
    for i in range(nodes.at.size):
        nodes.head[i] = _node_result(engine, nodes.at[i], HEAD) * engine.metres
        nodes.volume[i] = _node_result(engine, nodes.at[i], VOLUME) * engine.volume_m3
        if not np.isfinite(nodes.head[i]):
            return NOT_A_NUMBER
    return 0


@njit(cache=True, nogil=True)
def _set_stages(engine: Any, outfalls: Any) -> None:
    """Hold each coupled outfall at the higher of its own boundary and the wanted stage.

    A fixed stage below the critical depth acts as a free outfall, so a free one needs no decision; one at normal depth
    keeps it while the water outside lies below its invert; the stage of a tide is looked up by the engine.
    """
    for i in range(outfalls.stage.size):
        node = outfalls.at[i]
        own = outfalls.own_boundary[i]
        if np.isnan(outfalls.stage[i]):
            outfalls.boundary[outfalls.slot[i]] = own
            outfalls.stage_ft[outfalls.slot[i]] = outfalls.own_stage_ft[i]
            continue
        least = -np.inf
        if own == FIXED:
            least = outfalls.own_stage_ft[i] * FOOT_M
        elif own == NORMAL:
            least = _node_result(engine, node, HEAD) - _node_result(engine, node, DEPTH)
            least *= engine.metres
        elif own != FREE:
            outfalls.boundary[outfalls.slot[i]] = own
            _call_outlet(engine.functions[_OUTLET], node, 0.0, 0.0, 0.0)
            least = _node_result(engine, node, HEAD) * engine.metres
        if outfalls.stage[i] > least:
            _call_set(engine.functions[_STAGE], node, outfalls.stage[i] / engine.metres)
        else:
            outfalls.boundary[outfalls.slot[i]] = own
            outfalls.stage_ft[outfalls.slot[i]] = outfalls.own_stage_ft[i]


@njit(cache=True, nogil=True)
def _set_rates(engine: Any, nodes: Any, gages: Any) -> None:
    """Hand the inflows and the rain that changed to the engine."""
    for i in range(nodes.at.size):
        rate = 0.0 if abs(nodes.lateral[i]) < LEAST_FLOW_M3_S else nodes.lateral[i]
        if rate != nodes.applied[i]:
            _call_set(engine.functions[_INFLOW], nodes.at[i], rate * engine.flow_per_m3_s)
            nodes.applied[i] = rate
    for i in range(gages.at.size):
        if not np.isnan(gages.rain[i]) and gages.rain[i] != gages.applied[i]:
            _call_set(engine.functions[_RAIN], gages.at[i], gages.rain[i] * engine.rain_per_mm_h)
            gages.applied[i] = gages.rain[i]


@njit(cache=True, nogil=True)
def advance(engine: Any, nodes: Any, outfalls: Any, gages: Any, goal_s: Any) -> Any:
    """Native steps until the clock reaches `goal_s`; the engine's code where it stopped, NOT_A_NUMBER, or 0.

    The volumes of the engine follow the mean of the old and the new rate over each step dt, and so do these:
    received = sum (held + applied) dt / 2; uptake = (sum (old + new inflow) dt / 2 - growth of the volume) / time.
    """
    start = engine.clock[0]
    _set_rates(engine, nodes, gages)
    _set_stages(engine, outfalls)
    for i in range(nodes.at.size):
        nodes.received[i] = 0.0
        nodes.uptake[i] = nodes.volume[i]
    for i in range(outfalls.discharge.size):
        outfalls.discharge[i] = outfalls.volume[i]
    while engine.clock[0] < goal_s - _LEAST_TIME_S and engine.clock[2] == 0.0:
        code = _call_step(engine.functions[_STEP], engine.out_address)
        if code != 0:
            return code
        ended = engine.out[0] == 0.0
        now = engine.duration_s if ended else np.rint(engine.out[0] * _DAY_S / _LEAST_TIME_S) * _LEAST_TIME_S
        half = 0.5 * (now - engine.clock[0])
        engine.clock[0] = now
        engine.clock[1] += 1.0
        engine.clock[2] = 1.0 if ended else 0.0
        for i in range(nodes.at.size):
            nodes.received[i] += half * (nodes.held[i] + nodes.applied[i])
            nodes.held[i] = nodes.applied[i]
            flow = _node_result(engine, nodes.at[i], LATERAL) / engine.flow_per_m3_s
            nodes.uptake[i] += half * (nodes.inflow[i] + flow)
            nodes.inflow[i] = flow
        for i in range(outfalls.at.size):
            flow = _node_result(engine, outfalls.at[i], TOTAL_INFLOW)
            back = _node_result(engine, outfalls.at[i], TOTAL_OUTFLOW)
            # The engine writes the size of a backflow over the inflow too.
            flow = (-back if flow == back else flow - back) / engine.flow_per_m3_s
            outfalls.volume[i] += half * (outfalls.outflow[i] + flow)
            outfalls.outflow[i] = flow
    code = read_nodes(engine, nodes)
    for i in range(outfalls.discharge.size):
        outfalls.discharge[i] = outfalls.volume[i] - outfalls.discharge[i]
    span = engine.clock[0] - start
    for i in range(nodes.at.size):
        nodes.uptake[i] = (nodes.uptake[i] - nodes.volume[i]) / span if span > 0.0 else 0.0
    return code
