"""Writes a sewer network into a city pack: the SWMM input as it is, the files that it reads, inlets and census."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from data.datum import gcj02_from_wgs84
from data.schema import INLETS, PIPES, DrainageNetwork
from data.swmm.files import named_files
from data.swmm.inp import sections

_FOLDER = "network_files"  # of a pack: rain, climate and time series that the input names


def write_network(network: DrainageNetwork, place: Path) -> dict[str, object]:
    """Write network.inp, inlets.csv and pipes.csv into a folder; the keys of the pack's [drainage] section."""
    keys: dict[str, object] = {"file": "network.inp"}
    lines = _with_files(network, place)
    (place / "network.inp").write_text("\n".join(lines), encoding="utf-8", newline="")
    if network.crs is not None:
        keys["crs"] = network.crs
    keys["datum"] = network.datum
    if len(network.inlets):
        _inlets(network).to_csv(place / "inlets.csv", index=False, lineterminator="\n")
        keys["inlets"] = "inlets.csv"
    pipes = census_rows(network)
    if len(pipes):
        pipes.to_csv(place / "pipes.csv", index=False, lineterminator="\n")
        keys["pipes"] = "pipes.csv"
    if network.hotstart is not None:
        shutil.copyfile(network.hotstart, place / "network.hsf")
        keys["hotstart"] = "network.hsf"
    return keys


def census_rows(network: DrainageNetwork) -> pd.DataFrame:
    """The rows of PIPES for links that the census looked at."""
    seen = network.links[network.links["condition_grade"] > 0]
    frame = pd.DataFrame(seen.drop(columns="geometry")).rename(columns={"name": "id"})
    return frame[[name for name in PIPES.names if name in frame.columns]]


def _with_files(network: DrainageNetwork, place: Path) -> list[str]:
    """The lines of the input, with the files that they name copied beside it under names of their own."""
    lines = list(network.inp.lines)
    copied: dict[Path, str] = {}
    for named in named_files(sections(network.inp), network.inp):
        if named.path is None:
            continue
        if named.path not in copied:
            (place / _FOLDER).mkdir(exist_ok=True)
            name = f"{_FOLDER}/{len(copied) + 1}{named.path.suffix.lower()}"
            shutil.copyfile(named.path, place / name)
            copied[named.path] = name
        begin, end = named.row.spans[named.position]
        line = lines[named.row.line - 1]
        lines[named.row.line - 1] = f'{line[:begin]}"{copied[named.path]}"{line[end:]}'
    return lines


def _inlets(network: DrainageNetwork) -> pd.DataFrame:
    frame = network.inlets[[name for name in INLETS.names if name in network.inlets.columns]].copy()
    if network.datum == "GCJ-02":
        lon, lat = (np.asarray(frame[name], float) for name in ("lon", "lat"))
        frame["lon"], frame["lat"] = gcj02_from_wgs84(lon, lat)
    return frame
