"""What passed between street and sewer, in m3, and what a coupled run leaves behind of its drains."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from hazards.surface.book import WaterBook


@dataclass(frozen=True)
class ExchangeBook:
    """Volumes since the start (m3)."""

    taken_m3: float = 0.0  # off the street, for the sewer
    returned_m3: float = 0.0  # onto the street, out of the sewer
    down_m3: float = 0.0  # what the engine received at its nodes, net of each node's points
    up_m3: float = 0.0  # what it let out there, likewise
    lifted_m3: float = 0.0  # what pumps lifted into its nodes
    outfall_out_m3: float = 0.0  # what coupled outfalls let out
    outfall_in_m3: float = 0.0  # what rivers pushed back through them
    windows: int = 0


@dataclass(frozen=True)
class DrainsBook:
    """Water of a coupled run, m3: what is between street and sewer, and the sewer's own balance.

    `inflow_m3` is all that the engine booked as coming in (exchange, outfalls, its own runoff and dry weather flow);
    `outflow_m3` left through outfalls, coupled ones included; `flooded_m3` rose from nodes that are not coupled and is
    lost. Without an engine's end result the engine's own figures are NaN.
    """

    exchange: ExchangeBook
    escrow_m3: float  # between street and sewer, on the way down or up; negative: a debt of the street
    initial_m3: float = float("nan")
    inflow_m3: float = float("nan")
    outflow_m3: float = float("nan")
    flooded_m3: float = float("nan")
    lost_m3: float = float("nan")  # evaporation and seepage of the engine
    stored_m3: float = float("nan")
    lifted_m3: float = 0.0  # in pumps, on the way into the sewer

    @property
    def engine_error_m3(self) -> float:
        """What the engine lost (positive) or made (negative) by its own numerics."""
        left = self.outflow_m3 + self.flooded_m3 + self.lost_m3 + self.stored_m3
        return self.initial_m3 + self.inflow_m3 - left

    @property
    def engine_error(self) -> float:
        """The same as a share of all water that it had."""
        total = self.initial_m3 + self.inflow_m3
        return self.engine_error_m3 / total if total > 0.0 else 0.0

    @property
    def exchange_error_m3(self) -> float:
        """What the coupling itself lost; rounding alone. Water off the street is in the engine, back, or in escrow."""
        book = self.exchange
        street = book.taken_m3 - book.returned_m3
        sewer = book.down_m3 - book.up_m3 - book.outfall_out_m3 + book.outfall_in_m3
        return street - sewer - self.escrow_m3


def together_error(surface: WaterBook, drains: DrainsBook) -> float:
    """What is missing of all water of street and sewer, as a share of it; the engine's own error is in it.

    Pumps that lift from street to street hold their water for a window at most; that counts as missing.
    """
    street = surface.initial_m3 + surface.volume_in_m3 - surface.volume_out_m3 - surface.stored_m3
    own = drains.inflow_m3 - drains.exchange.down_m3 - drains.exchange.lifted_m3 - drains.exchange.outfall_in_m3
    total = surface.initial_m3 + surface.rain_m3 + surface.inflow_m3 + drains.initial_m3 + max(own, 0.0)
    missing = street + drains.exchange_error_m3 + drains.engine_error_m3
    return abs(missing) / total if total > 0.0 else 0.0


@dataclass(frozen=True)
class DrainsResult:
    """The drains at the end of a run: peaks per node and link (None where the engine stopped itself), and the books."""

    book: DrainsBook
    nodes: pd.DataFrame | None
    links: pd.DataFrame | None
    outfalls: pd.DataFrame | None
    engine_wall_s: float
    warnings: tuple[str, ...] = ()
    coupling_cpu_s: float = 0.0  # CPU seconds of the exchange: neither engine nor surface, nor waiting for either
