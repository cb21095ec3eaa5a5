"""The water over time as pictures for the map: chosen frames, their clock times and what stands beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rasterio.features import rasterize
from rasterio.transform import Affine

from api.report.palette import (
    DEPTH_ALPHA,
    DEPTH_BANDS_M,
    DEPTH_COLOURS,
    HAZARD_ALPHA,
    HAZARD_COLOURS,
)
from api.report.png import class_png, data_uri
from api.report.window import MapWindow, map_window
from sim.result import Result


@dataclass(frozen=True)
class FrameParameters:
    """How much of the run the page carries; chosen so that a report stays below a dozen megabytes."""

    most_frames: int = 61
    most_pixels: int = 720  # along the longer side


@dataclass(frozen=True)
class Frames:
    """Pictures of the water, oldest first."""

    window: MapWindow
    index: np.ndarray  # numbers of the frames of the run that are shown
    time_s: np.ndarray
    depth: list[str]  # data addresses, one per frame
    hazard: str
    start: int  # the frame shown first: the one with most water on the streets


def draw_frames(result: Result, parameters: FrameParameters | None = None) -> Frames:
    """Draw depth frames and the worst hazard; rivers are left out, they are drawn as rivers."""
    p = parameters or FrameParameters()
    window = map_window(result.city.grid, p.most_pixels)
    street = ~_river_cells(result)
    flood = result.flood
    count = len(flood.time_s)
    index = np.unique(np.linspace(0, count - 1, min(count, p.most_frames)).round().astype(int))
    if index.size:
        layers = [flood.depth[k] for k in index]
        time = np.asarray(flood.time_s, float)[index]
    else:
        layers, time = [flood.maxima.max_depth], np.array([float(result.timeline.time_s.iloc[-1])])
    depth = [_depth_picture(layer, street, window) for layer in layers]
    hazard = np.where(street, np.nan_to_num(flood.maxima.max_hazard), 0).astype(np.uint8)
    picture = class_png(window.draw(hazard), HAZARD_COLOURS, HAZARD_ALPHA)
    ponded = np.interp(time, result.timeline.time_s, result.timeline.ponded_m2)
    return Frames(window, index, time, depth, data_uri(picture), int(ponded.argmax()))


def _depth_picture(depth: np.ndarray, street: np.ndarray, window: MapWindow) -> str:
    with np.errstate(invalid="ignore"):
        bands = np.searchsorted(np.asarray(DEPTH_BANDS_M, np.float32), depth, side="right").astype(np.uint8)
    bands[~street | np.isnan(depth)] = 0
    return data_uri(class_png(window.draw(bands), DEPTH_COLOURS, DEPTH_ALPHA))


def _river_cells(result: Result) -> np.ndarray:
    rivers, grid = result.city.rivers, result.city.grid
    if rivers is None or not len(rivers):
        return np.zeros(grid.shape, bool)
    shapes = [geometry for geometry in rivers.geometry if geometry is not None and not geometry.is_empty]
    return rasterize(shapes, grid.shape, transform=Affine(*grid.affine), dtype="uint8").astype(bool)
