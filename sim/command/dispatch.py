"""What the incident asks of teams and vehicles: the hook that crews, buses, ambulances and road closers hang on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from data.schema.drills import RESCUES, TRIPS
from sim.command.script import Order

if TYPE_CHECKING:
    from sim.command.incident import Incident

PUMP_COLUMNS = ("team", "underpass", "called_s", "arrived_s", "pump_m3_s")


class Dispatch(Protocol):
    """Teams in the field. Every method is called at `incident.env.now`, with movement advanced to it, and returns at
    once: what takes time goes on in processes of `incident.env`.

    Processes call `incident.sync()` when they wake, before they look at people or roads or act on them, and
    `incident.done(order, ...)` when an order is carried out.
    """

    def send_buses(self, order: Order, blocks: np.ndarray, site: int) -> None:
        """`order.count` buses fetch those who wait in `blocks` and take them to `site` (-1: where there is room)."""

    def close_roads(self, order: Order, edges: np.ndarray, barred: bool) -> None:
        """Put up barriers on the edges or take them away, by `incident.order_bar(order, edges, barred)` when done."""

    def pump(self, order: Order, underpass: str, edges: np.ndarray) -> None:
        """A pump crew goes to an underpass; where and when it starts goes into `pumps`."""

    def lose(self, team: str, lost: bool) -> None:
        """A team can do nothing any more, or can again."""

    def call(self, ids: np.ndarray) -> None:
        """Units newly stranded, who need a crew."""

    def wait(self, ids: np.ndarray) -> None:
        """Units that newly wait near home for a bus or an ambulance."""

    def water(self) -> None:
        """The water on the roads, or what bars them, has changed."""

    def close(self) -> None:
        """The run is over: whatever is still on the way ends here."""

    def rescues(self) -> pd.DataFrame:
        """RESCUES."""
        ...

    def trips(self) -> pd.DataFrame:
        """TRIPS."""
        ...

    def pumps(self) -> pd.DataFrame:
        """PUMP_COLUMNS; arrived_s NaN where a crew never came."""
        ...


class NoTeams:
    """A city without teams: barriers stand at once, nobody is fetched."""

    def __init__(self, incident: Incident) -> None:
        self._incident = incident

    def send_buses(self, order: Order, blocks: np.ndarray, site: int) -> None:
        """Nobody to send."""

    def close_roads(self, order: Order, edges: np.ndarray, barred: bool) -> None:
        """At once, by whoever is there."""
        self._incident.order_bar(order, edges, barred)

    def pump(self, order: Order, underpass: str, edges: np.ndarray) -> None:
        """Nobody to send."""

    def lose(self, team: str, lost: bool) -> None:
        """Nothing to lose."""

    def call(self, ids: np.ndarray) -> None:
        """Nobody comes."""

    def wait(self, ids: np.ndarray) -> None:
        """Nobody comes."""

    def water(self) -> None:
        """Nobody is on the road."""

    def close(self) -> None:
        """Nobody is on the road."""

    def rescues(self) -> pd.DataFrame:
        """No rows."""
        return pd.DataFrame(columns=list(RESCUES.names))

    def trips(self) -> pd.DataFrame:
        """No rows."""
        return pd.DataFrame(columns=list(TRIPS.names))

    def pumps(self) -> pd.DataFrame:
        """No rows."""
        return pd.DataFrame(columns=list(PUMP_COLUMNS))
