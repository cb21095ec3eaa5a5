"""Chains of messages: Alert, Updates and Cancel of one area, renewed before they expire."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from data.records import records
from data.rules_file import Rules
from data.schema import City
from hazards import Hysteresis, RuleSeries, Transition, apply_hysteresis
from sim.area_map import AreaMap
from sim.result import Evidence, ShelterUse, Warning, highest_reached
from sim.way_words import SHELTERS_NAMED, StreetNames

_SHELTERS_NAMED = SHELTERS_NAMED
_DIGITS = 6  # decimals of a coordinate of a door, about 0.1 m
_OUTLINE_M = 20.0  # outlines in messages are simplified by this much


@dataclass(frozen=True)
class Destinations:
    """Where the people of an area go: the shelters that take most of them, and until when all can still leave."""

    shelters: tuple[ShelterUse, ...]
    leave_by_s: float  # the earliest of their latest safe departures; inf where no way ever closes


@dataclass(frozen=True)
class Chain:
    """What the messages of areas of one level are made from."""

    area_map: AreaMap
    series: RuleSeries  # what the rules say, with what the forecast sees
    observed: np.ndarray  # uint8 (times, areas): level without looking ahead
    raw: np.ndarray  # uint8 (times, areas): level that hysteresis is applied to
    people: np.ndarray  # float64 (times, areas): people in H3 or worse
    danger: np.ndarray  # bool (times, areas): danger to people that the warning is about
    destinations: Mapping[str, Destinations]  # area code -> where its people go


def chain_messages(chain: Chain, rules: Rules) -> list[Warning]:
    """The messages of every area, area by area."""
    hold = Hysteresis(rules.number("warning.downgrade_hold_s"), rules.number("warning.min_reissue_s"))
    validity_s = rules.number("warning.expires_after_s")
    outlines = _outlines(chain.area_map.areas)
    messages = []
    for number in range(len(chain.area_map.areas)):
        changes = apply_hysteresis(chain.series.time_s, chain.raw[:, number], hold)
        lasting = renewed(changes, chain.series.time_s, chain.raw[:, number], validity_s, hold.min_reissue_s)
        messages += _chain_of(chain, number, lasting, outlines[number], validity_s)
    return messages


def renewed(
    changes: list[Transition], time_s: np.ndarray, raw: np.ndarray, validity_s: float, margin_s: float
) -> list[Transition]:
    """The changes, and between them a message of the same level `margin_s` before the last one expires.

    A warning that still holds must never lapse because nothing changed.
    """
    lasting: list[Transition] = []
    for change, following in zip(changes, [*changes, None][1:], strict=True):
        lasting.append(change)
        end_s = following.time_s if following is not None else time_s[-1]
        while change.after:
            due = time_s[(time_s > change.time_s) & (time_s <= change.time_s + validity_s - margin_s)]
            # Steps coarser than the validity leave no moment in time: then at the next step.
            moment = float(due[-1]) if due.size else float(time_s[time_s > change.time_s].min(initial=np.inf))
            if not (moment < end_s and change.time_s + validity_s - margin_s < end_s):
                break
            held = time_s[(time_s <= moment) & (raw >= change.after)]
            change = Transition(moment, change.after, change.after, float(held[-1]))
            lasting.append(change)
    return lasting


def _chain_of(
    chain: Chain, number: int, changes: list[Transition], outline: BaseGeometry, validity_s: float
) -> list[Warning]:
    area = chain.area_map.areas.iloc[number]
    going = chain.destinations.get(str(area["code"]))
    time_s, people = chain.series.time_s, chain.people[:, number]
    messages: list[Warning] = []
    for serial, change in enumerate(changes, start=1):
        causes = chain.series.causes(change.evidence_s, number) if change.after else ()
        by_water = any(not cause.rule.startswith("rain") for cause in causes)
        event = "waterlogging" if by_water else "rainstorm"
        if change.after == 0 and messages:
            event = messages[-1].event
        ahead = (time_s >= change.time_s) & (time_s <= change.time_s + validity_s)
        danger = ahead & chain.danger[:, number]
        begins = time_s[(ahead & (chain.observed[:, number] >= change.after)) | danger]
        onset = float(begins[0]) if begins.size and change.after else change.time_s
        warned = change.after > 0 and going is not None
        kind = "Alert" if change.before == 0 else "Update" if change.after else "Cancel"
        messages.append(
            Warning(
                id=f"{area['code']}-{serial:02d}",
                area=str(area["code"]),
                area_name=str(area["name"]),
                area_name_en=str(area["name_en"]),
                event=event,
                level=change.after,
                message_type=kind,
                references=messages[-1].id if change.before else "",
                sent_s=change.time_s,
                onset_s=onset,
                expires_s=change.time_s + validity_s,
                lead_time_min=(onset - change.time_s) / 60.0,
                people_at_risk=math.ceil(people[ahead].max(initial=0.0) - 1e-9) if change.after else 0,
                evidence=highest_reached(Evidence(c.rule, c.value, c.threshold, c.unit) for c in causes),
                shelters=going.shelters if warned and going is not None else (),
                leave_by_s=_leave_by(time_s[danger], going, change.time_s, onset) if warned else None,
                polygon=outline,
                area_level=chain.area_map.level,
            )
        )
    return messages


def _leave_by(danger_s: np.ndarray, going: Destinations | None, sent_s: float, onset_s: float) -> float | None:
    """Last moment at which everybody told to leave still reaches their shelter, and no later than the onset.

    The moment of sending where it is already too late for that: leave at once.
    """
    if going is None or not danger_s.size:
        return None
    return max(sent_s, min(float(danger_s[0]), onset_s, going.leave_by_s))


def shelters_used(
    plan: pd.DataFrame, city: City, streets: Mapping[tuple[str, str], StreetNames] | None = None
) -> dict[str, Destinations]:
    """Area code -> the shelters its people go to, most people first; `streets` are those of sim.way_words."""
    placed = plan[plan["shelter"] != ""]
    if placed.empty or city.shelters is None:
        return {}
    names = {row["id"]: (str(row["name"]), str(row["name_en"])) for row in records(city.shelters)}
    door = {row["id"]: (float(row["lon"]), float(row["lat"])) for row in records(city.shelters)}
    grouped = placed.groupby(["area", "shelter"]).agg(
        persons=("persons", "sum"), walk=("walk_min", "max"), leave_by=("leave_by_s", "min")
    )
    leave_by = placed.groupby("area")["leave_by_s"].min()
    uses: dict[str, Destinations] = {}
    for area, rows in grouped.sort_values(["persons", "walk"], ascending=[False, True]).groupby(level=0):
        named = tuple(
            _use(row, names[row["shelter"]], door[row["shelter"]], (streets or {}).get((str(area), row["shelter"])))
            for row in records(rows.head(_SHELTERS_NAMED).reset_index())
        )
        latest = leave_by.get(area, np.nan)
        uses[str(area)] = Destinations(named, float(latest) if np.isfinite(latest) else np.inf)
    return uses


def _use(
    row: dict[str, Any], names: tuple[str, str], door: tuple[float, float], streets: StreetNames | None
) -> ShelterUse:
    way = streets or StreetNames()
    known = bool(np.isfinite(door).all())
    return ShelterUse(
        row["shelter"],
        *names,
        int(row["persons"]),
        float(row["walk"]),
        leave_by_s=float(row["leave_by"]) if np.isfinite(row["leave_by"]) else None,
        way=way.names,
        way_en=way.names_en,
        lon=round(door[0], _DIGITS) if known else None,
        lat=round(door[1], _DIGITS) if known else None,
    )


def _outlines(areas: gpd.GeoDataFrame) -> list[BaseGeometry]:
    simple = gpd.GeoSeries(areas.geometry.simplify(_OUTLINE_M), crs=areas.crs)
    return list(simple.to_crs("EPSG:4326"))
