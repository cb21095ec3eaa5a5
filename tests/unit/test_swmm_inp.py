"""The text of a SWMM input is cut as the engine cuts it, and what is no input is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import InputError
from data.readers.report import Report
from data.swmm import inp_of, named_files, options, read_inp, sections


def _rows(text: str) -> dict[str, list]:
    return sections(inp_of(text.split("\n"), "x.inp"))


def test_sections_are_known_by_their_beginning_in_any_case() -> None:
    found = _rows(
        "[junctions]\nA 1\n[ORIFICE]\nO A B\n[Xsect]\nO CIRCULAR 1 0 0 0\n[INLET_USAGE]\nP I A\n[INLETS]\nI GRATE"
    )
    assert list(found) == ["JUNCTIONS", "ORIFICES", "XSECTIONS", "INLET_USAGE", "INLETS"]
    assert found["ORIFICES"][0].tokens == ("O", "A", "B")


def test_a_section_may_stand_twice_and_the_last_option_counts() -> None:
    found = _rows("[OPTIONS]\nFLOW_UNITS CMS\n[TITLE]\nx\n[OPTIONS]\nflow_units LPS\nTHREADS 2")
    assert {name: value for name, (value, _) in options(found).items()} == {"FLOW_UNITS": "LPS", "THREADS": "2"}


def test_comments_quotes_tabs_and_windows_line_ends() -> None:
    found = _rows('[JUNCTIONS]\r\n;; heading\r\n\t"a b"\t 1.5 ; deep\r\n\r\n x"y 2\r')
    assert [row.tokens for row in found["JUNCTIONS"]] == [("a b", "1.5"), ('x"y', "2")]
    assert [row.line for row in found["JUNCTIONS"]] == [3, 5]


def test_spans_give_each_token_back() -> None:
    line = '  J1   "C:/rain one.dat"  0:05'
    row = sections(inp_of(["[RAINGAGES]", line], "x.inp"))["RAINGAGES"][0]
    assert [line[a:b] for a, b in row.spans] == ["J1", '"C:/rain one.dat"', "0:05"]


def test_encodings_of_windows_and_china_are_read(tmp_path: Path) -> None:
    for name, encoding in (("a", "utf-8-sig"), ("b", "gb18030"), ("c", "utf-8")):
        (tmp_path / name).write_bytes("[TITLE]\n成都排水\n[JUNCTIONS]\n井一 500 3\n".encode(encoding))
        assert sections(read_inp(tmp_path / name))["JUNCTIONS"][0].tokens[0] == "井一"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00[", "not a text file"),
        ("[TITLE]\n".encode("utf-16"), "not a text file"),
        (b"", "no section"),
        (b"id,lon,lat\n1,2,3\n", "no section"),
    ],
)
def test_what_is_no_input_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "x.inp"
    file.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_inp(file)
    with pytest.raises(InputError, match="no such file"):
        read_inp(tmp_path / "absent.inp")


def test_an_unknown_section_is_told_with_its_line_and_the_closest_name() -> None:
    with pytest.raises(InputError) as caught:
        _rows("[TITLE]\nx\n[JNCTIONS]\nA 1")
    assert (caught.value.place, caught.value.value) == ("line 3", "[JNCTIONS]")
    assert "JUNCTIONS" in caught.value.expected
    report = Report(collect=True)
    found = sections(inp_of(["[JNCTIONS]", "A 1", "[OUTFALLS]", "O 1 FREE"], "x.inp"), report)
    assert list(found) == ["OUTFALLS"]
    assert len(report.errors) == 1


def test_a_line_that_the_engine_would_cut_is_told() -> None:
    long = "A " + " ".join(["1"] * 600)
    with pytest.raises(InputError, match="no line as long"):
        _rows("[JUNCTIONS]\n" + long)
    assert _rows("[JUNCTIONS]\nA 1 ;" + "x" * 2000)["JUNCTIONS"][0].tokens == ("A", "1")


def test_files_are_found_where_they_are_named_or_beside_the_input(tmp_path: Path) -> None:
    (tmp_path / "rain").mkdir()
    for name in ("rain/a.dat", "b.dat", "c.dat"):
        (tmp_path / name).write_text("x")
    text = (
        '[RAINGAGES]\nG1 VOLUME 0:05 1 FILE "rain\\a.dat" S MM\nG2 VOLUME 0:05 1 TIMESERIES T\n'
        '[TEMPERATURE]\nFILE "C:\\models\\b.dat"\n[TIMESERIES]\nT FILE c.dat\n'
        "[FILES]\nUSE HOTSTART nowhere.hsf\nSAVE OUTFLOWS out.txt\n"
    )
    (tmp_path / "x.inp").write_text(text)
    inp = read_inp(tmp_path / "x.inp")
    found = named_files(sections(inp), inp)
    assert [(named.use, named.owner, named.moved) for named in found] == [
        ("rain", "G1", False), ("climate", "FILE", True), ("series", "T", False), ("hotstart", "", False),
    ]  # fmt: skip
    assert [named.path and named.path.name for named in found] == ["a.dat", "b.dat", "c.dat", None]
