"""One line about a drainage network: how many of what, how long, how it hangs together."""

from __future__ import annotations

from data.schema import LINK_KINDS, NODE_KINDS, DrainageNetwork
from data.swmm.check_paths import rings


def network_summary(network: DrainageNetwork) -> str:
    """Counts by kind, length of conduits, independent rings, units of the file."""
    parts = []
    for kinds, column in ((NODE_KINDS, network.nodes["kind"]), (LINK_KINDS, network.links["kind"])):
        count = column.value_counts()
        parts.append(", ".join(_count(int(count[kind]), kind) for kind in kinds if kind in count) or "none")
    whole = network.links[(network.links["tail"] >= 0) & (network.links["head"] >= 0)]
    closed = rings(whole["tail"].to_numpy(), whole["head"].to_numpy(), len(network.nodes)) if len(network.nodes) else 0
    length = network.links["length_m"].sum() / 1000.0
    return f"{parts[0]}; {parts[1]}; {length:,.1f} km of conduits, {_count(closed, 'ring')}; {network.flow_units}"


def _count(number: int, what: str) -> str:
    plural = what if number == 1 else "storages" if what == "storage" else f"{what}s"
    return f"{number:,} {plural}"
