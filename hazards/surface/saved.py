"""State of a surface flow as named arrays, from which another flow of the same city goes on to the same bytes."""

from __future__ import annotations

import numpy as np

from hazards.surface.state import Desk, Fields

_FIELDS = ("h", "lead", "rest", "qx", "qy", "deepest", "fastest", "strongest", "arrival", "last", "ponded")
_DESK = ("clock", "flags", "book", "tiles")


def save_arrays(fields: Fields, desk: Desk) -> dict[str, np.ndarray]:
    """Copies of everything that steps change; beds, walls, roughness and capacity are the city's own."""
    saved = {f"field.{name}": getattr(fields, name).copy() for name in _FIELDS}
    return saved | {f"desk.{name}": getattr(desk, name).copy() for name in _DESK}


def load_arrays(fields: Fields, desk: Desk, saved: dict[str, np.ndarray]) -> None:
    """Put saved arrays back; ValueError where they are of another raster."""
    pairs = [(getattr(fields, name), saved[f"field.{name}"]) for name in _FIELDS]
    pairs += [(getattr(desk, name), saved[f"desk.{name}"]) for name in _DESK]
    for own, array in pairs:
        if own.shape != array.shape or own.dtype != array.dtype:
            raise ValueError(f"saved array is {array.dtype} {array.shape}, expected {own.dtype} {own.shape}")
    for own, array in pairs:
        own[...] = array


def save_crest(crest: np.ndarray) -> dict[str, np.ndarray]:
    """Walls of one direction: the faces that have one, flat, and their levels (m)."""
    face = np.flatnonzero(crest.reshape(-1) > -np.inf)
    return {"face": face, "level": crest.reshape(-1)[face]}


def load_crest(saved: dict[str, np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Crest levels (m) of one direction, -inf where no wall stands."""
    crest = np.full(shape, -np.inf)
    crest.reshape(-1)[saved["face"]] = saved["level"]
    return crest


def part(saved: dict[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    """The arrays under `name.`, without it."""
    return {key[len(name) + 1 :]: array for key, array in saved.items() if key.startswith(f"{name}.")}


def under(name: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same arrays, named `name.` and their name."""
    return {f"{name}.{key}": array for key, array in arrays.items()}
