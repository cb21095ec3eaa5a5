"""Road crews that put up barriers and pump crews that go to an underpass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import simpy

from sim.command.scene import Scene
from sim.command.vehicles import Process, Road, Vehicle

PUMP_COLUMNS = ("team", "underpass", "called_s", "arrived_s", "pump_m3_s")


@dataclass(eq=False)
class Job:
    """Work at a place: a barrier or a pump."""

    kind: str  # of team
    name: str  # road or underpass
    edges: np.ndarray
    called_s: float
    done: simpy.Event
    barred: bool = True
    by_car_only: bool = False
    team: str = ""
    begun_s: float = np.nan  # when the barrier stands or the pump runs


class Crews:
    """The jobs of a drill, and how crews do them."""

    def __init__(self, scene: Scene, road: Road) -> None:
        self._scene, self._road = scene, road
        self.jobs: list[Job] = []
        self.waiting: list[Job] = []  # for a crew

    def add(self, job: Job) -> None:
        """A new job, which waits for a crew."""
        self.jobs.append(job)
        self.waiting.append(job)

    def ends(self, job: Job) -> list[int]:
        """Crossings at which the job can be done, rising: where its edges begin and end."""
        graph = self._scene.setup.roads.graph
        return np.union1d(graph.tail[job.edges], graph.head[job.edges]).tolist()

    def work(self, vehicle: Vehicle, job: Job, goal: int) -> Process:
        """One crew goes to a crossing and does the job; where its way closes, the job waits for a crew again."""
        scene, terms = self._scene, self._road.terms
        job.team = vehicle.name
        yield from self._road.turn_out(vehicle)
        pumps = job.kind == "pump"
        if not (yield from self._road.drive(vehicle, goal, "to_pump" if pumps else "to_barrier")):
            job.team = ""
            self.waiting.append(job)
            return
        yield scene.env.timeout(terms.pump_setup_s if pumps else terms.barrier_s)
        job.begun_s = scene.env.now
        if pumps:
            scene.tell("team", does="pumps", vehicle=vehicle.name, underpass=job.name)
            job.done.succeed()
            yield scene.env.event()  # stays there
        scene.bar(job.edges, job.barred, job.by_car_only)
        job.done.succeed()

    def pumps(self) -> pd.DataFrame:
        """PUMP_COLUMNS, in the order of the orders: team and number of the crew, rate of one crew."""
        teams = self._scene.setup.teams
        rate = (
            {} if teams is None or teams.empty else dict(zip(teams["id"].astype(str), teams["pump_m3_s"], strict=True))
        )
        rows = [
            (job.team, job.name, job.called_s, job.begun_s, float(rate.get(job.team.rpartition("-")[0], 0.0)))
            for job in self.jobs
            if job.kind == "pump"
        ]
        return pd.DataFrame(rows, columns=list(PUMP_COLUMNS))
