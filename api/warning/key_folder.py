"""The folder of keys of a service: made at the first start, rotated and revoked by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from api.warning.keys import PINNED, VALIDITY, PinnedKey, PinnedKeys, SigningKey, new_key, read_key, write_key
from api.warning.signing import Signer
from data.errors import InputError


def open_keys(folder: Path, name: str, now: datetime) -> tuple[Signer, PinnedKeys]:
    """The signer of the newest usable key and all pinned keys; a first key is made where the folder has none.

    InputError where every key has expired or been revoked: a new one is made by hand (`rotate`), never silently.
    One process opens a new folder before it starts others.
    """
    if not (folder / PINNED).exists():
        rotate(folder, name, now)
    pinned = PinnedKeys.read(folder)
    signing = signing_key(folder, pinned, now)
    if signing is None:
        raise InputError("no key to sign with", file=folder, expected="a valid key: rotate the signing key")
    return Signer(read_key(folder / f"{signing.id}.pem")), pinned


def signing_key(folder: Path, pinned: PinnedKeys, now: datetime) -> PinnedKey | None:
    """The key that signs at the moment: the newest that counts and whose private part is there; None: none does."""
    newest_first = sorted(pinned.keys, key=lambda key: key.not_before)[::-1]  # of one second, the one made last
    usable = (key for key in newest_first if key.valid_at(now) and (folder / f"{key.id}.pem").exists())
    return next(usable, None)


def rotate(folder: Path, name: str, now: datetime, validity: timedelta = VALIDITY) -> SigningKey:
    """A new signing key. The ones before stay pinned until they expire or are revoked.

    It is pinned before it can sign, so no reader of the folder meets a message of a key it cannot know.
    """
    key = new_key(name, now, validity)
    known = PinnedKeys.read(folder) if (folder / PINNED).exists() else PinnedKeys(())
    write_key(key, folder)
    known.with_key(key.certificate).write(folder)
    return key


def revoke(folder: Path, key_id: str, at: datetime) -> PinnedKeys:
    """The pinned keys with one revoked from the moment on; InputError where there is none of that id."""
    keys = PinnedKeys.read(folder).revoke(key_id, at)
    keys.write(folder)
    return keys
