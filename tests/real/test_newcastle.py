"""Rain on the centre of Newcastle upon Tyne: 2 m cells with buildings, 60 mm/h for an hour, two hours in all.

There are no reference depths for it; it shows that the books close and the water stays sane on dense real terrain.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from api.cli.main import run
from tests.shared_data import shared

pytestmark = pytest.mark.slow

CELLS = 195 * 342
RAIN_M3 = CELLS * 4.0 * 0.060


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("newcastle")
    dem = shared("newcastle_centre_dem", "NewcastleCentreDEM_2m.img")
    (folder / "case.toml").write_text(
        f"""
        [terrain]
        dem = "{dem}"
        manning = 0.03
        [run]
        duration_s = 7200
        output_step_s = 1200
        [rain]
        rate_mm_h = 60
        until_s = 3600
        """
    )
    assert run(["flood", str(folder / "case.toml"), "--out", str(folder / "out")]) == 0
    return folder / "out"


def test_books_close(out: Path) -> None:
    """All four sides are closed: what has rained is what lies there, by the books and by the depths in the file."""
    flood = json.loads((out / "summary.json").read_text())["flood"]
    assert flood["cells"] == CELLS
    assert flood["volume_in_m3"] == pytest.approx(RAIN_M3, rel=1e-7)
    assert flood["volume_out_m3"] == 0.0
    assert flood["continuity_error"] <= 1e-5
    with xr.open_dataset(out / "flood.nc") as water:
        lying = float(water.depth.isel(time=-1).to_numpy().astype(float).sum()) * 4.0
    assert lying == pytest.approx(RAIN_M3, rel=1e-5)


def test_water_is_sane(out: Path) -> None:
    with xr.open_dataset(out / "flood.nc") as water:
        for name in ("depth", "speed_x", "speed_y", "max_depth", "max_speed"):
            assert np.isfinite(water[name].to_numpy()).all(), name
        assert float(water.depth.min()) >= 0.0
        assert bool((water.max_depth >= water.depth.max("time")).all())
        assert 43.4 < float(water.bed.min()) < float(water.bed.max()) < 81.8
        low = water.bed.to_numpy() < np.quantile(water.bed, 0.05)
        last = water.depth.isel(time=-1).to_numpy()
        assert last[low].mean() > 5.0 * last.mean()  # it has run together in the lowest ground
