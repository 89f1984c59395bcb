"""The keyring: its file, its states, and two processes at once."""

from __future__ import annotations

import json
import stat
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from mailbot.errors import ConfigError, Refused
from mailbot.keyring import FILE, Keyring, KeyState

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 20, 2, 28, 45, 123000, tzinfo=UTC)


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring.create(tmp_path / "keys", now=NOW)


def _states(keyring: Keyring) -> str:
    return " ".join(f"{key.letter}:{key.state}" for key in keyring.keys.values())


def test_a_new_keyring_signs_with_a(keyring: Keyring) -> None:
    assert _states(keyring) == "a:signing"
    assert keyring.signing.created_at == NOW
    assert len(keyring.signing.secret) == 32


def test_files_are_for_the_owner_only(keyring: Keyring, tmp_path: Path) -> None:
    keyring.rotate(now=NOW)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "keys").iterdir()] == [FILE]
    assert stat.S_IMODE((tmp_path / "keys" / FILE).stat().st_mode) == 0o600


def test_a_secret_is_never_shown(keyring: Keyring) -> None:
    assert "secret" not in repr(keyring.signing)


def test_a_keyring_is_not_made_over_another(keyring: Keyring, tmp_path: Path) -> None:
    before = keyring.signing
    with pytest.raises(ConfigError, match="exists"):
        Keyring.create(tmp_path / "keys", now=NOW)
    assert Keyring.load(tmp_path / "keys").signing == before


@pytest.mark.parametrize(("name", "mode", "remedy"), [("", 0o755, "chmod 700"), (FILE, 0o644, "chmod 600")])
def test_what_others_can_read_is_refused_with_the_remedy(
    keyring: Keyring, tmp_path: Path, name: str, mode: int, remedy: str
) -> None:
    del keyring
    (tmp_path / "keys" / name).chmod(mode)
    with pytest.raises(ConfigError, match=remedy):
        Keyring.load(tmp_path / "keys")


def test_a_missing_keyring_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="mailbot init"):
        Keyring.load(tmp_path)


@pytest.mark.parametrize("content", ["", "{}", '{"keys": []}', '{"keys": [{"letter": "a"}]}', "[1]"])
def test_a_broken_file_is_refused(keyring: Keyring, tmp_path: Path, content: str) -> None:
    del keyring
    (tmp_path / "keys" / FILE).write_text(content)
    with pytest.raises(ConfigError, match="backup"):
        Keyring.load(tmp_path / "keys")


def test_rotating_adds_a_key_and_keeps_the_others(keyring: Keyring) -> None:
    assert keyring.rotate(now=NOW).letter == "b"
    assert keyring.rotate(now=NOW).letter == "c"
    assert _states(keyring) == "a:verifying b:verifying c:signing"


def test_retired_may_be_revoked_and_not_the_other_way(keyring: Keyring) -> None:
    keyring.rotate(now=NOW)
    assert keyring.retire("a").state is KeyState.RETIRED
    assert keyring.retire("a").state is KeyState.RETIRED
    assert keyring.revoke("a").state is KeyState.REVOKED
    assert keyring.revoke("a").state is KeyState.REVOKED
    with pytest.raises(Refused, match="final"):
        keyring.retire("a")


def test_the_signing_key_stays_until_another_signs(keyring: Keyring) -> None:
    with pytest.raises(Refused, match="keys rotate"):
        keyring.retire("a")
    with pytest.raises(Refused, match="keys rotate"):
        keyring.revoke("a")
    assert _states(keyring) == "a:signing"


def test_an_unknown_key_is_answered_with_those_there_are(keyring: Keyring) -> None:
    with pytest.raises(Refused, match="there are: a"):
        keyring.revoke("q")


def test_letters_come_back_only_when_their_key_was_revoked(keyring: Keyring) -> None:
    for _ in range(25):
        keyring.rotate(now=NOW)
    with pytest.raises(Refused, match="26"):
        keyring.rotate(now=NOW)
    former = keyring.revoke("c").secret
    assert keyring.rotate(now=NOW).letter == "c"
    assert keyring.signing.secret != former


def test_another_process_is_noticed_once(keyring: Keyring, tmp_path: Path) -> None:
    assert not keyring.reload_if_changed()
    Keyring.load(tmp_path / "keys").rotate(now=NOW)
    assert keyring.signing.letter == "a"
    assert keyring.reload_if_changed()
    assert keyring.signing.letter == "b"
    assert not keyring.reload_if_changed()


def test_a_keyring_that_vanished_is_a_fault_and_the_keys_go_on(keyring: Keyring, tmp_path: Path) -> None:
    (tmp_path / "keys" / FILE).rename(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="no signing keys"):
        keyring.reload_if_changed()
    assert keyring.signing.letter == "a"
    (tmp_path / "elsewhere").rename(tmp_path / "keys" / FILE)
    assert not keyring.reload_if_changed()


def test_two_that_rotate_at_once_both_count(keyring: Keyring, tmp_path: Path) -> None:
    del keyring
    rings = [Keyring.load(tmp_path / "keys") for _ in range(4)]
    threads = [threading.Thread(target=ring.rotate, kwargs={"now": NOW}) for ring in rings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(Keyring.load(tmp_path / "keys").keys) == 5


def test_what_a_crash_left_half_written_does_no_harm(keyring: Keyring, tmp_path: Path) -> None:
    (tmp_path / "keys" / f"{FILE}.new").write_text('{"keys"')
    keyring.rotate(now=NOW)
    assert json.loads((tmp_path / "keys" / FILE).read_text())["keys"][1]["letter"] == "b"
    assert not (tmp_path / "keys" / f"{FILE}.new").exists()
