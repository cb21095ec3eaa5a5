"""What was set in an engine, window by window: fed to a fresh one it leads to the same state, to the bit.

The hot start files of SWMM hold depths and flows in single precision and no control timers; a repeated run holds all.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from data.errors import InputError

_HEAD = struct.Struct("<4sIIIIIII")  # mark, windows, nodes, outfalls, gages, bytes, check of the bytes, check of this
_MARK = b"RJ01"
_WINDOWS_AT_ONCE = 64


class Window(NamedTuple):
    """One window: what was set, how far the engine was to go, and what came of it."""

    lateral: np.ndarray  # (n,) m3/s
    stage: np.ndarray  # (m,) m
    rain_mm_h: np.ndarray  # (k,) mm/h
    goal_s: float
    time_s: float  # after it
    check: int  # of the heads after it


class Journal:
    """A file of windows in compressed chunks, each with its check: a torn end is left out, what was flushed holds.

    `windows` counts all recorded ones; `flush` puts them on the disk and returns their number, which a checkpoint
    keeps. `resume` opens a journal again and forgets what came after that number.
    """

    def __init__(self, file: Path) -> None:
        self.file = Path(file)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(b"")
        self.windows = 0
        self._pending: list[Window] = []

    @classmethod
    def resume(cls, file: Path, windows: int) -> Journal:
        """The journal in `file`, cut behind its first `windows` windows."""
        journal = cls.__new__(cls)
        journal.file, journal.windows, journal._pending = Path(file), windows, []
        end, count = 0, 0
        for chunk_end, chunk in _chunks(journal.file):
            if count == windows:
                break
            end, count = chunk_end, count + len(chunk)
        if count != windows:
            raise InputError(
                "the journal of the sewers does not reach the checkpoint",
                file=file,
                value=count,
                expected=f"{windows} windows",
            )
        with journal.file.open("r+b") as stream:
            stream.truncate(end)
        return journal

    def record(self, window: Window) -> None:
        """Add one window (its arrays must not change any more)."""
        self._pending.append(window)
        self.windows += 1
        if len(self._pending) >= _WINDOWS_AT_ONCE:
            self._write()

    def flush(self) -> int:
        """Put everything on the disk; the number of windows there."""
        self._write()
        with self.file.open("r+b") as stream:
            os.fsync(stream.fileno())
        return self.windows

    def read(self, until: int | None = None) -> Iterator[Window]:
        """The first `until` windows in their order (all by default)."""
        self._write()
        left = self.windows if until is None else until
        for _, chunk in _chunks(self.file):
            yield from chunk[:left]
            left -= len(chunk)
            if left <= 0:
                return

    def _write(self) -> None:
        if not self._pending:
            return
        with self.file.open("ab") as stream:
            stream.write(_packed(self._pending))
        self._pending.clear()


def _packed(windows: list[Window]) -> bytes:
    """One chunk. Rows are XORed with the one before and bytes of one weight stand together: both help to compress."""
    first = windows[0]
    sizes = (first.lateral.size, first.stage.size, first.rain_mm_h.size)
    rows = np.empty((len(windows), sum(sizes) + 3))
    for row, window in zip(rows, windows, strict=True):
        np.concatenate((window.lateral, window.stage, window.rain_mm_h), out=row[:-3])
        row[-3:] = window.goal_s, window.time_s, window.check
    bits = rows.view(np.uint64)
    bits[1:] ^= bits[:-1].copy()
    planes = np.ascontiguousarray(bits.view(np.uint8).reshape(-1, 8).T)
    # Flows that change have no repeats to find, zeros do: run lengths alone are as small and two to three times as fast
    # as the default.
    packer = zlib.compressobj(level=1, strategy=zlib.Z_RLE)
    data = packer.compress(planes.tobytes()) + packer.flush()
    head = _HEAD.pack(_MARK, len(windows), *sizes, len(data), zlib.crc32(data), 0)
    return head[:-4] + struct.pack("<I", zlib.crc32(head[:-4])) + data


def _chunks(file: Path) -> Iterator[tuple[int, list[Window]]]:
    """The whole chunks of a file, each with the place where it ends."""
    with file.open("rb") as stream:
        while len(head := stream.read(_HEAD.size)) == _HEAD.size:
            mark, count, nodes, outfalls, gages, size, check, head_check = _HEAD.unpack(head)
            if mark != _MARK or zlib.crc32(head[:-4]) != head_check:
                return
            data = stream.read(size)
            if len(data) < size or zlib.crc32(data) != check:
                return
            columns = nodes + outfalls + gages + 3
            planes = np.frombuffer(zlib.decompress(data), np.uint8).reshape(8, -1)
            bits = np.ascontiguousarray(planes.T).view(np.uint64).reshape(count, columns)
            rows = np.bitwise_xor.accumulate(bits, axis=0).view(np.float64)
            ends = (nodes, nodes + outfalls, columns - 3)
            yield (
                stream.tell(),
                [
                    Window(
                        row[: ends[0]],
                        row[ends[0] : ends[1]],
                        row[ends[1] : ends[2]],
                        float(row[-3]),
                        float(row[-2]),
                        int(row[-1]),
                    )
                    for row in rows
                ],
            )
