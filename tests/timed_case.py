"""Small roads in milliseconds that open and close, and their truth by looking at every place at every millisecond."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from hypothesis import strategies as st

from shelters.graph import RoadGraph
from shelters.timed_roads import TimedRoads

MS = 1e-3


@dataclass(frozen=True)
class TimedCase:
    """Whole milliseconds throughout; a walking time of 0 stands for a closed edge."""

    nodes: int
    edges: list[tuple[int, int]]
    step: list[int]
    time: list[list[int]]  # (steps, edges)

    @cached_property
    def roads(self) -> TimedRoads:
        tail, head = np.array(self.edges, np.int64).reshape(-1, 2).T
        graph = RoadGraph.build(tail, head, np.arange(1.0, len(tail) + 1.0), self.nodes)
        time = np.array(self.time, float).reshape(len(self.step), len(self.edges))
        return TimedRoads(graph, np.array(self.step) * MS, np.where(time > 0, time * MS, np.inf))

    @property
    def end(self) -> int:
        """A moment after which nothing changes, and by which anybody who leaves before the last step has arrived."""
        return self.step[-1] + sum(max(row) for row in zip(*self.time, strict=True)) + 1

    def step_at(self, moment: int) -> int:
        return max(0, int(np.searchsorted(self.step, moment, side="right")) - 1)

    def passes(self, edge: int, moment: int, told: int | None) -> int | None:
        """When somebody who enters at this millisecond leaves the edge; None where it is closed meanwhile."""
        walk = self.time[self.step_at(moment)][edge]
        since = moment if told is None else min(told, moment)
        open_all_along = all(self.time[self.step_at(t)][edge] > 0 for t in range(since, moment + max(walk, 1)))
        return moment + walk if open_all_along else None

    def arrivals(self, node: int, moment: int, told: int | None) -> list[int | None]:
        """The first millisecond at which each node can be reached by walking and waiting."""
        first: list[int | None] = [None] * self.nodes
        there: dict[int, set[int]] = {moment: {node}}
        for now in range(moment, max(moment, self.end) + self.end + 1):
            for v in there.pop(now, set()):
                first[v] = now if first[v] is None else first[v]
                there.setdefault(now + 1, set()).add(v)
                for e, (tail, head) in enumerate(self.edges):
                    leave = self.passes(e, now, told) if tail == v else None
                    if leave is not None:
                        there.setdefault(leave, set()).add(head)
        return first


@st.composite
def timed_cases(draw: st.DrawFn, most_nodes: int = 5) -> TimedCase:
    nodes = draw(st.integers(2, most_nodes))
    place = st.integers(0, nodes - 1)
    edges = draw(st.lists(st.tuples(place, place), min_size=1, max_size=9))
    gaps = draw(st.lists(st.integers(1, 8), max_size=3))
    step = [0, *np.cumsum(gaps).tolist()]
    walk = st.one_of(st.just(0), st.integers(1, 9), st.integers(1, 3))
    time = [draw(st.lists(walk, min_size=len(edges), max_size=len(edges))) for _ in step]
    return TimedCase(nodes, edges, step, time)
