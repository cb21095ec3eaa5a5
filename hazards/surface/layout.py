"""Checks what SurfaceFlow is given and lays out the arrays of its state."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hazards.surface import state
from hazards.surface.boundaries import Cells, EdgeConditions, Inflow, StageBoundary
from hazards.surface.crew import new_counters
from hazards.surface.faces import face_levels
from hazards.surface.parameters import FlowParameters, Tracking
from hazards.surface.tiles import SHARED_AFTER, tile_counts

_LINE = 64  # bytes of a cache line


def check_inputs(
    bed: np.ndarray, cell_m: float, manning_n: float | np.ndarray, initial_depth: float | np.ndarray
) -> None:
    """Raise ValueError where a raster has the wrong shape or a value out of range."""
    if bed.ndim != 2 or bed.size == 0:
        raise ValueError(f"bed must be (rows, cols), got shape {bed.shape}")
    if np.isinf(bed).any() or np.isnan(bed).all():
        raise ValueError("bed must hold finite levels, NaN outside")
    if not cell_m > 0.0:
        raise ValueError(f"cell_m(={cell_m}) must be > 0")
    for name, value, least in (("manning_n", manning_n, "> 0"), ("initial_depth", initial_depth, ">= 0")):
        array = np.asarray(value, np.float64)
        if array.ndim and array.shape != bed.shape:
            raise ValueError(f"{name} has shape {array.shape}, expected {bed.shape}")
        array = np.broadcast_to(array, bed.shape)[np.isfinite(bed)]
        good = array > 0.0 if least == "> 0" else array >= 0.0
        if not (good & np.isfinite(array)).all():
            raise ValueError(f"{name} must be finite and {least} wherever the bed is known")


def lay_out(
    bed: np.ndarray,
    manning_n: float | np.ndarray,
    initial_depth: float | np.ndarray,
    crest_x: np.ndarray | None,
    crest_y: np.ndarray | None,
    edges: EdgeConditions,
    parameters: FlowParameters,
    tracking: Tracking,
) -> tuple[state.Fields, state.Crests]:
    """The rasters of a run at its start, levels taken from the lowest bed so that float32 can hold them."""
    inside = np.isfinite(bed)
    lowest = float(bed[inside].min())

    def raster(value: float | np.ndarray = 0.0) -> np.ndarray:
        array = np.zeros(bed.shape, np.float32)
        array[inside] = np.broadcast_to(np.asarray(value, np.float64), bed.shape)[inside]
        return array

    depth = raster(initial_depth)
    z = raster(bed - lowest)
    (zx, zy), crests = lay_faces(bed, z, crest_x, crest_y, edges)
    ponded = depth > tracking.ponding_depth_m
    rows, cols = bed.shape
    fields = state.Fields(
        h=depth,
        lead=depth.copy(),
        rest=raster(),
        qx=np.zeros((rows, cols + 1), np.float32),
        qy=np.zeros((rows + 1, cols), np.float32),
        z=z,
        zx=zx,
        zy=zy,
        friction=raster(parameters.gravity * np.asarray(manning_n, np.float64) ** 2),
        deepest=depth.copy(),
        fastest=raster(),
        strongest=raster(),
        arrival=np.where(ponded, np.float32(0.0), np.float32(np.inf)),
        last=np.where(ponded, np.float32(0.0), np.float32(-np.inf)),
        ponded=raster(),
        zone=np.zeros(bed.shape, np.uint16),
        soil=raster(),
        capacity=raster(),
    )
    return _in_one_block(fields), crests


def _in_one_block(fields: state.Fields) -> state.Fields:
    """The same arrays, one after the other in memory, each from the beginning of a cache line.

    Wide vectors then straddle fewer lines: a twentieth of a step (measured). Large pages, which the block gets and
    single arrays of under 4 MiB do not, gain nothing by themselves.
    """
    places = np.cumsum([0, *(-(-array.nbytes // _LINE) * _LINE for array in fields)])
    block = np.empty(places[-1] + _LINE, np.uint8)
    block = block[-block.ctypes.data % _LINE :]
    moved = []
    for array, place in zip(fields, places, strict=False):
        there = block[place : place + array.nbytes].view(array.dtype).reshape(array.shape)
        there[:] = array
        moved.append(there)
    return state.Fields(*moved)


def lay_faces(
    bed: np.ndarray, z: np.ndarray, crest_x: np.ndarray | None, crest_y: np.ndarray | None, edges: EdgeConditions
) -> tuple[tuple[np.ndarray, np.ndarray], state.Crests]:
    """Levels of the west-east and the north-south faces above the lowest bed (float32, m), and where walls stand.

    `z` is the bed above the lowest in float32: rows of faces that lie at the higher of their two beds are plain.
    """
    lowest = float(np.nanmin(bed))
    zx, start_x, position_x = face_levels(bed, crest_x, 1, lowest, edges.west == "open", edges.east == "open")
    zy, start_y, position_y = face_levels(bed, crest_y, 0, lowest, edges.north == "open", edges.south == "open")
    plain_x = (zx[:, 1:-1] == np.maximum(z[:, :-1], z[:, 1:])).all(axis=1)
    plain_y = np.zeros(zy.shape[0], bool)
    plain_y[1:-1] = (zy[1:-1] == np.maximum(z[:-1], z[1:])).all(axis=1)
    plain = plain_x.astype(np.uint8), plain_y.astype(np.uint8)
    return (zx, zy), state.Crests(start_x, position_x, start_y, position_y, *plain)


def numbers_of(cell_m: float, parameters: FlowParameters, tracking: Tracking) -> state.Numbers:
    """The scalars that the step loop reads."""
    return state.Numbers(
        dx=cell_m,
        gravity=parameters.gravity,
        courant=parameters.courant,
        advective_courant=parameters.advective_courant,
        kinematic_ratio=parameters.kinematic_ratio,
        shortening=parameters.limited_shortening,
        recovery=parameters.limited_recovery,
        least_share=parameters.limited_least_share,
        longest_step=parameters.longest_step_s,
        shortest_step=parameters.shortest_step_s,
        flow_depth=parameters.flow_depth_m,
        weir_coefficient=parameters.weir_coefficient,
        least_slope=parameters.open_edge_slope,
        tracking_step=parameters.tracking_step_s,
        speed_depth=parameters.speed_depth_m,
        lead_share=parameters.lead_share,
        speed_scale=parameters.largest_froude * math.sqrt(parameters.gravity),
        ponding_depth=tracking.ponding_depth_m,
        most_parts=parameters.most_parts,
        deepest_each_step=int(parameters.deepest_each_step),
    )


def new_desk(fields: state.Fields, parameters: FlowParameters, edges: EdgeConditions, threads: int) -> state.Desk:
    """Clock, flags and scratch of a run at its start."""
    rows, cols = fields.h.shape
    counts = tile_counts(rows, cols)
    desk = state.Desk(
        counters=new_counters(),
        clock=np.zeros(state.CLOCK_PLACES),
        flags=np.zeros(state.FLAG_PLACES, np.int64),
        book=np.zeros(state.BOOK_PLACES),
        rain=np.zeros(1, np.float32),
        row_union=np.zeros(rows, np.int32),
        peaks=np.zeros((threads, state.TILE_PLACES, cols), np.int32),
        tiles=np.zeros(counts, np.uint8),
        trial=np.zeros(counts, np.uint8),
        tile_bits=np.zeros((state.TILE_PLACES, *counts), np.int32),
        tile_dt=np.zeros(counts),
        row_losses=np.zeros((rows, 2)),
        scratch=np.zeros((threads, cols), np.float32),
        stack=np.zeros(rows * cols, np.int64),
        marked=np.zeros((rows, cols), np.uint8),
    )
    desk.flags[state.OPEN] = any(edge == "open" for _, edge in edges.sides())
    desk.flags[state.PARTS] = desk.flags[state.PARTS_WANTED] = 1
    desk.flags[state.SHARED_SINCE] = SHARED_AFTER
    desk.clock[state.DEEPEST] = desk.clock[state.SLOW_DEEPEST] = fields.h.max()
    desk.clock[state.CAUTION] = 1.0
    desk.clock[state.NEXT_DT] = parameters.longest_step_s
    desk.clock[state.NEXT_TRACKING] = parameters.tracking_step_s
    return desk


def pack_inflows(inflows: Sequence[Inflow], inside: np.ndarray) -> state.Sources:
    """The inflows in flat arrays."""
    for inflow in inflows:
        _check_cells(inflow.cells, inside, "inflow")
    return state.pack_sources(inflows, [inflow.flow_m3_s for inflow in inflows])


def pack_stages(stages: Sequence[StageBoundary], inside: np.ndarray, bed: np.ndarray) -> state.Sources:
    """The held stages in flat arrays, levels above the lowest bed."""
    for stage in stages:
        _check_cells(stage.cells, inside, "stage")
    lowest = float(np.nanmin(bed))
    return state.pack_sources(stages, [stage.stage_m - lowest for stage in stages])


def _check_cells(cells: Cells, inside: np.ndarray, name: str) -> None:
    rows, cols = cells
    within = (rows >= 0) & (rows < inside.shape[0]) & (cols >= 0) & (cols < inside.shape[1])
    if not within.all() or not inside[rows, cols].all():
        raise ValueError(f"{name} cells must lie on the raster where the bed is known")
