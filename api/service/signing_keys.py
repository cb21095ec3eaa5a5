"""The keys of signatures as a running service uses them: a new or revoked one counts without a new start."""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from pathlib import Path

from api.warning.key_folder import open_keys
from api.warning.keys import PINNED, PinnedKeys
from api.warning.signing import Signer
from data.errors import RonganError

_LOG = logging.getLogger("rongan.publisher")
_State = tuple[int, int, int]


class SigningKeys:
    """Signer and pinned keys. Where they came from a folder they are read again once that has changed.

    One per process; safe to share between threads. Keys that cannot be read leave those that were known.
    """

    def __init__(self, signer: Signer, pinned: PinnedKeys, folder: Path | None = None, name: str = "") -> None:
        self._held = (signer, pinned)
        self._folder, self._name = folder, name
        self._seen = self._state()
        self._turn = threading.Lock()

    @classmethod
    def of_folder(cls, folder: Path, name: str, now: datetime) -> SigningKeys:
        """The keys of a folder, whose first key is made where it has none. Raises as `open_keys`."""
        keys = cls(*open_keys(folder, name, now), folder, name)
        keys._seen = None  # what changed while it was read is not overlooked: looked at once more before the first use
        return keys

    def at(self, now: datetime) -> tuple[Signer, PinnedKeys]:
        """The signer and the pinned keys to use now: one look at a file, and another key where this one has ended."""
        if self._folder is None:
            return self._held
        with self._turn:
            state = self._state()
            signer, pinned = self._held
            if state != self._seen or pinned.usable(signer.key_id, now) is None:
                self._read(now, state)
            return self._held

    def _read(self, now: datetime, state: _State | None) -> None:
        assert self._folder is not None
        if state is None:
            return  # without a file no key is made here: that is done once, at the first start
        before = self._held[0].key_id
        try:
            self._held = open_keys(self._folder, self._name, now)
        except RonganError as error:
            # A revoked key must not sign on: what is pinned counts, and every message is checked against it.
            try:
                self._held = (self._held[0], PinnedKeys.read(self._folder))
            except RonganError:
                _LOG.error("the keys of signatures cannot be read: %s", error)
                return
            if state != self._seen:
                _LOG.error("no key to sign with: %s", error)
        self._seen = state
        if self._held[0].key_id != before:
            _LOG.warning("messages are signed by key %s from now on", self._held[0].key_id)

    def _state(self) -> _State | None:
        """What tells one state of the folder from another; None where there is none."""
        if self._folder is None:
            return None
        try:
            known = (self._folder / PINNED).stat()
        except OSError:
            return None
        return known.st_mtime_ns, known.st_size, known.st_ino
