"""Rain files of real SWMM models through `rongan replay --swmm`: read whole, brought at their times, no cycle lost."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest

from api.cli.main import run
from data.city_writer import write_city
from tests.shared_data import shared
from tests.tiny_city import tiny_city

AALTO = ("swmm_demo_catchment_aalto", "prec_mm.DAT")
PRATO = ("swmm_tecnopolo_prato", "EXT_RAIN_199401_MACAO_CUM_NEW_5MIN.DAT")


@pytest.mark.parametrize(
    ("file", "form", "gauge", "rows", "begin", "end"),
    [
        (AALTO, "VOLUME/60s/MM/+03:00", "STA01", 43_200, "1990-06-08T14:30:00+03:00", "1990-06-08T16:30:00+03:00"),
        (PRATO, "CUMULATIVE/300s/MM/+01:00", PRATO[1][:-4], 8_927, "1994-01-11T02:00:00+01:00",
         "1994-01-11T04:00:00+01:00"),
    ],
    ids=["a volume per minute", "a sum that grows"],
)  # fmt: skip
def test_a_rain_file_of_a_model_is_replayed(tmp_path, file, form, gauge, rows, begin, end):
    city = tiny_city()
    assert city.sensors is not None
    pack = write_city(replace(city, sensors=city.sensors.iloc[:1].assign(id=gauge)), tmp_path / "pack")
    out = tmp_path / "out"
    command = ["replay", str(pack), "--rain", str(shared(*file)), "--swmm", form, "--rain-only", "--cycle-min", "30"]
    assert run([*command, "--from", begin, "--to", end, "--out", str(out)]) == 0
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert (summary["observations"], summary["cycles"], summary["cycles_failed"]) == (rows, 5, 0)
    assert summary["store_faults"] == []
    with (out / "cycles.csv").open(encoding="utf-8") as stream:
        cycles = list(csv.DictReader(stream))
    assert {(row["sensors_used"], row["sensors_silent"]) for row in cycles} == {("1", "0")}
    assert not any("gauges_silent" in row["notes"] or "blind" in row["notes"] for row in cycles)


def test_a_file_without_its_form_is_refused(tmp_path, capsys):
    """Without --swmm nobody knows what its lines mean."""
    pack = write_city(tiny_city(), tmp_path / "pack")
    assert run(["replay", str(pack), "--rain", str(shared(*AALTO)), "--rain-only", "--out", str(tmp_path / "o")]) == 2
    assert "--swmm" in capsys.readouterr().err
