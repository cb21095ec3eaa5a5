"""A network written into a pack reads back equal, with its own CRS, its datum and the files that it names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from data.city_writer import write_city
from data.datum import WGS84, gcj02_from_wgs84, transform
from data.readers.city import read_city
from data.swmm import inp_of, named_files, sections
from data.swmm.network import read_network
from tests.pack_files import full_city
from tests.small_network import small_inp, small_network
from tests.tiny_city import CRS


def test_degrees_of_gcj02_stay_in_the_file_and_come_back_in_place(tmp_path: Path) -> None:
    """Nodes to 1 cm, inlets to 1 mm: degrees have ten decimals in the file, the datum is inverted to 1e-11 degrees."""
    plain = small_network()
    x, y = plain.nodes["x_m"].to_numpy(), plain.nodes["y_m"].to_numpy()
    lon, lat = gcj02_from_wgs84(*transform(x, y, CRS, WGS84))
    lines = small_inp()[: small_inp().index("[COORDINATES]") + 1]
    lines += [f"{name} {u:.10f} {v:.10f}" for name, u, v in zip(plain.nodes["name"], lon, lat, strict=True)]
    network = read_network(inp_of(lines, tmp_path / "net.inp"), crs="EPSG:4326", target_crs=CRS, datum="GCJ-02")
    city = replace(full_city(), drainage=replace(network, inlets=plain.inlets))
    back = read_city(write_city(city, tmp_path / "pack")).drainage
    assert back is not None
    assert (back.crs, back.datum) == ("EPSG:4326", "GCJ-02")
    assert back.inp.lines == network.inp.lines
    assert np.hypot(back.nodes["x_m"] - x, back.nodes["y_m"] - y).max() < 0.01
    assert np.hypot(back.inlets["x_m"] - plain.inlets["x_m"], back.inlets["y_m"] - plain.inlets["y_m"]).max() < 0.001


def test_files_that_a_network_names_go_with_it(tmp_path: Path) -> None:
    (tmp_path / "far away").mkdir()
    (tmp_path / "far away" / "Flow.DAT").write_text("07/15/2026 0:00 0.1\n")
    lines = [*small_inp(), "[TIMESERIES]", 'Q FILE "far away/Flow.DAT"', 'R FILE "far away/Flow.DAT"']
    network = read_network(inp_of(lines, tmp_path / "net.inp"), target_crs=CRS)
    pack = write_city(replace(full_city(), drainage=network), tmp_path / "pack")
    (tmp_path / "far away" / "Flow.DAT").unlink()
    back = read_city(pack).drainage
    assert back is not None
    files = [named.path for named in named_files(sections(back.inp), back.inp)]
    assert [file and file.relative_to(pack.absolute()).as_posix() for file in files] == ["network_files/1.dat"] * 2
    assert files[0] is not None
    assert files[0].read_text() == "07/15/2026 0:00 0.1\n"
