"""What a job says where it failed: whose fault it was, and no path of the machine."""

from __future__ import annotations

import errno

import pytest

from api.jobs.faults import fault_of, is_final
from data.errors import InputError


@pytest.mark.parametrize(
    "error",
    [
        InputError("cannot write here: No space left on device", file="/srv/home/jobs/.work/1/out"),
        OSError(errno.ENOSPC, "No space left on device", "/srv/home/jobs/.work/1/out/inputs/rain.csv"),
    ],
)
def test_a_full_disk_is_no_fault_of_the_request(error) -> None:
    fault = fault_of(error)
    assert (fault["type"], fault["status"]) == ("urn:rongan:job:no-room", 507)
    assert "No space left" in fault["detail"]
    assert "/srv" not in str(fault)
    assert is_final(fault)  # three attempts would fill what is left three times


def test_bad_input_stays_bad_input() -> None:
    fault = fault_of(InputError("no such shelter", place="remove", value="S9", file="/srv/home/x.csv"))
    assert (fault["type"], fault["status"], fault["place"]) == ("urn:rongan:job:bad-input", 422, "remove")
