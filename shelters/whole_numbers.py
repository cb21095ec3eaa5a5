"""People and places are whole numbers: checked, and split without losing anybody."""

from __future__ import annotations

import numpy as np


def whole_numbers(name: str, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The values as int64 of this shape; ValueError where they are not whole, negative, or of another shape."""
    values = np.asarray(values)
    if values.shape != shape:
        raise ValueError(f"{name} has shape {values.shape}, expected {shape}")
    with np.errstate(invalid="ignore"):
        whole = values.astype(np.int64)
    if (whole != values).any() or (whole < 0).any():
        raise ValueError(f"{name} must be whole numbers >= 0")
    return whole


def whole_parts(total: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Split whole totals by shares into whole parts that add up exactly: largest remainder.

    `total` int64 (n,), `share` float64 (parts, n) >= 0 with a sum of 1 (to 1e-9) in each column; int64 (parts, n).
    Each part is the share of the total rounded down; the people left over go one each to the largest fractions, of
    equal ones to the part named first. So no part is off its exact share by one person or more.
    """
    total, share = np.asarray(total, np.int64), np.asarray(share, np.float64)
    if share.ndim != 2 or share.shape[1:] != total.shape:
        raise ValueError(f"share has shape {share.shape}, expected (parts, {len(total)})")
    if not (share >= 0.0).all() or (np.abs(share.sum(axis=0) - 1.0) > 1e-9).any():
        raise ValueError("shares must be numbers >= 0 that add up to 1")
    exact = share * total
    part = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(-(exact - part), axis=0, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(len(share))[:, None], order.shape), axis=0)
    return part + (rank < total - part.sum(axis=0))
