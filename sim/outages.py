"""From the failures of a scenario to the times at which each pump, gate, underpass or shelter does not work."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from data.errors import InputError
from data.schema import City
from data.suggest import closest
from data.units import hours_to_s, minutes_to_s
from sim.failures import Failure

Interval = tuple[float, float]  # s; infinite where it lasts to the end
Asset = tuple[str, str]  # kind (of LIFELINES, or "inlets") and id

_WHAT = {
    "power": "power source of the lifelines",
    "pump": "pumping station, underpass or pump of the network",
    "gate": "gate",
    "inlets": "area",
}


def outages(city: City, failures: Iterable[Failure]) -> dict[Asset, list[Interval]]:
    """When each asset is out of work: by its own failure, or by that of its power once its own supply is used up."""
    found: dict[Asset, list[Interval]] = {}
    for failure in failures:
        begin = float(minutes_to_s(failure.from_min))
        end = float("inf") if failure.until_min is None else float(minutes_to_s(failure.until_min))
        for asset, backup_s in _struck(city, failure):
            if begin + backup_s < end:
                found.setdefault(asset, []).append((begin + backup_s, end))
    return found


def check_failures(city: City, failures: Iterable[Failure], file: Path | None = None) -> None:
    """InputError where a failure names what the city does not have; `file` is the scenario's."""
    for number, failure in enumerate(failures, start=1):
        known = _known(city, failure.kind)
        if failure.kind == "inlets" and not failure.id:
            continue
        if failure.id not in known:
            raise InputError(
                f"no such {_WHAT[failure.kind]} in the city",
                file=file,
                place=f"[failure {number}] id",
                value=failure.id,
                expected=closest(failure.id, known) if known else f"nothing: the city has no {_WHAT[failure.kind]}",
            )


def network_pumps(city: City) -> list[str]:
    """Pumps that are links of the sewer network."""
    if city.drainage is None:
        return []
    links = city.drainage.links
    return list(links.loc[links["kind"] == "pump", "name"].astype(str))


def _struck(city: City, failure: Failure) -> list[tuple[Asset, float]]:
    """The assets that a failure takes out, each with the seconds for which it runs on."""
    if failure.kind == "power":
        lines = city.lifelines
        if lines is None:
            return []
        fed = lines[lines["source_id"] == failure.id]
        assets = zip(fed["asset_kind"], fed["asset_id"].astype(str), strict=True)
        return list(zip(assets, hours_to_s(fed["backup_h"].to_numpy(float)).tolist(), strict=True))
    if failure.kind == "pump":
        known = {"pump": [*_ids(city, "pump"), *network_pumps(city)], "underpass": _ids(city, "underpass")}
        return [((kind, failure.id), 0.0) for kind, ids in known.items() if failure.id in ids]
    return [((failure.kind, failure.id), 0.0)]


def _known(city: City, kind: str) -> list[str]:
    if kind == "power":
        return [] if city.lifelines is None else list(dict.fromkeys(city.lifelines["source_id"].astype(str)))
    if kind == "pump":
        return [*_ids(city, "pump"), *_ids(city, "underpass"), *network_pumps(city)]
    if kind == "inlets":
        return [] if city.areas is None else list(city.areas["code"].astype(str))
    return _ids(city, kind)


def _ids(city: City, kind: str) -> list[str]:
    frame = {"pump": city.pumps, "underpass": city.underpasses, "gate": city.gates}[kind]
    return [] if frame is None else list(frame["id"].astype(str))
