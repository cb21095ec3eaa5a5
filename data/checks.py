"""Checks a city pack: reads all of it and lists every defect instead of stopping at the first."""

from __future__ import annotations

from pathlib import Path

from data.errors import Finding
from data.readers.city import load_city
from data.readers.report import Report


def check_city(path: str | Path) -> list[Finding]:
    """Every error and warning of a pack (a folder with city.toml), errors first; empty where there is none."""
    report = Report(collect=True)
    load_city(path, report)
    return sorted(report.findings, key=lambda finding: finding.severity != "error")
