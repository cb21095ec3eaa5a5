"""Links from a road graph: travel times, flow, storage, and the phases of the junctions where cars cross."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.units import hours_to_s
from shelters.graph import RoadGraph
from sim.movement.links import Links
from sim.movement.terms import MovementTerms

_MS_PER_S, _US_PER_S = 1000.0, 1_000_000.0
_FREE_FLOWING = ("motorway", "trunk")
_MAIN = ("primary", "secondary")
_AXES, _APART_DEG = 180.0, 45.0
_MOST_OUT = 254  # a route table names an edge by one byte, less two words


def build_links(graph: RoadGraph, edges: pd.DataFrame, node_xy: np.ndarray, terms: MovementTerms) -> Links:
    """Every edge of `graph` once on foot and once by car.

    `edges`, one row per edge of the graph: `lanes` (per direction; 0: closed to cars), `speed_m_s` (free speed of
    cars; 0: closed to cars) and `road_class`. `node_xy`: metres, shape (nodes, 2), for the axes of approaches.
    Everybody may walk on every edge. Car flow: by class and lane (`terms.car_flow_per_h`), storage lanes x length /
    spacing, never below one car. Footway: one width for all roads, full at the density that lets most people through.
    """
    lanes = edges["lanes"].to_numpy(np.float64)
    speed = edges["speed_m_s"].to_numpy(np.float64)
    if len(lanes) != graph.edges or np.shape(node_xy) != (graph.nodes, 2):
        raise ValueError(f"{len(lanes)} rows for {graph.edges} edges, node_xy {np.shape(node_xy)} for {graph.nodes}")
    if graph.edges and np.diff(graph.forward.first).max(initial=0) > _MOST_OUT:
        raise ValueError(f"a node with more than {_MOST_OUT} edges that leave it")
    for name, values in (("lanes", lanes), ("speed_m_s", speed)):
        if not (np.isfinite(values) & (values >= 0.0)).all():
            raise ValueError(f"{name} must be finite and >= 0")
    drivable = (lanes > 0.0) & (speed > 0.0)
    area = graph.length_m * terms.walk_width_m
    return assemble_links(
        graph,
        walk_s=graph.length_m / terms.walk_speed_m_s,
        walk_flow_per_s=np.full(graph.edges, terms.walk_width_m * terms.walk_flow_p_m_s),
        walk_room=np.maximum(1.0, np.floor(area * terms.walk_room_p_m2)),
        area_m2=area,
        car_s=np.where(drivable, graph.length_m / np.where(drivable, speed, 1.0), 0.0),
        car_flow_per_s=np.where(drivable, lanes * car_flow_per_s(edges["road_class"], terms), 1.0),
        car_room=np.where(drivable, np.maximum(1.0, np.floor(lanes * graph.length_m / terms.car_spacing_m)), 0.0),
        phase=approach_phases(graph.tail, graph.head, drivable, np.asarray(node_xy, np.float64)),
    )


def car_flow_per_s(road_class: pd.Series, terms: MovementTerms) -> np.ndarray:
    """Cars per second and lane that each road lets through, by its class (links roads count as their class)."""
    named = road_class.astype(str).str.replace("_link", "", regex=False)
    free, main, other = terms.car_flow_per_h
    return np.where(named.isin(_FREE_FLOWING), free, np.where(named.isin(_MAIN), main, other)) / hours_to_s(1.0)


def assemble_links(
    graph: RoadGraph,
    *,
    walk_s: np.ndarray,
    walk_flow_per_s: np.ndarray,
    walk_room: np.ndarray,
    area_m2: np.ndarray,
    car_s: np.ndarray,
    car_flow_per_s: np.ndarray,
    car_room: np.ndarray,
    phase: np.ndarray | None = None,
) -> Links:
    """Links from values per edge, shape (edges,) each; `phase` (of the car links) is -1 everywhere if not given."""
    free = np.concatenate((walk_s, car_s)) * _MS_PER_S
    flow = np.concatenate((walk_flow_per_s, car_flow_per_s))
    if not (np.isfinite(flow) & (flow > 0.0)).all() or not (np.isfinite(free) & (free >= 0.0)).all():
        raise ValueError("flow must be finite and > 0, times finite and >= 0")
    by_car = np.full(graph.edges, -1, np.int8) if phase is None else np.asarray(phase, np.int8)
    return Links(
        tail=np.concatenate((graph.tail, graph.tail)).astype(np.int32),
        head=np.concatenate((graph.head, graph.head)).astype(np.int32),
        free_ms=np.rint(free).astype(np.int32),
        headway_us=np.maximum(1.0, np.rint(_US_PER_S / flow)).astype(np.int32),
        storage=np.concatenate((walk_room, car_room)).astype(np.int32),
        area_m2=np.maximum(area_m2, 1e-3).astype(np.float32),
        phase=np.concatenate((np.full(graph.edges, -1, np.int8), by_car)),
        out_first=graph.forward.first.astype(np.int64),
        out_edge=graph.forward.edge.astype(np.int32),
    )


def approach_phases(tail: np.ndarray, head: np.ndarray, drivable: np.ndarray, node_xy: np.ndarray) -> np.ndarray:
    """Phase 0 or 1 of each edge at its head by the axis of its approach, -1 where fewer than three car edges meet.

    Axes count modulo 180 degrees from the first approach (smallest edge number) of the junction; more than 45 degrees
    off is the other phase. An approach runs straight from tail to head. int8, shape (edges,).
    """
    phase = np.full(len(tail), -1, np.int8)
    cars = np.flatnonzero(drivable)
    nodes = len(node_xy)
    crossing = np.bincount(head[cars], minlength=nodes) >= 3
    cars = cars[crossing[head[cars]]]
    run = node_xy[head[cars]] - node_xy[tail[cars]]
    axis = np.degrees(np.arctan2(run[:, 1], run[:, 0])) % _AXES
    reference = np.zeros(nodes)
    reference[head[cars][::-1]] = axis[::-1]  # the first one is written last
    off = np.abs(axis - reference[head[cars]])
    phase[cars] = np.minimum(off, _AXES - off) > _APART_DEG
    return phase
