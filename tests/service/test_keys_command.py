"""`rongan keys`: a key is shown once and kept as a hash; signing keys are rotated and revoked, all of it audited."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.cli.main import run
from api.service.access import digest, first_admin, new_access, revoke_access
from api.service.areas_known import keep_areas
from api.store import Store
from api.warning.cap import cap_signed
from api.warning.key_folder import open_keys
from data.errors import InputError
from tests.api.test_notice import made
from tests.store_case import make_message

NOW = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    Store.open(f"sqlite:///{tmp_path / 'rongan.db'}").close()
    open_keys(tmp_path / "keys", "drill@rongan.invalid", datetime.now(UTC))
    return tmp_path


def keys(*arguments: str, home: Path) -> int:
    return run(["keys", *arguments, "--home", str(home)])


def test_a_key_from_making_to_revoking(home, capsys):
    assert keys("new", "Duty desk", "--role", "officer", "--area", "510104", "--days", "30", home=home) == 0
    secret = capsys.readouterr().out.strip()
    assert secret.startswith("rongan_")
    with Store.open(f"sqlite:///{home / 'rongan.db'}") as store, store.reading() as rx:
        key = rx.key_by_hash(digest(secret))
        assert (key.name, key.role, key.area, key.actual) == ("Duty desk", "officer", "510104", False)
        assert secret not in str(rx.audit_rows())
        assert rx.check_audit() is None
    assert secret.encode() not in (home / "rongan.db").read_bytes()
    assert keys("revoke", "Duty desk", home=home) == 0
    assert keys("list", home=home) == 0
    assert "revoked" in capsys.readouterr().out
    assert keys("revoke", key.id, home=home) == 2


def test_signing_keys_are_rotated_and_revoked(home, capsys):
    first, _ = open_keys(home / "keys", "x", datetime.now(UTC))
    assert keys("rotate-signing", home=home) == 0
    second, pinned = open_keys(home / "keys", "x", datetime.now(UTC))
    assert second.key_id != first.key_id
    assert {key.id for key in pinned.keys} == {first.key_id, second.key_id}
    assert keys("revoke-signing", first.key_id, home=home) == 0
    assert keys("revoke-signing", "0000", home=home) == 2
    with Store.open(f"sqlite:///{home / 'rongan.db'}") as store, store.reading() as rx:
        told = [row.action for row in rx.audit_rows()]
    assert told == ["signing_key", "signing_key_revoked"]


def test_the_list_says_which_key_signs_and_revoking_says_what_it_signed(home, capsys):
    first, _ = open_keys(home / "keys", "x", datetime.now(UTC))
    now = datetime.now(UTC).replace(microsecond=0)
    with Store.open(f"sqlite:///{home / 'rongan.db'}") as store, store.writing("test") as tx:
        for name, area, hours in (("in-force", "510104", 1), ("over", "510105", -1)):
            notice = replace(made(), sent=now - timedelta(hours=2), identifier=name)
            cap = cap_signed(notice, first)
            sent, expires = now - timedelta(hours=2), now + timedelta(hours=hours)
            sha256 = hashlib.sha256(cap).hexdigest()
            tx.publish(make_message(name, cap=cap, sha256=sha256, area=area, sent=sent, expires=expires))

    def listed() -> dict[str, str]:
        capsys.readouterr()
        assert keys("list", home=home) == 0
        lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("signature")]
        return {words[1].rstrip(":"): words[2].rstrip(":") for words in lines}

    assert listed() == {first.key_id: "signs"}
    assert keys("rotate-signing", home=home) == 0
    second, _ = open_keys(home / "keys", "x", datetime.now(UTC))
    assert listed() == {first.key_id: "retired", second.key_id: "signs"}
    capsys.readouterr()
    assert keys("revoke-signing", first.key_id, home=home) == 0
    told = capsys.readouterr().out
    assert "in-force" in told
    assert "over" not in told
    assert "No key" not in told
    assert listed() == {first.key_id: "revoked", second.key_id: "signs"}
    capsys.readouterr()
    assert keys("revoke-signing", second.key_id, home=home) == 0
    told = capsys.readouterr().out
    assert "No key is left" in told
    assert "in-force" not in told


def test_a_key_for_an_area_that_the_city_does_not_have_is_not_made(home):
    with Store.open(f"sqlite:///{home / 'rongan.db'}") as store:
        keep_areas(store, ["510104", "510105"])
        assert keys("new", "Y", "--role", "officer", "--area", "123", home=home) == 2
        with store.reading() as rx:
            assert len(rx.keys()) == 0
        assert keys("new", "Y", "--role", "officer", "--area", "510105", home=home) == 0


@pytest.mark.parametrize(
    "wrong",
    [("new", "x", "--role", "king"), ("new", " "), ("new", "x", "--actual"), ("new", "x", "--days", "0")],
)
def test_bad_orders_make_no_key(home, wrong):
    assert keys(*wrong, home=home) == 2
    with Store.open(f"sqlite:///{home / 'rongan.db'}") as store, store.reading() as rx:
        assert len(rx.keys()) == 0


def test_a_home_where_no_service_ran(tmp_path):
    assert keys("list", home=tmp_path / "nowhere") == 2
    assert not (tmp_path / "nowhere").exists()


def test_the_first_admin_is_made_once(home):
    with Store.open(f"sqlite:///{home / 'rongan.db'}") as store:
        secret = first_admin(store, NOW)
        assert secret is not None
        assert first_admin(store, NOW) is None
        revoke_access(store, "first admin", NOW, "test")
        assert first_admin(store, NOW) is None  # whoever revoked the last key wants none to appear


def test_two_keys_of_a_name_are_revoked_by_id_only(home):
    with Store.open(f"sqlite:///{home / 'rongan.db'}") as store:
        for _ in range(2):
            with store.writing("test") as tx:
                key, _ = new_access("same", "viewer", NOW)
                tx.save_key(key)
        with pytest.raises(InputError, match="several"):
            revoke_access(store, "same", NOW, "test")
        assert revoke_access(store, key.id, NOW, "test").revoked == NOW
