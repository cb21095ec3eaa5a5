"""EPA's regression models through the engine adapter: continuity and peaks are those of the plain engine."""

import pytest

from benchmarks.epa_models import PRINTED_ERROR, compare, references
from tests.shared_data import shared

LONGEST_S = 0.4  # of the reference run; `python -m benchmarks.epa_models` runs the others too


@pytest.mark.slow
def test_quick_models_give_the_references():
    folder = shared("swmm_nrtestsuite")
    quick = [one for one in references(folder) if one.wall_s <= LONGEST_S]
    assert len(quick) == 46
    peaks = 0
    for reference in quick:
        out = compare(folder, reference)
        assert bool(out.refusal) == bool(reference.error), reference.model
        assert out.peaks_off == 0, (reference.model, out.worst_share)
        assert out.continuity_off <= PRINTED_ERROR, (reference.model, out.continuity, reference.continuity)
        assert len(out.continuity) == len(reference.continuity)
        peaks += out.peaks
    assert peaks == 670


def test_the_one_model_that_the_engine_refuses_is_named_with_its_line():
    """Its rain files are named the Windows way; found, they have two stations of one name (code 156)."""
    folder = shared("swmm_nrtestsuite")
    model = next(one for one in references(folder) if one.error)
    refusal = compare(folder, model).refusal
    assert "error 156: ambiguous station ID for Rain Gage 2" in refusal
    assert "ncdc_format.inp, [RAINGAGES] line 51" in refusal
