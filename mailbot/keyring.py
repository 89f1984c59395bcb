"""The keys that links and tags are signed with, as a file that only mailbot's user can read.

Owns the states of a key and the file `keyring.json` in `data_dir/keys`. A key has a letter, which tokens carry; one
key signs, older ones go on verifying. What is signed with them is `links`' matter. The command line changes the file
while the daemon runs; `reload_if_changed` is how the daemon hears of it.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import secrets
from dataclasses import dataclass, field, replace
from enum import StrEnum
from string import ascii_lowercase
from types import MappingProxyType
from typing import TYPE_CHECKING

from mailbot import clock
from mailbot.errors import ConfigError, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

SECRET_BYTES = 32
"""As long as the output of the hash (RFC 2104 §3)."""

FILE = "keyring.json"


class KeyState(StrEnum):
    """What a key may still do; the word is public (`keys list --json`)."""

    SIGNING = "signing"
    VERIFYING = "verifying"
    """Its links work; new ones are signed by another key."""
    RETIRED = "retired"
    """Its links only offer a new one to the address on file."""
    REVOKED = "revoked"
    """It leaked: its links are nobody's."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key; `letter` is its name in every token that it signed."""

    letter: str
    state: KeyState
    created_at: datetime
    secret: bytes = field(repr=False)


class Keyring:
    """The keys of an installation, as they stood when the file was last read."""

    __slots__ = ("_folder", "_stat", "keys")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.keys: Mapping[str, Key] = MappingProxyType({})
        """Keys by letter, in the order of their making; replaced as a whole by every change."""
        self._stat = (0, 0, 0)
        self._read()

    @classmethod
    def create(cls, folder: Path, *, now: datetime) -> Keyring:
        """Make the folder (0700) and a first key; raises `ConfigError` where a keyring stands already."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        with _locked(folder):
            if (folder / FILE).exists():
                raise ConfigError(f"{folder / FILE} exists; a new keyring would kill every link that is out")
            _write(folder, {"a": _new_key("a", now)})
        return cls(folder)

    @classmethod
    def load(cls, folder: Path) -> Keyring:
        """Read a keyring; raises `ConfigError` where it is missing, unreadable or open to others."""
        return cls(folder)

    @property
    def folder(self) -> Path:
        """Where the keys lie, and what else is kept as they are."""
        return self._folder

    @property
    def signing(self) -> Key:
        """The key that signs from now on."""
        return next(key for key in self.keys.values() if key.state is KeyState.SIGNING)

    def reload_if_changed(self) -> bool:
        """Read the file again if another process replaced it; costs one `stat` and tells whether it had to."""
        if _stat(self._folder / FILE) == self._stat:
            return False
        self._read()
        return True

    def rotate(self, *, now: datetime) -> Key:
        """Add a key that signs from now on and let the former one verify; raises `Refused` after 26 keys in use."""
        with self._changing() as keys:
            letter = _free_letter(keys)
            keys.pop(letter, None)
            for key in keys.values():
                if key.state is KeyState.SIGNING:
                    keys[key.letter] = replace(key, state=KeyState.VERIFYING)
            keys[letter] = _new_key(letter, now)
        return self.keys[letter]

    def retire(self, letter: str) -> Key:
        """Let links of a key do no more than offer a new one; raises `Refused` for the signing or a revoked key."""
        return self._end(letter, KeyState.RETIRED)

    def revoke(self, letter: str) -> Key:
        """Kill every link of a key, for it leaked; raises `Refused` for the signing key."""
        return self._end(letter, KeyState.REVOKED)

    def _end(self, letter: str, state: KeyState) -> Key:
        with self._changing() as keys:
            keys[letter] = replace(_endable(keys, letter, state), state=state)
        return self.keys[letter]

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, Key]]:
        """Hold the folder's lock, hand out the keys as they are on disk, and write them back unless it raised."""
        with _locked(self._folder):
            self._read()
            keys = dict(self.keys)
            yield keys
            _write(self._folder, keys)
            self._read()

    def _read(self) -> None:
        path = self._folder / FILE
        _check_private(self._folder, 0o700)
        _check_private(path, 0o600)
        self._stat = _stat(path)
        self.keys = MappingProxyType(_parsed(path))


def _new_key(letter: str, now: datetime) -> Key:
    return Key(letter, KeyState.SIGNING, now, secrets.token_bytes(SECRET_BYTES))


def _endable(keys: Mapping[str, Key], letter: str, state: KeyState) -> Key:
    if letter not in keys:
        raise Refused(f"there is no key {letter}; there are: {', '.join(keys)}")
    key = keys[letter]
    if key.state is KeyState.SIGNING:
        raise Refused(f"key {letter} signs today's links; run `mailbot keys rotate` first, then this again")
    if key.state is KeyState.REVOKED and state is KeyState.RETIRED:
        raise Refused(f"key {letter} was revoked; that is final")
    return key


def _free_letter(keys: Mapping[str, Key]) -> str:
    """Return a letter never used, or else the one that has been revoked longest: its links are dead either way."""
    unused = [letter for letter in ascii_lowercase if letter not in keys]
    revoked = [key.letter for key in keys.values() if key.state is KeyState.REVOKED]
    for letter in (*unused, *revoked):
        return letter
    raise Refused("all 26 letters for keys are in use; revoke a key whose links nobody needs any more")


def _check_private(path: Path, mode: int) -> None:
    try:
        found = path.stat().st_mode
    except PermissionError as error:
        raise ConfigError(f"{path} may not be opened by this user; run this as root") from error
    except OSError as error:
        raise ConfigError(f"{path}: no signing keys there ({error.strerror}); `mailbot init` makes them") from error
    if found & 0o077:
        raise ConfigError(f"{path} is open to other users of this machine; run: chmod {mode:o} {path}")


def _parsed(path: Path) -> dict[str, Key]:
    try:
        keys = {row["letter"]: _key(row) for row in json.loads(path.read_bytes())["keys"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is no keyring ({error}); put it back from a backup") from error
    if [key.state for key in keys.values()].count(KeyState.SIGNING) != 1:
        raise ConfigError(f"{path} must name exactly one signing key; put it back from a backup")
    return keys


def _key(row: Mapping[str, str]) -> Key:
    created_at = clock.moment(row["created_at"])
    return Key(row["letter"], KeyState(row["state"]), created_at, base64.b64decode(row["secret"], validate=True))


def _row(key: Key) -> dict[str, str]:
    return {
        "letter": key.letter,
        "state": key.state,
        "created_at": clock.stamp(key.created_at),
        "secret": base64.b64encode(key.secret).decode(),
    }


def _stat(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time change the keys; the lock is the folder's own and ends with its descriptor."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(folder: Path, keys: Mapping[str, Key]) -> None:
    """Replace the file whole: readers see the old keys or the new ones, and so does the disk after a crash."""
    content = json.dumps({"keys": [_row(key) for key in keys.values()]}, indent=1).encode() + b"\n"
    fresh = folder / f"{FILE}.new"
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    fresh.replace(folder / FILE)
    _sync(folder)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
