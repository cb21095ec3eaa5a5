"""The import rule of the house: who may import whom."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("data", "hazards", "shelters", "sim", "api")
COMMON = ("data.schema", "data.errors", "data.units", "data.compiling")
ALLOWED = {
    "hazards": ("hazards", *COMMON),
    "shelters": ("shelters", *COMMON),
    "sim": ("sim", "data", "hazards", "shelters"),
    "api": ("api", "sim", "data"),
    "data": ("data",),
}
# Rooms inside sim, and what of sim they may know: people move without knowing who commands them.
DRILL = {
    "sim.movement": ("sim.movement", "sim.behaviour.draws"),
    "sim.behaviour": ("sim.behaviour", "sim.movement.units", "sim.departure"),
    "sim.command": ("sim.command", "sim.movement", "sim.behaviour", "sim.departure", "sim.command_rules"),
    "sim.after_action": ("sim.after_action", "sim.command.record", "sim.movement.units", "sim.result", "sim.area_map"),
}
# Rooms inside sim that the service builds on: observing and episodes know no forecast's floods.
EARLY_WARNING = {
    "sim.observing": ("sim.observing",),
    "sim.episode": ("sim.episode", "sim.forecast.outlook", "sim.result"),
}
# Rooms inside api, each with what of api it may know: messages, store, service and jobs, HTTP, from the bottom up.
API = {
    "api.warning": ("api.warning", "api.messages", "api.wording"),
    "api.store": ("api.store", "api.warning"),
    "api.service": ("api.service", "api.store", "api.warning", "api.messages", "api.wording"),
    "api.jobs": (
        "api.jobs",
        "api.store",
        "api.service.settings",
        "api.service.clock",
        *(f"api.{name}" for name in ("drill_folder", "adequacy_folder", "siting_folder", "forecast_folder")),
    ),
    "api.http": (
        "api.http",
        *(f"api.{name}" for name in ("jobs", "service", "store", "warning", "messages", "wording")),
        "api.report.offline",
        "api.report.palette",
    ),
}
ROOMS_OF_SERVICE = tuple(room for room in API if room != "api.warning")
BRIDGES = ("api.replay_folder",)  # a replay is the service, run over a past event
NOT_IN_KERNELS = ("pandas", "geopandas", "simpy", "data.readers", "data.rules_file")


def _imports(path: Path) -> list[str]:
    return [name for name in _all_imports(path) if name.split(".")[0] in ROOMS]


def _all_imports(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def _inside(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


@pytest.mark.parametrize("path", [p for room in ROOMS for p in sorted((ROOT / room).rglob("*.py"))], ids=str)
def test_imports_follow_the_house(path: Path) -> None:
    """Data flows one way: data -> hazards, shelters -> sim -> api."""
    relative = path.relative_to(ROOT)
    own = ".".join(relative.with_suffix("").parts)
    allowed = ALLOWED[relative.parts[0]]
    if _inside(own, COMMON):
        allowed = COMMON
    for name in _imports(path):
        assert _inside(name, allowed), f"{relative} imports {name}"


@pytest.mark.parametrize(
    "path", [p for room in DRILL for p in sorted((ROOT / room.replace(".", "/")).glob("*.py"))], ids=str
)
def test_rooms_of_the_drill_know_only_those_below(path: Path) -> None:
    """Draws and units are common; movement does not know behaviour or command, nor behaviour command."""
    relative = path.relative_to(ROOT)
    allowed = DRILL[".".join(relative.parts[:2])]
    for name in _imports(path):
        assert not name.startswith("sim.") or _inside(name, allowed), f"{relative} imports {name}"


@pytest.mark.parametrize(
    "path", [p for room in EARLY_WARNING for p in sorted((ROOT / room.replace(".", "/")).rglob("*.py"))], ids=str
)
def test_rooms_of_early_warning_know_only_those_below(path: Path) -> None:
    """Observations and episodes can be tried without a flood."""
    relative = path.relative_to(ROOT)
    allowed = EARLY_WARNING[".".join(relative.parts[:2])]
    for name in _imports(path):
        assert not name.startswith("sim.") or _inside(name, allowed), f"{relative} imports {name}"


@pytest.mark.parametrize(
    "path", [p for room in API for p in sorted((ROOT / room.replace(".", "/")).rglob("*.py"))], ids=str
)
def test_rooms_of_the_service_know_only_those_below(path: Path) -> None:
    """A message knows no database, the database no service, the service no HTTP."""
    relative = path.relative_to(ROOT)
    allowed = API[".".join(relative.parts[:2])]
    for name in _imports(path):
        assert not name.startswith("api.") or _inside(name, allowed), f"{relative} imports {name}"


@pytest.mark.parametrize(
    "path", [p for p in sorted((ROOT / "api").rglob("*.py")) if not p.is_relative_to(ROOT / "api" / "cli")], ids=str
)
def test_nothing_but_the_terminal_knows_the_terminal_and_pages_know_no_service(path: Path) -> None:
    """Commands stand on top; a folder or page can be written without a store, a service or HTTP."""
    relative = path.relative_to(ROOT)
    own = ".".join(relative.with_suffix("").parts)
    above = ("api.cli",) if _inside(own, ROOMS_OF_SERVICE) else ("api.cli", *ROOMS_OF_SERVICE)
    if own not in BRIDGES:
        for name in _imports(path):
            assert not _inside(name, above), f"{relative} imports {name}"


def test_compiled_files_take_arrays_and_numbers_only() -> None:
    """A file with kernels knows no frames, files, rules or processes."""
    files = [p for room in ROOMS for p in sorted((ROOT / room).rglob("*.py"))]
    compiled = [p for p in files if "data.compiling.njit" in _all_imports(p)]
    assert compiled
    for path in compiled:
        for name in _all_imports(path):
            assert not _inside(name, NOT_IN_KERNELS), f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("path", [p for room in ROOMS for p in sorted((ROOT / room).rglob("*.py"))], ids=str)
def test_the_decorator_of_kernels_comes_from_one_place(path: Path) -> None:
    """The first decorated function of a process settles the code generator, so none may come before its settings."""
    if path.relative_to(ROOT) != Path("data/compiling.py"):
        names = _all_imports(path)
        assert "numba" not in names, f"{path.relative_to(ROOT)} imports numba itself"
        assert not {"numba.njit", "numba.jit", "numba.vectorize", "numba.guvectorize"} & set(names)
