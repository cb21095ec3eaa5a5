"""The messages of a finished drill: always an exercise, in the order they were sent."""

from __future__ import annotations

import re
from pathlib import Path

from api.warning.cap import cap_xml
from api.warning.compose import Origin, compose
from api.warning.identifiers import identifier_of
from api.warning.notice import Notice
from api.warning.profile import Profile, rules_profile
from data.rules_file import Rules
from sim.result import Result


def drill_profile(result: Result, rules: Rules) -> Profile:
    """The profile of a finished drill: its name from the scenario, its CAP words from the rules."""
    scenario = result.scenario
    name = re.sub(r"[^0-9A-Za-z_-]+", "-", str(scenario.get("name", "drill"))).strip("-") or "drill"
    return rules_profile(rules, f"{name}-{result.start:%Y%m%d%H%M}-{scenario.get('seed', 0)}")


def notices(result: Result, profile: Profile) -> list[Notice]:
    """All warnings of the drill as notices."""
    origin = Origin(result.rules_hash, tuple(result.unverified_rules), tuple(result.city.synthetic))
    made: dict[str, Notice] = {}  # warning id -> notice
    names: set[str] = set()
    for warning in result.warnings:
        name = identifier_of(warning.area, result.moment(warning.sent_s), profile, names.__contains__)
        names.add(name)
        before = made[warning.references] if warning.references else None
        made[warning.id] = compose(warning, result.moment, profile, name, origin=origin, before=before)
    return list(made.values())


def cap_messages(result: Result, profile: Profile) -> dict[str, bytes]:
    """Identifier -> UTF-8 XML, in the order sent."""
    return {notice.identifier: cap_xml(notice) for notice in notices(result, profile)}


def write_cap(result: Result, folder: Path, profile: Profile) -> list[Path]:
    """One file per message, named after its identifier."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for identifier, content in cap_messages(result, profile).items():
        path = folder / f"{identifier}.xml"
        path.write_bytes(content)
        paths.append(path)
    return paths
