"""Writes a folder whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType

from data.errors import InputError


class SafeFolder:
    """Context manager: yields a folder beside the target and puts it in place at the end.

    On failure it is removed and the target stays as it was. A target that exists is replaced when it is empty
    or holds the file `marker` (an earlier result of ours), and refused otherwise.
    """

    def __init__(self, target: str | Path, marker: str) -> None:
        self.target = Path(target)
        self.marker = marker
        self.partial = self.target.with_name(self.target.name + ".partial")

    def __enter__(self) -> Path:
        self.refuse_foreign()
        if self.partial.exists():
            shutil.rmtree(self.partial)
        try:
            self.partial.mkdir(parents=True)
        except OSError as error:
            raise InputError(
                f"cannot write here: {error.strerror}", file=self.target, expected="a folder that can be written"
            ) from None
        return self.partial

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            shutil.rmtree(self.partial, ignore_errors=True)
            return
        old = self.target.with_name(self.target.name + ".old")
        if self.target.exists():
            shutil.rmtree(old, ignore_errors=True)
            self.target.rename(old)
        self.partial.rename(self.target)
        shutil.rmtree(old, ignore_errors=True)

    def refuse_foreign(self) -> None:
        """Raise InputError where the target holds something that is not ours to replace."""
        if not self.target.exists():
            return
        ours = self.target.is_dir() and ((self.target / self.marker).is_file() or not any(self.target.iterdir()))
        if not ours:
            raise InputError(
                "will not overwrite what is not ours",
                file=self.target,
                expected=f"a new or empty folder, or an earlier one with {self.marker}",
            )
