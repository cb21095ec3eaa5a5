"""The folder of one forecast cycle: summary, areas, plan, water, messages and the page, whole or not at all."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from api.messages import has, text
from api.report.forecast_page import render_forecast
from api.study_files import made_by, write_json, write_table, write_text
from api.warning.cap import cap_xml
from api.warning.compose import Origin, compose
from api.warning.geojson import collection
from api.warning.identifiers import identifier_of
from api.warning.notice import Notice
from api.warning.profile import rules_profile
from api.warning.provenance import made_from
from api.wording import EN, ZH
from data.rules_file import Rules
from data.safe_folder import SafeFolder
from data.schema import LEVELS, PLAN, City
from data.schema.forecasts import FORECAST_AREAS
from sim.forecast.cycle import CycleDetail
from sim.forecast.depth_field import DepthField
from sim.forecast.outlook import Outlook
from sim.forecast.warned import warnings_of
from sim.scenario import CHINA

SUMMARY = "summary.json"


def forecast_folder(out: Path) -> SafeFolder:
    """Where a cycle is written; `refuse_foreign` tells before a long run that it could not be."""
    return SafeFolder(out, marker=SUMMARY)


def write_forecast(outlook: Outlook, detail: CycleDetail, city: City, rules: Rules, out: Path) -> dict[str, Any]:
    """Write a finished cycle and give its summary.

    The clock of the machine is in `wall_s` of summary.json alone; all else depends on city, rain, rules and seed.
    """
    told = forecast_summary(outlook, detail, city)
    said = forecast_notices(outlook, rules)
    with forecast_folder(out) as folder:
        write_json(folder / SUMMARY, told)
        write_table(folder / FORECAST_AREAS.name, FORECAST_AREAS, areas_frame(outlook))
        write_table(folder / PLAN.name, PLAN, outlook.plan)
        (folder / "warnings").mkdir()
        for notice in said:
            (folder / "warnings" / f"{notice.identifier}.xml").write_bytes(cap_xml(notice))
        write_text(folder / "warnings.geojson", json.dumps(collection(said), ensure_ascii=False, indent=1) + "\n")
        if detail.depth is not None:
            write_depth(folder / "flood.nc", detail.depth)
        write_text(folder / "forecast.html", render_forecast(outlook, detail, city, rules))
    return told


def forecast_summary(outlook: Outlook, detail: CycleDetail, city: City) -> dict[str, Any]:
    """The cycle in figures, as JSON holds it."""
    top = outlook.areas[0]
    counts = {name: sum(area.colour == k for area in outlook.areas) for k, name in enumerate(LEVELS)}
    plan = outlook.plan
    placed = int(plan.loc[plan["shelter"] != "", "persons"].sum())
    return {
        "exercise": True,
        "city": city.name,
        "city_en": city.name_en,
        "synthetic": list(outlook.synthetic),
        "cycle": outlook.cycle,
        "time": outlook.time.astimezone(CHINA).isoformat(),
        "horizon_s": outlook.horizon_s,
        "rain": outlook.rain,
        "members": outlook.members,
        "seed": outlook.seed,
        "sensors_used": outlook.sensors_used,
        "sensors_silent": list(outlook.sensors_silent),
        "colour": LEVELS[top.colour],
        "colours": counts,
        "people_h3_up": top.people if outlook.counted else None,
        "people_h3_up_range": list(top.people_range) if outlook.counted else None,
        "planned": {"member": detail.planned, "persons": int(plan["persons"].sum()), "placed": placed},
        "max_depth_m": None if detail.depth is None else round(float(np.nanmax(detail.depth.worst)), 3),
        "notes": [_said(note, ZH) for note in outlook.notes],
        "notes_en": [_said(note, EN) for note in outlook.notes],
        "note_keys": list(outlook.notes),
        "rules_hash": outlook.rules_hash,
        "unverified_rules": list(outlook.unverified_rules),
        "wall_s": round(outlook.wall_s, 2),
        "made_by": made_by(),
    }


def _said(note: str, lang: str) -> str:
    return text(note, lang) if has(note) else note


def areas_frame(outlook: Outlook) -> pd.DataFrame:
    """The areas in the columns of schema FORECAST_AREAS."""
    rows = [
        {
            "area": area.area,
            "name": area.name,
            "name_en": area.name_en,
            "level": area.area_level,
            "colour_now": LEVELS[area.colour_now],
            "colour": LEVELS[area.colour],
            "event": area.event,
            **{f"p_{name}": area.probability[k] for k, name in enumerate(LEVELS[1:])},
            "onset": _onset(area.onset, outlook.time),
            "people_h3_up": area.people if outlook.counted else None,
            "people_h3_up_low": area.people_range[0] if outlook.counted else None,
            "people_h3_up_high": area.people_range[1] if outlook.counted else None,
        }
        for area in outlook.areas
    ]
    return pd.DataFrame(rows, columns=list(FORECAST_AREAS.names))


def forecast_notices(outlook: Outlook, rules: Rules) -> list[Notice]:
    """The messages that the outlook asks for, always an exercise; each an Alert, as nothing went before."""
    profile = rules_profile(rules, f"forecast-{outlook.cycle}-{outlook.seed}")
    origin = Origin(outlook.rules_hash, outlook.unverified_rules, outlook.synthetic)
    names: set[str] = set()
    said = []
    for warning in warnings_of(outlook, rules, made_from(outlook)):
        name = identifier_of(warning.area, outlook.time, profile, names.__contains__)
        names.add(name)
        said.append(compose(warning, lambda s: outlook.time + timedelta(seconds=s), profile, name, origin=origin))
    return said


def write_depth(path: Path, field: DepthField) -> None:
    """Depth at the time of the cycle and the greatest ahead in the control member, as NetCDF; m, NaN outside."""
    grid = field.grid
    dims = ("y", "x")
    xr.Dataset(
        {
            "depth": (dims, field.now, {"units": "m", "long_name": "depth of water at the time of the cycle"}),
            "max_depth": (dims, field.worst, {"units": "m", "long_name": "greatest depth within the horizon"}),
        },
        coords={"y": ("y", grid.y_centres, {"units": "m"}), "x": ("x", grid.x_centres, {"units": "m"})},
        attrs={
            "Conventions": "CF-1.8", "crs": grid.crs, "time": field.time.isoformat(), "horizon_s": field.horizon_s,
            "comment": "Exercise 演练",
        },
    ).to_netcdf(path, encoding={name: {"zlib": True, "complevel": 2} for name in ("depth", "max_depth")})  # fmt: skip


def _onset(onset: datetime | None, time: datetime) -> str:
    """ISO 8601 with its offset; empty where it is now or not at all."""
    return "" if onset is None or onset <= time else onset.astimezone(CHINA).isoformat()
