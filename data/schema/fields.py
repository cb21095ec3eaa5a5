"""The two words every declaration is written with: a Field (one column or array) and a Table (a set of them)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

SOURCES = ("plan", "standard", "derived", "synthetic", "fact")  # where a value comes from


@dataclass(frozen=True)
class Field:
    """One column or array: its name, unit, meaning, shape and valid range."""

    name: str
    unit: str  # SI unit, "1" for a share or count without unit, "" for text
    meaning: str
    dtype: str = "float"  # "float", "int", "text", "bool", "geometry"
    dims: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    required: bool = True
    default: float | int | str | bool | None = None  # taken when an optional column is absent
    standard_name: str = ""  # CF standard name, where one exists
    unique: bool = False  # no value may occur twice in a table

    def describe_range(self) -> str:
        """The valid range in words, as error messages and the reference page give it."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        unit = "" if self.unit == "1" else self.unit
        if self.minimum is not None and self.maximum is not None:
            return f"{plain(self.minimum)} to {plain(self.maximum)} {unit}".strip()
        if self.minimum is not None:
            return f"at least {plain(self.minimum)} {unit}".strip()
        if self.maximum is not None:
            return f"at most {plain(self.maximum)} {unit}".strip()
        return {"text": "text", "bool": "true or false"}.get(self.dtype, "a finite number")


def plain(number: float) -> str:
    """A limit as people write it: 100000000, not 1e+08."""
    return f"{number:.10g}"


@dataclass(frozen=True)
class Table:
    """A named set of fields: a table read or written, or the variables of a NetCDF file."""

    name: str
    meaning: str
    fields: tuple[Field, ...]

    def __getitem__(self, name: str) -> Field:
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{self.name} has no field {name}")

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def __contains__(self, name: object) -> bool:
        return any(field.name == name for field in self.fields)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields if field.required)
