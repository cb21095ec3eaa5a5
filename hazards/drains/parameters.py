"""Settings of the exchange between street and sewer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExchangeParameters:
    """Coefficients and numbers of the exchange.

    The three coefficients are those of Rubinato et al. 2017 (J. Hydrol. 552, 421-432), measured on a manhole under a
    street; they come from the rules. `relaxation` is the weight of the last window's flow in this one's: an explicit
    exchange swings around the level at which street and shaft agree, with a weight of one half it comes to rest
    (measured, docs/decisions/0007). It delays a change by about one window and leaves a steady flow as it is.
    """

    free_weir: float = 0.54
    submerged_weir: float = 0.056
    orifice: float = 0.167
    shaft_area_m2: float = 1.167  # m2; least surface area of a node in SWMM 5.2
    step_s: float = 5.0  # s; least length of a window, longest step of the engine
    engine_courant: float | None = None  # of the engine's steps, where they vary; None: as the city's file has it
    engine_trials: int | None = None  # of the engine per step at most; None: as the city's file has it
    largest_gain: float = 3.0  # of a node under full pipes (hazards.drains.shafts); the engine fails at 6 to 7
    relaxation: float = 0.5
    share_of_cell: float = 0.5  # of a cell's water that may go down in one window
    gravity: float = 9.81  # m/s2

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is not None and not value > 0.0:
                raise ValueError(f"{name}(={value}) must be > 0")
        for name in ("relaxation", "share_of_cell"):
            if getattr(self, name) >= 1.0:
                raise ValueError(f"{name}(={getattr(self, name)}) must be < 1")
