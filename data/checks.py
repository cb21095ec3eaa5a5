"""Checks a city pack, or a drainage network alone: lists every defect instead of stopping at the first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data.errors import Finding, InputError
from data.readers.city import load_city
from data.readers.report import Report
from data.schema import City, DrainageNetwork
from data.swmm.check import check_network
from data.swmm.inp import read_inp
from data.swmm.network import read_network


@dataclass(frozen=True)
class Checked:
    """What a check found, errors first, and what could be read of it."""

    findings: list[Finding]
    city: City | None = None
    network: DrainageNetwork | None = None

    @property
    def errors(self) -> int:
        return sum(finding.severity == "error" for finding in self.findings)


def check_city(path: str | Path) -> list[Finding]:
    """Every error and warning of a pack (a folder with city.toml), errors first; empty where there is none."""
    return check_pack(path).findings


def check_pack(path: str | Path) -> Checked:
    """The same with the city, as far as it could be read."""
    report = Report(collect=True)
    city = load_city(path, report)
    return Checked(_sorted(report.findings), city, city.drainage if city else None)


def check_inp(path: str | Path, crs: str | None = None) -> Checked:
    """Every error and warning of a SWMM input by itself; `crs` is that of its coordinates, where it is known."""
    report = Report(collect=True)
    network: DrainageNetwork | None = None
    try:
        network = read_network(read_inp(path), crs=crs, report=report)
        report.findings += check_network(network)
    except InputError as error:
        if not report.errors:
            report.add(error)
    return Checked(_sorted(report.findings), None, network)


def _sorted(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: finding.severity != "error")
