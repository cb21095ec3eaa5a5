"""The lock that a fresh set-up installs from pins everything that pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib

from tests.shared_data import ROOT


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found.group()).lower()


def test_every_declared_package_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {_name(line) for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]}
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pinned = {_name(line) for line in lines if re.match(r"[A-Za-z0-9._-]+==", line)}
    assert declared <= pinned, f"not in requirements.lock (make lock): {sorted(declared - pinned)}"
