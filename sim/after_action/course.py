"""The course of a drill as steps of plans see it: when something set a step off, and when it was done."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from data.records import records
from sim.after_action.plans import PlanStep
from sim.area_map import warning_level
from sim.command.record import DrillRecord
from sim.result import Result

NEVER = float("inf")
DANGEROUS = ("people_h3", "people_h4", "people_h5", "people_h6")


@dataclass(frozen=True)
class Case:
    """One thing a step is judged on. Times in s; `done_s` is NEVER where it never was, NaN where nothing tells."""

    area: str  # code; "" where it is not one area's
    trigger_s: float
    done_s: float


@dataclass(frozen=True)
class Course:
    """A drill, asked by plan steps."""

    result: Result
    record: DrillRecord
    bus_share: float = 1.0  # of the people who leave; those who wait for an ambulance ask for no bus

    @cached_property
    def parents(self) -> dict[str, str]:
        """Area code -> code of the area above it; "" at the top."""
        areas = self.result.city.areas
        if areas is None or areas.empty or "parent" not in areas.columns:
            return {}
        return {row["code"]: row["parent"] for row in records(areas[["code", "parent"]])}

    @cached_property
    def warned_areas(self) -> tuple[str, ...]:
        """Areas of the level that is warned which had a message, by code."""
        level = warning_level(self.result.city)
        higher = set(self.result.areas.loc[self.result.areas["level"] != level, "code"])
        return tuple(sorted({w.area for w in self.result.warnings if w.area not in higher}))

    @cached_property
    def ordered_areas(self) -> dict[str, float]:
        """Area told to leave -> when first, in s."""
        told: dict[str, float] = {}
        for row in self._orders("leave"):
            for area in row["targets"].split():
                told[area] = min(told.get(area, NEVER), row["time_s"])
        return dict(sorted(told.items()))

    @cached_property
    def told_persons(self) -> dict[str, int]:
        """Area told to leave -> people told, by code."""
        most = self.record.warned.groupby("area", sort=True)["persons"].max()
        return {str(area): int(persons) for area, persons in most.items()}

    @cached_property
    def _told(self) -> dict[str, pd.DataFrame]:
        """Area told to leave -> its rows of the record's `warned`."""
        return {str(area): rows for area, rows in self.record.warned.groupby("area", sort=True)}

    @cached_property
    def leaving(self) -> int:
        """People who left or will: told or of their own accord, less those who refuse."""
        line = self.record.outcome.timeline
        return int(line["ordered"].iloc[-1] + line["unordered"].iloc[-1] - line["refused"].iloc[-1]) if len(line) else 0

    @cached_property
    def untold(self) -> dict[str, int]:
        """People in danger in each area of the warnings that nobody was told to leave, where there are any."""
        areas, told = self.result.areas, self.ordered_areas
        codes = areas.loc[areas["level"] == warning_level(self.result.city), "code"]
        people = {code: self.in_danger(code) for code in codes if not any(self.covers(t, code) for t in told)}
        return {code: count for code, count in people.items() if count}

    @property
    def left_behind(self) -> int:
        """Of the untold, those who did not leave of their own accord either: at least this many."""
        line = self.record.outcome.timeline
        own = int(line["unordered"].iloc[-1]) if len(line) else 0
        return max(sum(self.untold.values()) - own, 0)

    def name_of(self, area: str) -> tuple[str, str]:
        """Name of an area in Chinese and English; that of the city for ""."""
        city = self.result.city
        return self._names.get(area, (area, area) if area else (city.name, city.name_en))

    @cached_property
    def _names(self) -> dict[str, tuple[str, str]]:
        areas = self.result.areas
        return dict(zip(areas["code"], zip(areas["name"], areas["name_en"], strict=True), strict=True))

    def in_danger(self, area: str) -> int:
        """People of an area whose worst water is H3 or worse."""
        return self._in_danger.get(area, 0)

    @cached_property
    def _in_danger(self) -> dict[str, int]:
        areas = self.result.areas
        return dict(zip(areas["code"], areas[list(DANGEROUS)].sum(axis=1).astype(int).tolist(), strict=True))

    def last_told(self, column: str) -> int:
        """A column of the record's `warned` at the end, over all areas."""
        warned = self.record.warned
        last = warned.sort_values("time_s", kind="stable").groupby("area", sort=True)[column].last()
        return int(last.sum())

    def cases(self, step: PlanStep) -> list[Case]:
        """Every case of the step in this drill, by area or in time; none where its trigger never came."""
        if step.trigger == "rain":
            return self._of_city(step, self._rain_starts())
        if step.trigger == "warning":
            return self._of_areas(step, {area: self.warning(area, step.level) for area in self.warned_areas})
        if step.trigger == "danger":
            return self._of_areas(step, {area: self.danger(area) for area in self.warned_areas})
        if step.trigger == "order_leave":
            return self._of_areas(step, self.ordered_areas)
        if step.trigger == "underpass_flooded":
            return self._of_underpasses(step)
        return self._of_calls(step)

    def _of_city(self, step: PlanStep, trigger_s: float) -> list[Case]:
        return [Case("", trigger_s, self._done(step, ""))] if np.isfinite(trigger_s) else []

    def _of_areas(self, step: PlanStep, triggers: dict[str, float]) -> list[Case]:
        came = {area: time_s for area, time_s in triggers.items() if np.isfinite(time_s)}
        if step.measured_by == "buses" and not (self.bus_share and self.record.outcome.timeline["waiting"].any()):
            return []  # nobody needed a bus
        if step.measured_by in ("sheltered", "shelter_used", "bulletin") and came:  # known for the city alone
            return [Case("", min(came.values()), self._done(step, ""))]
        return [Case(area, time_s, self._done(step, area)) for area, time_s in came.items()]

    def _of_underpasses(self, step: PlanStep) -> list[Case]:
        flooded = self.result.closures.groupby("underpass", sort=True)["closed_s"].min()
        return [
            Case("", float(time_s), self._underpass(step, str(underpass), float(time_s)))
            for underpass, time_s in flooded.items()
        ]

    def _of_calls(self, step: PlanStep) -> list[Case]:
        column = {"team_reached": "reached_s", "rescued": "done_s"}.get(step.measured_by)
        calls = self.record.rescues.sort_values("time_s", kind="stable")
        done = calls[column] if column else pd.Series(np.nan, calls.index)
        never = NEVER if column else np.nan
        return [
            Case("", float(called), float(at) if np.isfinite(at) else never)
            for called, at in zip(calls["time_s"], done, strict=True)
        ]

    def _done(self, step: PlanStep, area: str) -> float:
        if step.measured_by == "warning":
            return self.warning(area, step.done_level)
        if step.measured_by == "order_leave":
            return min((t for told, t in self.ordered_areas.items() if self.covers(told, area)), default=NEVER)
        if step.measured_by in ("reached", "left"):
            return self._share_told(area, step.measured_by, step.share)
        if step.measured_by == "sheltered":
            return self._sheltered(step.share)
        if step.measured_by == "shelter_used":
            return self._first(self.record.outcome.timeline, "sheltered")
        if step.measured_by == "buses":
            return self._ordered("send_buses", area)
        if step.measured_by == "bulletin":
            return self._ordered("bulletin", "")
        return float("nan")

    def covers(self, told: str, area: str) -> bool:
        """Whether an order to `told` is for people of `area`: the same one, one above it, or a part of it."""
        return area in ("", told) or told in self._above(area) or area in self._above(told)

    def _above(self, area: str) -> list[str]:
        found: list[str] = []
        while (area := self.parents.get(area, "")) and area not in found:
            found.append(area)
        return found

    def _orders(self, kind: str) -> list[dict[str, Any]]:
        orders = self.record.orders
        return records(orders[orders["kind"] == kind])

    def _ordered(self, kind: str, area: str) -> float:
        """When such an order for the area was first carried out."""
        fit = (
            row for row in self._orders(kind) if not area or any(self.covers(t, area) for t in row["targets"].split())
        )
        return min((row["done_s"] for row in fit if np.isfinite(row["done_s"])), default=NEVER)

    def _underpass(self, step: PlanStep, underpass: str, flooded_s: float) -> float:
        if step.measured_by == "pump":
            pumps = self.record.pumps
            there = pumps.loc[pumps["underpass"] == underpass, "arrived_s"].dropna()
            return float(there.min()) if len(there) else NEVER
        if step.measured_by == "underpass_closed":  # the barrier falls by itself at the closing line, if not before
            given = (row["done_s"] for row in self._orders("close_underpass") if underpass in row["targets"].split())
            return min((time_s for time_s in given if time_s < flooded_s), default=flooded_s)
        if step.measured_by == "bulletin":  # what was told before does not tell of this one
            told = (row["done_s"] for row in self._orders("bulletin"))
            return min((time_s for time_s in told if time_s >= flooded_s), default=NEVER)
        return float("nan")

    def _rain_starts(self) -> float:
        wet = np.flatnonzero(np.asarray(self.result.rain_mm_h, float) > 0.0)
        return float(self.result.rain_time_s[wet[0]]) if wet.size else NEVER

    def warning(self, area: str, level: int) -> float:
        """When the first message of at least `level` for the area went out; NEVER where none did. "": any area."""
        sent = (w.sent_s for w in self.result.warnings if w.level >= max(1, level) and area in ("", w.area))
        return min(sent, default=NEVER)

    def danger(self, area: str) -> float:
        """When the first message that sends people away, or knows of people in danger, says it begins."""
        onset = (
            w.onset_s for w in self.result.warnings
            if w.area == area and w.level and ((w.people_at_risk or 0) > 0 or w.leave_by_s is not None)
        )  # fmt: skip
        return min(onset, default=NEVER)

    def _share_told(self, area: str, column: str, share: float) -> float:
        told = self._told.get(area)
        if told is None:
            return NEVER
        people = int(told["persons"].max())
        enough = told[told[column] >= share * people] if people else told.iloc[:0]
        return float(enough["time_s"].min()) if len(enough) else NEVER

    def _sheltered(self, share: float) -> float:
        line = self.record.outcome.timeline
        count = (
            int(line["ordered"].iloc[-1] + line["unordered"].iloc[-1] - line["refused"].iloc[-1]) if len(line) else 0
        )
        enough = line[line["sheltered"] >= share * count] if count else line.iloc[:0]
        return float(enough["time_s"].min()) if len(enough) else NEVER

    @staticmethod
    def _first(line: pd.DataFrame, column: str) -> float:
        some = line[line[column] > 0]
        return float(some["time_s"].min()) if len(some) else NEVER
