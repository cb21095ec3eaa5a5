"""The import rule of the house: who may import whom."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("data", "hazards", "shelters", "sim", "api")
COMMON = ("data.schema", "data.errors", "data.units")
ALLOWED = {
    "hazards": ("hazards", *COMMON),
    "shelters": ("shelters", *COMMON),
    "sim": ("sim", "data", "hazards", "shelters"),
    "api": ("api", "sim", "data"),
    "data": ("data",),
}


def _imports(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in names if name.split(".")[0] in ROOMS]


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
