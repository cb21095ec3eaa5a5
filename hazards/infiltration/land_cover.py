"""Infiltration of a whole city: each land-cover class has its own model, each cell its own memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hazards.infiltration.green_ampt import GreenAmpt, green_ampt_rates
from hazards.infiltration.horton import Horton, horton_rates, horton_take, step_factors


@dataclass(frozen=True)
class NoLoss:
    """Sealed ground."""


@dataclass(frozen=True)
class ConstantLoss:
    """The same rate at all times."""

    rate_m_s: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.rate_m_s < np.inf:
            raise ValueError(f"rate_m_s(={self.rate_m_s}) must be finite and >= 0")


GroundModel = NoLoss | ConstantLoss | Horton | GreenAmpt


class LandCoverInfiltration:
    """The ground under the surface flow (protocol `hazards.surface.losses.Infiltration`).

    `cover` (rows, cols) holds class codes, `models` what each code stands for; a code without a model is refused,
    except where `inside` (bool) is false: nothing goes in there. The ground starts fresh; Green-Ampt cells remember
    the water that went in, Horton cells how far their capacity has decayed.
    """

    def __init__(self, cover: np.ndarray, models: Mapping[int, GroundModel], inside: np.ndarray | None = None) -> None:
        there = np.ones(cover.shape, dtype=bool) if inside is None else inside
        present = [int(code) for code in np.unique(cover[there])]
        unknown = [c for c in present if c not in models]
        if unknown:
            raise ValueError(f"land cover code {unknown[0]} has no infiltration model; known: {sorted(models)}")
        self._shape = cover.shape
        self._conductivity = np.zeros(cover.size, np.float32)  # of Green-Ampt; a constant rate has no storage
        self._storage = np.zeros(cover.size, np.float32)
        self._infiltrated = np.zeros(cover.size, np.float32)
        self._horton: list[tuple[Horton, np.ndarray, np.ndarray]] = []  # model, cells, share of f0 - fc left
        self._dt = 0.0
        for number in present:
            model, cells = models[number], np.flatnonzero(there & (cover == number))
            if isinstance(model, GreenAmpt):
                self._conductivity[cells], self._storage[cells] = model.conductivity_m_s, model.storage_m
            elif isinstance(model, ConstantLoss):
                self._conductivity[cells] = model.rate_m_s
            elif isinstance(model, Horton):
                self._horton.append((model, cells, np.ones(cells.size)))

    @property
    def infiltrated_m(self) -> np.ndarray:
        """Depth that has gone in so far (rows, cols), float32, m."""
        return self._infiltrated.reshape(self._shape).copy()

    def potential_rate(self, time_s: float, dt_s: float, out: np.ndarray) -> None:
        """Fill `out` (float32, m/s) with the greatest mean rate over the next `dt_s` seconds."""
        flat = self._flat(out)
        green_ampt_rates(self._conductivity, self._storage, self._infiltrated, np.float32(dt_s), flat)
        self._dt = dt_s
        for model, cells, excess in self._horton:
            _, integral = step_factors(model, dt_s)
            drop = model.initial_m_s - model.final_m_s
            horton_rates(cells, excess, model.final_m_s, drop, integral, dt_s, flat)

    def infiltrated(self, actual_m: np.ndarray) -> None:
        """Take note of the depth (float32, m) that went in during the step just asked for."""
        flat = self._flat(actual_m)
        self._infiltrated += flat
        for model, cells, excess in self._horton:
            decayed, _ = step_factors(model, self._dt)
            drop = model.initial_m_s - model.final_m_s
            horton_take(cells, excess, model.final_m_s, drop, model.decay_1_s, decayed, flat)

    def save(self) -> dict[str, np.ndarray]:
        """What each cell remembers: water that went in (m), and Horton shares left, model by model."""
        horton = {f"horton.{n}": excess.copy() for n, (_, _, excess) in enumerate(self._horton)}
        return {"infiltrated": self._infiltrated.copy(), **horton}

    def load(self, saved: dict[str, np.ndarray]) -> None:
        """Remember what `save` gave; ValueError where it is of other ground."""
        own = {"infiltrated": self._infiltrated} | {f"horton.{n}": part[2] for n, part in enumerate(self._horton)}
        if {key: array.shape for key, array in own.items()} != {key: array.shape for key, array in saved.items()}:
            raise ValueError("the saved ground has other cells or models")
        for key, array in own.items():
            array[...] = saved[key]

    def _flat(self, values: np.ndarray) -> np.ndarray:
        if values.shape != self._shape or values.dtype != np.float32 or not values.flags.c_contiguous:
            raise ValueError(f"array of {values.dtype} {values.shape} must be contiguous float32 {self._shape}")
        return values.reshape(-1)
