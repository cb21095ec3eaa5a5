"""The balance of the sewers on the terminal."""

from __future__ import annotations

import pytest

from api.cli.told import _sewer_balance


@pytest.mark.parametrize(
    ("total", "own", "told"),
    [
        (7e-4, 0.001, ", with the sewers 7.0e-04"),
        (7e-4, -0.125, ", with the sewers 7.0e-04; the sewer engine made 12.5% of its own water"),
        (7e-4, 0.03, ", with the sewers 7.0e-04; the sewer engine lost 3.0% of its own water"),
        (None, None, ", of the sewers unknown"),
    ],
)
def test_an_error_of_the_sewer_engine_is_not_lost_in_the_water_of_the_city(total, own, told):
    assert _sewer_balance({"total_error": total, "engine_error": own}) == told
