"""Folders written whole or not at all: two writers, killed writers, odd targets, no room."""

from __future__ import annotations

import errno
import os

import pytest

from data.errors import InputError
from data.run_folder import RunFolder
from data.safe_folder import SafeFolder

MARK = "mark"


def _fill(place, text="new"):
    (place / MARK).write_text(text)


def test_a_second_writer_is_refused_and_does_not_touch_the_first(tmp_path):
    target = tmp_path / "run"
    with SafeFolder(target, MARK) as first:
        _fill(first)
        with pytest.raises(InputError, match="another run"), SafeFolder(target, MARK):
            pass
        assert (first / MARK).read_text() == "new"
    assert (target / MARK).read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_what_a_killed_writer_left_is_taken_over(tmp_path):
    (tmp_path / "run.partial" / "warnings").mkdir(parents=True)
    (tmp_path / "run.partial" / "plan.csv").write_text("half")
    with SafeFolder(tmp_path / "run", MARK) as place:
        assert not list(place.iterdir())
        _fill(place)
    assert [path.name for path in (tmp_path / "run").iterdir()] == [MARK]


def test_a_result_moved_aside_by_a_killed_writer_comes_back(tmp_path):
    (tmp_path / "run.old").mkdir()
    _fill(tmp_path / "run.old", "earlier")
    with pytest.raises(RuntimeError), SafeFolder(tmp_path / "run", MARK):
        raise RuntimeError
    assert (tmp_path / "run" / MARK).read_text() == "earlier"


def test_the_folder_one_stands_in_can_be_written(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with SafeFolder(".", MARK) as place:
        _fill(place)
    assert (tmp_path / "here" / MARK).exists()


def test_a_link_keeps_pointing_at_the_result(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with SafeFolder(tmp_path / "link", MARK) as place:
        _fill(place)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / MARK).read_text() == "new"


def test_a_full_disk_is_one_clear_error(tmp_path):
    for full in (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), RuntimeError("NetCDF: HDF error")):
        with pytest.raises(InputError, match="cannot write"), RunFolder(tmp_path / "run"):
            raise full
        assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_refused_before_the_run(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        RunFolder(tmp_path / "file" / "run").check()
    with pytest.raises(InputError, match="not ours"):
        RunFolder("/").check()
    RunFolder(tmp_path / "new" / "run").check()
    assert not (tmp_path / "new").exists()
