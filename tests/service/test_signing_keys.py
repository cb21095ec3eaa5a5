"""A running service takes up a new or revoked signing key without a new start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.service.press import Fault
from api.service.publisher import KEYS, Publisher
from api.service.settings import Settings
from api.service.signing_keys import SigningKeys
from api.store.store import Store
from api.warning.key_folder import open_keys, revoke, rotate
from api.warning.keys import PINNED
from api.warning.signing import verify
from data.errors import InputError
from data.rules_file import load_rules
from tests.publish_case import OFFICER, TurnedClock
from tests.tiny_city import tiny_city

NOW = datetime(2026, 7, 1, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    open_keys(tmp_path / KEYS, "test", NOW)
    return tmp_path / KEYS


def test_a_rotated_key_signs_and_the_one_before_is_still_believed(folder):
    keys = SigningKeys.of_folder(folder, "test", NOW)
    old = keys.at(NOW)[0].key_id
    new = rotate(folder, "test", NOW + MINUTE).id
    signer, pinned = keys.at(NOW + MINUTE)
    assert signer.key_id == new != old
    assert pinned.usable(old, NOW + MINUTE) is not None


def test_a_revoked_key_signs_no_more(folder):
    keys = SigningKeys.of_folder(folder, "test", NOW)
    old = keys.at(NOW)[0].key_id
    new = rotate(folder, "test", NOW).id
    revoke(folder, new, NOW + MINUTE)
    signer, pinned = keys.at(NOW + MINUTE)
    assert signer.key_id == old
    assert pinned.usable(new, NOW + MINUTE) is None


def test_where_the_only_key_is_revoked_nothing_is_believed(folder):
    keys = SigningKeys.of_folder(folder, "test", NOW)
    name = keys.at(NOW)[0].key_id
    revoke(folder, name, NOW + MINUTE)
    _, pinned = keys.at(NOW + MINUTE)
    assert pinned.usable(name, NOW + MINUTE) is None
    rotate(folder, "test", NOW + 2 * MINUTE)
    signer, pinned = keys.at(NOW + 2 * MINUTE)
    assert pinned.usable(signer.key_id, NOW + 2 * MINUTE) is not None


def test_a_key_that_has_ended_gives_way_to_one_that_is_there(folder):
    keys = SigningKeys.of_folder(folder, "test", NOW)
    old = keys.at(NOW)[0].key_id
    short = rotate(folder, "test", NOW + MINUTE, timedelta(days=1)).id
    assert keys.at(NOW + MINUTE)[0].key_id == short
    assert keys.at(NOW + timedelta(days=2))[0].key_id == old


def test_a_folder_that_cannot_be_read_for_a_while_leaves_the_keys_that_were_known(folder):
    keys = SigningKeys.of_folder(folder, "test", NOW)
    old = keys.at(NOW)[0].key_id
    content = (folder / PINNED).read_bytes()
    for broken in (b"{", None):
        (folder / PINNED).unlink()
        if broken is not None:
            (folder / PINNED).write_bytes(broken)
        assert keys.at(NOW + MINUTE)[0].key_id == old
    assert not (folder / PINNED).exists()  # and no key was made in silence
    (folder / PINNED).write_bytes(content)
    new = rotate(folder, "test", NOW + MINUTE).id
    assert keys.at(NOW + MINUTE)[0].key_id == new


def test_no_key_at_the_start_is_an_error(folder):
    revoke(folder, open_keys(folder, "test", NOW)[0].key_id, NOW)
    with pytest.raises(InputError, match="no key to sign with"):
        SigningKeys.of_folder(folder, "test", NOW)


def test_a_publisher_signs_with_the_new_key_and_with_none_that_was_revoked(tmp_path):
    clock = TurnedClock()
    with Store.open(f"sqlite:///{tmp_path}/rongan.db", clock.now) as store:
        made = Publisher.open(store, Settings(home=tmp_path), clock, tiny_city(), load_rules())
        area = next(iter(made.places)).code
        first = made.issue(area, 1, OFFICER).message
        assert first is not None
        old = verify(first.cap, made.press.signing.at(clock.now())[1], clock.now())
        clock.at(10)
        new = rotate(tmp_path / KEYS, "test", clock.now()).id
        revoke(tmp_path / KEYS, old, clock.now())
        second = made.update(first.identifier, OFFICER, level=2).message
        assert second is not None
        assert verify(second.cap, made.press.signing.at(clock.now())[1], clock.now()) == new
        clock.at(20)
        revoke(tmp_path / KEYS, new, clock.now())
        with pytest.raises(Fault):
            made.update(second.identifier, OFFICER, level=3)
