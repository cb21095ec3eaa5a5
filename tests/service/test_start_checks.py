"""What a service refuses to start with, and what it says aloud: nothing real by oversight, no keys lost in silence."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.cli.main import run
from api.cli.serving import Ready, checked_settings, placed, prepare
from api.service.settings import Settings
from api.store import Store
from api.store.heads import sign_end
from api.warning.key_folder import open_keys
from data.errors import InputError
from data.schema import City
from tests.outlook_case import BEGIN
from tests.publish_case import ACTUAL_OFFICER, KEY, OFFICER, TurnedClock, publisher
from tests.tiny_city import tiny_city

SENDER = "flood@chengdu.example"
ACTUAL: dict[str, Any] = {"mode": "actual", "allow_actual": True, "sender": SENDER, "allow_actual_synthetic": True}
REAL: City = replace(tiny_city(), synthetic=())


def started(home: Path, city: City = REAL, **given: Any) -> Ready:
    settings = placed(Settings(home=home, port=0, **given))
    return prepare(settings, TurnedClock(), city)


def entries(home: Path) -> list[tuple[str, dict[str, Any]]]:
    with Store.open(f"sqlite:///{home / 'rongan.db'}") as store, store.reading() as rx:
        return [(entry.kind, entry.body) for entry in rx.entries(0, 100)]


@pytest.mark.parametrize("sender", [{}, {"sender": "us@rongan.invalid"}])
def test_actual_in_the_name_of_nobody_is_refused(tmp_path: Path, sender: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="RONGAN_SENDER"):
        started(tmp_path / "h", mode="actual", allow_actual=True, **sender)
    assert not (tmp_path / "h").exists()


def test_actual_about_a_city_that_is_made_up_is_refused(tmp_path: Path) -> None:
    given = {name: ACTUAL[name] for name in ("mode", "allow_actual", "sender")}
    with pytest.raises(InputError, match="RONGAN_ALLOW_ACTUAL_SYNTHETIC") as told:
        started(tmp_path, tiny_city(), **given)
    assert "terrain, people of Tiny City" in str(told.value)
    assert not (tmp_path / "keys").exists()
    assert started(tmp_path, REAL, **given).cautions == ()
    assert started(tmp_path, tiny_city(), **ACTUAL).cautions == ()


@pytest.mark.parametrize("one", [{"mode": "actual"}, {"allow_actual": True}])
def test_one_switch_alone_makes_nothing_actual_and_is_not_refused(tmp_path: Path, one: dict[str, Any]) -> None:
    said = started(tmp_path, tiny_city(), **one).cautions
    assert ["RONGAN_MODE=actual does nothing" in caution for caution in said] == [True] * ("mode" in one)


@pytest.mark.parametrize("command", ["serve", "watch"])
def test_the_commands_refuse_actual_on_the_sample_city(
    tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RONGAN_MODE", "actual")
    monkeypatch.setenv("RONGAN_ALLOW_ACTUAL", "true")
    more = ["--port", "0"] if command == "serve" else ["--once"]
    assert run([command, "--home", str(tmp_path / "h"), *more]) == 2
    assert "RONGAN_SENDER" in capsys.readouterr().err
    monkeypatch.setenv("RONGAN_SENDER", SENDER)
    assert run([command, "--home", str(tmp_path / "h"), *more]) == 2
    assert "synthetic" in capsys.readouterr().err


def test_a_database_without_the_keys_that_signed_what_is_in_force(tmp_path: Path) -> None:
    made = publisher(tmp_path)
    made.issue("510100", 2, OFFICER)
    made.store.close()
    for _ in range(2):
        with pytest.raises(InputError, match=KEY.id) as told:
            started(tmp_path)
        assert "RONGAN_ALLOW_UNKNOWN_SIGNER" in str(told.value)
        assert not (tmp_path / "keys").exists()  # nor is another one made
    assert started(tmp_path, allow_unknown_signer=True).signing_key


def test_a_service_comes_back_by_the_steps_of_the_manual(tmp_path: Path) -> None:
    """docs/operations.md, backup and restore: database, keys and settings, into an empty home and over a database."""
    home, new, copy = tmp_path / "home", tmp_path / "new", str(tmp_path / "copy.db")
    signer = started(home).signing_key
    settings = Settings(home=home)
    with Store.open(settings.url, TurnedClock().now) as store:
        sign_end(store, open_keys(home / "keys", "x", BEGIN)[0].key)
    assert run(["store", "backup", copy, "--home", str(home)]) == 0
    assert run(["store", "restore", copy, "--home", str(new)]) == 0
    with pytest.raises(InputError, match=signer):  # step 2 was left out
        started(new)
    shutil.copytree(home / "keys", new / "keys")
    assert run(["store", "restore", copy, "--home", str(new)]) == 2
    assert run(["store", "restore", copy, "--home", str(new), "--replace"]) == 0
    assert run(["store", "restore", copy, "--home", str(new), "--replace"]) == 2
    (new / "rongan.db.before-restore").unlink()
    assert run(["store", "restore", copy, "--home", str(new), "--replace"]) == 0
    assert run(["store", "check", "--home", str(new)]) == 0
    assert started(new).signing_key == signer


def test_the_last_signed_head_of_the_audit_needs_its_key_too(tmp_path: Path) -> None:
    clock = TurnedClock()
    signer, _ = open_keys(tmp_path / "keys", "x", BEGIN)
    with Store.open(f"sqlite:///{tmp_path / 'rongan.db'}", clock.now) as store:
        with store.writing("test") as tx:
            tx.audit("test")
        sign_end(store, signer.key)
    assert started(tmp_path).signing_key == signer.key_id
    (tmp_path / "keys").rename(tmp_path / "other")
    with pytest.raises(InputError, match=signer.key_id):
        started(tmp_path)


def test_actual_warnings_in_force_and_a_service_for_exercises(tmp_path: Path) -> None:
    made = publisher(tmp_path, mode="actual", allow_actual=True)
    made.issue("510100", 2, ACTUAL_OFFICER)
    made.store.close()
    more: dict[str, Any] = {"allow_unknown_signer": True}
    (said,) = started(tmp_path, **more).cautions
    assert "1 Actual warnings are in force" in said
    assert "RONGAN_MODE=actual" in said
    kind, body = entries(tmp_path)[-1]
    assert (kind, body["what"], len(body["messages"])) == ("fault", "mode", 1)
    told = len(entries(tmp_path))
    assert started(tmp_path, **ACTUAL, **more).cautions == ()
    assert len(entries(tmp_path)) == told


def test_a_home_folder_that_others_may_read_is_said(tmp_path: Path) -> None:
    home = tmp_path / "h"
    assert started(home).cautions == ()
    (home / "rongan.env").write_text("")
    (home / "rongan.env").chmod(0o644)
    home.chmod(0o755)
    (said,) = started(home).cautions
    assert "rongan.env" in said
    assert f"chmod 700 {home}" in said
    home.chmod(0o700)
    assert started(home).cautions == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("RONGAN_SENDR=x", "RONGAN_SENDR: no such setting; expected perhaps RONGAN_SENDER"),
        ("RONGAN_PORT=70000", "RONGAN_PORT: does not hold (found '70000'); expected at most 65535"),
        ("RONGAN_CANARY_S=never", "RONGAN_CANARY_S: does not hold (found 'never'); expected a number"),
        ("RONGAN_MODE=real", "RONGAN_MODE: does not hold (found 'real'); expected exercise or actual"),
        ("RONGAN_ALLOW_ACTUAL=maybe", "expected true or false"),
        ("RONGAN_CORS_ORIGINS=abc", "RONGAN_CORS_ORIGINS: not a list; expected a JSON list"),
    ],
)
def test_a_setting_that_does_not_hold_is_named_in_plain_words(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "rongan.env").write_text(f"{line}\n")
    with pytest.raises(InputError) as told:
        checked_settings(tmp_path)
    assert said in str(told.value)
    assert run(["store", "check", "--home", str(tmp_path)]) == 2


def test_a_misspelt_variable_of_the_environment_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RONGAN_ALOW_ACTUAL", "true")
    (said,) = started(tmp_path).cautions
    assert said == "the variable RONGAN_ALOW_ACTUAL is no setting and does nothing: perhaps RONGAN_ALLOW_ACTUAL"
