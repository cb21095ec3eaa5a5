"""What SWMM complains of becomes an error with code, section, line and what stands there."""

from pathlib import Path

import pytest

from data.errors import InputError
from hazards.drains.engine import SwmmEngine
from hazards.drains.messages import input_error, read_errors, read_warnings
from tests.drains_network import sewer

LINES = """[TITLE]
A town
[JUNCTIONS]
C1 10 3
[CONDUITS]
C1 C1 O1 0 0.013
[RAINGAGES]
G1 INTENSITY 0:05 1.0 FILE "rain 1994.dat" S1 MM
[TIMESERIES]
T1 FILE none.dat""".splitlines()


@pytest.mark.parametrize(
    ("report", "place", "text", "value"),
    [
        (
            "  ERROR 211: invalid number 1O at line 4 of [JUNC] section:\n  C1 1O 3",
            "[JUNCTIONS] line 4",
            "error 211: invalid number 1O",
            "C1 10 3",
        ),
        # the conduit and not the junction of the same name
        ("  ERROR 111: invalid length for Conduit C1.", "[CONDUITS] line 6", "invalid length", "C1 C1 O1 0 0.013"),
        ("  ERROR 317: cannot open rainfall data file /x/rain 1994.dat.", "[RAINGAGES] line 8", "error 317", LINES[7]),
        (
            "  ERROR 361: could not open external file used for Time Series T1.",
            "[TIMESERIES] line 10",
            "error 361",
            LINES[9],
        ),
        ("  ERROR 145: Drainage system has no acceptable outlet nodes.", "", "error 145", None),
        ("", "", "error 303: cannot open input file", None),  # no report: the engine's own words
        (
            "  ERROR 205: invalid keyword X at line 1 of [TITL] section:\n  ERROR 200: one or more errors in the file.",
            "[TITLE] line 1",
            "keyword X (found",
            "[TITLE]",
        ),
        (
            "  ERROR 111: invalid length for Conduit C1.\n  ERROR 145: Drainage system has no acceptable outlet nodes.",
            "[CONDUITS] line 6",
            "(and 1 more)",
            LINES[5],
        ),
    ],
)
def test_place_and_content_of_an_error(report, place, text, value):
    error = input_error(303, "cannot open input file", report, LINES, Path("town.inp"))
    assert (error.file, error.place, error.value) == ("town.inp", place, value)
    assert text in str(error)


def test_reports_are_read_line_by_line():
    report = "  WARNING 04: minimum elevation drop used for Conduit C1\n  Flow .. 0\n  ERROR 200: one or more errors."
    assert read_warnings(report.splitlines()) == ("WARNING 04: minimum elevation drop used for Conduit C1",)
    assert [error.code for error in read_errors(report)] == [200]


@pytest.mark.parametrize(
    ("before", "after", "code", "place"),
    [
        ("C1 J1 J2", "C1 J1 J9", 209, "[CONDUITS] line 19"),
        ("FLOW_ROUTING DYNWAVE", "FLOW_ROUTING FAST", 205, "[OPTIONS] line 3"),
        ("[CONDUITS]", "[PIPES]", 205, "[PIPES] line 18"),
        ("C2 CIRCULAR 0.5", "C2 CIRCULAR 0.0", 211, "[XSECTIONS] line 23"),
    ],
)
def test_the_engine_itself_refuses(before, after, code, place):
    lines = [line.replace(before, after) for line in sewer()]
    with pytest.raises(InputError, match=f"error {code}") as error:
        SwmmEngine(lines, source=Path("town.inp"))
    assert (error.value.file, error.value.place) == ("town.inp", place)


def test_junk_and_a_file_that_is_not_there_are_refused(tmp_path):
    with pytest.raises(InputError):
        SwmmEngine(["\x00\x01\x02" * 300])
    with pytest.raises(InputError, match="no such file"):
        SwmmEngine(tmp_path / "absent.inp")
