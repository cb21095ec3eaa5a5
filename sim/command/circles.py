"""Response circles: the share of the people whom a team reaches in time, on the roads as they flood."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.schema.drills import CIRCLES
from data.units import minutes_to_s, s_to_minutes
from shelters.graph import RoadGraph
from shelters.paths import FAR, shortest_times
from sim.command.driving import driving_times, post_nodes
from sim.command.setup import DrillSetup
from sim.movement.links import OPEN, RoadWater


def response_circles(setup: DrillSetup) -> pd.DataFrame:
    """CIRCLES: one row per flood epoch and kind; kinds "rescue" (posts of the city) and "regional" (its reserve).

    `dry_share` is the same without any water. Closures by order do not count, nor do queues. A kind without posts has
    no row; without people the shares are 0.
    """
    terms = setup.command
    if setup.teams is None or setup.teams.empty:
        return pd.DataFrame(columns=list(CIRCLES.names))
    rescue = (setup.teams["kind"] == "rescue").to_numpy()
    regional = setup.teams["regional"].to_numpy(bool)
    epochs, total = setup.roads.epochs, max(int(setup.blocks.people.sum()), 1)
    rows = []
    for kind, posts, limit_s in (
        ("rescue", rescue & ~regional, terms.circle_s), ("regional", rescue & regional, terms.regional_circle_s)
    ):  # fmt: skip
        if not posts.any():
            continue
        reach = Reach(setup, setup.teams[posts], limit_s)
        dry = reach.people(_dry(epochs.at(0)))
        for number, time_s in enumerate(np.asarray(epochs.time_s, float).tolist()):
            if time_s >= setup.until_s and number:
                break
            people = reach.people(epochs.at(number))
            rows.append((max(time_s, 0.0), kind, s_to_minutes(limit_s), people, people / total, dry / total))
    found = pd.DataFrame(rows, columns=list(CIRCLES.names))
    return found.sort_values("time_s", kind="stable", ignore_index=True)


class Reach:
    """Who is reached from posts (rows of TEAMS) within `limit_s` of the call: turnout plus driving, without queues.

    People are reached at the crossing nearest to their block; rescue crews take to their boats as they do in a drill.
    """

    def __init__(self, setup: DrillSetup, posts: pd.DataFrame, limit_s: float) -> None:
        roads, graph = setup.roads, setup.roads.graph
        node = post_nodes(roads, posts)
        # one search for all posts: from a place that each of them is its turnout away from
        calls = np.full(len(node), graph.nodes)
        self._graph = RoadGraph.build(
            np.concatenate((graph.tail, calls)), np.concatenate((graph.head, node)),
            np.concatenate((graph.length_m, np.zeros(len(node)))), graph.nodes + 1,
        )  # fmt: skip
        self._turnout_s = minutes_to_s(posts["turnout_min"].to_numpy(float))
        self._setup, self._limit_s = setup, limit_s

    def people(self, water: RoadWater) -> int:
        """Persons whom a crew reaches in time on these roads."""
        roads, blocks = self._setup.roads, self._setup.blocks
        edge_s = driving_times(roads.graph, roads.links, water, self._setup.command, boats=True)
        time_s, start = np.concatenate((edge_s, self._turnout_s)), np.array([roads.graph.nodes])
        reached_ms = shortest_times(self._graph, time_s, start, self._limit_s, threads=1)[0]
        return int(blocks.people[reached_ms[blocks.node] < FAR].sum())


def _dry(water: RoadWater) -> RoadWater:
    """The same roads without water."""
    return RoadWater(
        open=np.full_like(water.open, OPEN),
        walk_slow=np.ones_like(water.walk_slow),
        car_slow=np.ones_like(water.car_slow),
        depth_m=np.zeros_like(water.depth_m),
        depth_speed_m2_s=np.zeros_like(water.depth_speed_m2_s),
    )
