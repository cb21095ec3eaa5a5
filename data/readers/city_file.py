"""Reads `city.toml`, the list of what a city pack holds: which file is which layer, in which datum and CRS."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.datum import DATUMS, is_crs
from data.errors import InputError
from data.readers.report import Report
from data.readers.tntp import LENGTH_UNITS, TIME_UNITS
from data.schema import SOURCES
from data.strict_toml import Section, read_toml
from data.suggest import closest

CITY_FILE = "city.toml"
LAYERS = (
    "terrain", "land_cover", "buildings", "barriers", "underpasses", "rivers", "areas", "people", "shelters",
    "candidates", "roads", "drainage", "pumps", "gates", "lifelines", "teams", "sensors",
)  # fmt: skip
SUBJECTS = LAYERS  # what may be labelled with its source
VECTOR_LAYERS = ("buildings", "barriers", "underpasses", "rivers", "areas", "gates")


@dataclass(frozen=True)
class Layer:
    """One section of the file."""

    files: tuple[Path, ...]
    crs: str | None = None
    datum: str = "WGS84"
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.files[0]


@dataclass(frozen=True)
class CityFile:
    """A city pack as its file describes it; no layer has been opened."""

    file: Path
    name: str
    name_en: str
    crs: str | None
    synthetic: tuple[str, ...]
    notes: tuple[str, ...]
    provenance: dict[str, str]
    layers: dict[str, Layer]


def read_city_file(path: str | Path, report: Report) -> CityFile:
    """The `city.toml` of a folder, or given itself.

    In a collecting report a layer whose section is wrong is left out.
    """
    file = Path(path)
    file = file / CITY_FILE if file.is_dir() else file
    top = read_toml(file)
    name, name_en = "", ""
    crs: str | None = None
    synthetic: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    with report.attempt():
        name = top.text("name")
        name_en = top.text("name_en", "")
    with report.attempt():
        crs = _crs(top)
    with report.attempt():
        synthetic = _texts(top, "synthetic", SUBJECTS)
    with report.attempt():
        notes = _texts(top, "notes", ())
    layers: dict[str, Layer] = {}
    for layer in LAYERS:
        top.raw(layer, None)
        with report.attempt():
            if layer in top:
                layers[layer] = _layer(top.section(layer), layer)
            elif layer == "terrain":
                raise InputError("no terrain", file=file, place="[terrain]", expected="file = a raster of bed levels")
    provenance: dict[str, str] = {}
    with report.attempt():
        provenance = read_provenance(top.section("provenance"))
    for error in top.unknown():
        report.add(error)
    return CityFile(file, name, name_en, crs, synthetic, notes, provenance, layers)


def _layer(section: Section, layer: str) -> Layer:
    options: dict[str, Any] = {}
    if layer == "terrain":
        options["fill_holes"] = section.flag("fill_holes", False)
    elif layer == "land_cover":
        options["table"] = section.path("table")
    elif layer == "buildings":
        options["height_m"] = section.number("height_m", None, minimum=0.0, maximum=1000.0)
    elif layer == "roads":
        options["snap_m"] = section.number("snap_m", None, minimum=0.0, maximum=100.0)
        options["noded"] = section.flag("noded", False)
        options["nodes"] = section.path("nodes", None)
        options["length_unit"] = section.text("length_unit", None, choices=tuple(LENGTH_UNITS))
        options["time_unit"] = section.text("time_unit", None, choices=tuple(TIME_UNITS))
    elif layer == "drainage":
        options.update({name: section.path(name, None) for name in ("inlets", "pipes", "hotstart")})
    with_datum = layer not in ("terrain", "land_cover", "lifelines")
    with_crs = layer in (*VECTOR_LAYERS, "roads", "drainage")
    crs = _crs(section) if with_crs else None
    datum = section.text("datum", "WGS84", choices=DATUMS) if with_datum else "WGS84"
    return Layer(_files(section, layer), crs, datum, options)


def _files(section: Section, layer: str) -> tuple[Path, ...]:
    if layer != "roads" or "files" not in section:
        if layer == "roads":
            section.raw("files", None)
        return (section.path("file"),)
    section.raw("file", None)
    if "file" in section:
        raise section.error("file", "roads named twice", "either file or files")
    names = _texts(section, "files", ())
    for name in names:
        if not (section.file.parent / name).exists():
            raise InputError(
                "no such file",
                file=section.file,
                place=section.where("files"),
                value=name,
                expected=f"an existing file, relative to {section.file.parent}",
            )
    if not names:
        raise section.error("files", "no file", "one or more file names")
    return tuple(section.file.parent / name for name in names)


def _crs(section: Section) -> str | None:
    crs = section.text("crs", None)
    if crs is not None and not is_crs(crs):
        raise section.error("crs", "unknown coordinate reference system", 'a code such as "EPSG:32648"')
    return crs


def _texts(section: Section, key: str, choices: tuple[str, ...]) -> tuple[str, ...]:
    values = section.raw(key, [])
    expected = "a list of " + (", ".join(choices) if choices else "texts")
    if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
        raise section.error(key, "not a list of texts", expected)
    for value in values:
        if choices and value not in choices:
            raise InputError(
                "unknown layer", file=section.file, place=section.where(key), value=value, expected=expected
            )
    return tuple(values)


def read_provenance(section: Section) -> dict[str, str]:
    """Layer -> "KIND: words", KIND one of SOURCES."""
    told: dict[str, str] = {}
    for layer in section.values:
        text = section.text(layer)
        if layer not in SUBJECTS:
            raise section.error(layer, "unknown layer", closest(layer, SUBJECTS))
        if text.partition(":")[0].strip() not in SOURCES:
            raise section.error(layer, "unknown kind of source", '"KIND: words" with KIND one of ' + ", ".join(SOURCES))
        told[layer] = text
    return told
