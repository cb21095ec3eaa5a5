"""All vehicles and crews of a drill: who is free, who is sent, what they did. The incident talks to this class only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import simpy

from sim.command.scene import Scene
from sim.movement.engine import Exchange


@dataclass(frozen=True)
class FleetRecord:
    """What the teams did. `trips` and `rescues` have the columns of TRIPS and RESCUES.

    `pumps` columns: team, underpass, called_s, arrived_s (when it pumps; NaN: never), pump_m3_s.
    """

    trips: pd.DataFrame
    rescues: pd.DataFrame
    pumps: pd.DataFrame


class Fleet:
    """The teams of `scene.setup.teams` (None: none at all). Same calls in the same order, same events."""

    def __init__(self, scene: Scene) -> None:
        raise NotImplementedError

    def exchange(self, exchange: Exchange) -> None:
        """After every `Movement.advance`: the newly stranded and those who newly wait for an ambulance call for help.

        May be called several times at one moment. People who wait for a bus (mode BUS) call nobody: buses are sent by
        order.
        """
        raise NotImplementedError

    def water_changed(self) -> None:
        """After `scene.water` changed (flood, road barred or opened): vehicles plan anew at their next crossing."""
        raise NotImplementedError

    def send_buses(self, blocks: np.ndarray, count: int, site: int = -1, order: str = "") -> simpy.Event:
        """`count` free buses fetch the people of these blocks who wait for one, until nobody is left to fetch.

        They bring them to `site`, or (-1, or where it is full or cut off) where time and price are least. The event
        comes when the last of these buses has nobody left to fetch; its value is the number of persons brought. Where
        fewer buses are free than asked for, those go, and the log says so.
        """
        raise NotImplementedError

    def close(
        self, edges: np.ndarray, barred: bool = True, by_car_only: bool = False, name: str = "", order: str = ""
    ) -> simpy.Event:
        """One road or underpass is closed (or opened) by the road crew that is there first; without any, at once.

        The event comes when `scene.bar` has been called; it never comes if no crew gets there.
        """
        raise NotImplementedError

    def pump(self, edges: np.ndarray, name: str, order: str = "") -> simpy.Event:
        """A pump crew goes to the underpass `name` (through which `edges` lead) and stays there.

        The event comes when it pumps; it never comes if no crew gets there.
        """
        raise NotImplementedError

    def lose(self, team: int, lost: bool = True) -> None:
        """Team of that row is out of action: who is on the way ends the task, then stops. `lost` False: it is back."""
        raise NotImplementedError

    def on_board(self) -> int:
        """Persons on vehicles now."""
        raise NotImplementedError

    def record(self) -> FleetRecord:
        """What has been done up to now; trips that are not over count as given up."""
        raise NotImplementedError
