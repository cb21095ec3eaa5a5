"""The folder of a headroom search: JSON and the page, written whole or not at all."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from api.report.headroom_page import render_headroom
from api.report.headroom_words import lead
from api.study_files import about_study, write_json, write_text
from data.rules_file import Rules
from data.safe_folder import SafeFolder
from data.schema import City
from sim.headroom import Headroom, HeadroomStopped, Probe
from sim.scenario import Scenario

HEADROOM = "headroom.json"


def headroom_folder(out: Path) -> SafeFolder:
    """Where a search is written; `refuse_foreign` tells before a long run that it could not be."""
    return SafeFolder(out, marker=HEADROOM)


def write_headroom(found: Headroom, rules: Rules, out: Path) -> dict[str, Any]:
    """Write headroom.json and headroom.html."""
    told = headroom_summary(found, rules)
    with headroom_folder(out) as folder:
        write_json(folder / HEADROOM, told)
        write_text(folder / "headroom.html", render_headroom(found, rules))
    return told


def write_stopped(stop: HeadroomStopped, city: City, scenario: Scenario, rules: Rules, out: Path) -> None:
    """What a search had found when one of its floods stopped itself: headroom.json alone."""
    told = {**about_study(city, scenario, rules), "stopped": stop.told, "probes": [_probe(one) for one in stop.probes]}
    with headroom_folder(out) as folder:
        write_json(folder / HEADROOM, told)


def headroom_summary(found: Headroom, rules: Rules) -> dict[str, Any]:
    """The search as JSON holds it."""
    words = lead(found)
    return {
        **about_study(found.city, found.scenario, rules),
        "lead": {"zh": words.zh, "en": words.en},
        "search": asdict(found.parameters),
        "limits": [asdict(limit) for limit in found.limits],
        "probes": [_probe(probe) for probe in found.probes],
    }


def _probe(probe: Probe) -> dict[str, Any]:
    worst = [{"criterion": criterion, "drainage_class": name, **asdict(one)}
             for (criterion, name), one in probe.worst.items()]  # fmt: skip
    return {"uplift": probe.uplift, "rain_mm": probe.rain_mm, "worst": worst}
