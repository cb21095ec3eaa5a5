"""Writes a folder whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from pathlib import Path
from types import TracebackType

from data.errors import InputError

_WRITABLE = "a folder that can be written"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)


class SafeFolder:
    """Context manager: yields a folder beside the target and puts it in place at the end.

    On failure it is removed and the target stays as it was. A target that exists is replaced when it is empty
    or holds the file `marker` (an earlier result of ours), and refused otherwise. While one program writes, a second
    one is refused: two results must never mix. What a killed program left behind is taken over.
    """

    def __init__(self, target: str | Path, marker: str) -> None:
        self.target = Path(target)
        self.marker = marker
        self._place = self.target.resolve()  # a link or "." has no name to put ".partial" behind
        self.partial = self._place.parent / (self._place.name + ".partial")
        self._old = self._place.parent / (self._place.name + ".old")
        self._lock = -1

    def __enter__(self) -> Path:
        self._recover()
        self.refuse_foreign()
        try:
            self.partial.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.partial, os.O_RDONLY)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(self._lock), self.partial.stat()):
                raise BlockingIOError  # the folder was put in place by its writer a moment ago
            for left in self.partial.iterdir():
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        except BlockingIOError:
            self._unlock()
            raise InputError("another run is writing here", file=self.target, expected="a folder of its own") from None
        except OSError as error:
            self._unlock()
            raise self._unwritable(error) from None
        return self.partial

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.refuse_foreign()  # it may have appeared since
                self._put_in_place()
            else:
                shutil.rmtree(self.partial, ignore_errors=True)
                if isinstance(error, OSError) and error.errno in _NO_ROOM:
                    raise self._unwritable(error) from error
        finally:
            self._unlock()

    def refuse_foreign(self) -> None:
        """Raise InputError where the target holds something that is not ours to replace."""
        if not self._place.exists():
            return
        ours = self._place.is_dir() and ((self._place / self.marker).is_file() or not any(self._place.iterdir()))
        if not ours or self._place.parent == self._place:
            raise InputError(
                "will not overwrite what is not ours",
                file=self.target,
                expected=f"a new or empty folder, or an earlier one with {self.marker}",
            )

    def refuse_unwritable(self) -> None:
        """Raise InputError where the folder could not be made; leaves nothing behind."""
        above = next(folder for folder in self._place.parents if folder.exists())
        if not (above.is_dir() and os.access(above, os.W_OK | os.X_OK)):
            raise InputError("cannot write here", file=self.target, expected=_WRITABLE)

    def _put_in_place(self) -> None:
        try:
            if self._place.exists():
                shutil.rmtree(self._old, ignore_errors=True)
                self._place.rename(self._old)
            self.partial.rename(self._place)
        except OSError as error:
            self._recover()
            shutil.rmtree(self.partial, ignore_errors=True)
            raise self._unwritable(error) from None
        shutil.rmtree(self._old, ignore_errors=True)

    def _recover(self) -> None:
        """Put an earlier result back that was moved aside just before its writer was killed."""
        if (self._old / self.marker).is_file() and not self._place.exists():
            self._old.rename(self._place)

    def _unlock(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _unwritable(self, error: OSError) -> InputError:
        return InputError(f"cannot write here: {error.strerror or error}", file=self.target, expected=_WRITABLE)
