"""What vehicles and crews act on: the clock, the people on the move, the roads as they are now, and the log."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import simpy

from sim.command.setup import DrillSetup
from sim.movement.engine import Movement
from sim.movement.links import Doors, RoadWater


class Scene(Protocol):
    """The running incident as teams see it."""

    env: simpy.Environment  # its clock is that of the run, in s
    setup: DrillSetup
    movement: Movement
    doors: Doors  # as the movement keeps them: places taken and promised
    water: RoadWater  # on the roads now, with what is closed by order

    def sync(self) -> None:
        """Bring the movement up to `env.now`; to be called before people are read, boarded or set down."""

    def tell(self, kind: str, **values: Any) -> None:
        """Enter what happens now into the event log; `kind` is one of ENTRY_KINDS, values are plain JSON values."""

    def bar(self, edges: np.ndarray, barred: bool, by_car_only: bool) -> None:
        """Close edges by order from now on, or open them again."""
