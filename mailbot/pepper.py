"""The secret under which temporary passwords are kept, as a file that only mailbot's user can read.

Owns the file `pepper` in `data_dir/keys`, beside the keyring. A temporary password is random, so a keyed hash of it is
enough (Argon2id is for passwords that people choose); the key is not in the database, so that a stolen database alone
says nothing of the letters that are out. Losing this file kills the letters, not the links.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from typing import TYPE_CHECKING

from mailbot.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from mailbot.keyring import Keyring

FILE = "pepper"
SECRET_BYTES = 32
"""As long as the output of the hash (RFC 2104 §3)."""


class Pepper:
    """The pepper of an installation."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def __repr__(self) -> str:
        return "Pepper()"

    @classmethod
    def beside(cls, keyring: Keyring) -> Pepper:
        """Read the pepper in the keyring's folder, made (0600) where there is none yet.

        Raises `ConfigError` for one that is damaged or open to others.
        """
        path = keyring.folder / FILE
        with contextlib.suppress(FileNotFoundError):
            return cls(_read(path))
        _make(path)
        return cls(_read(path))

    def digest(self, secret: str) -> str:
        """Return what is kept of a temporary password."""
        return hmac.new(self._secret, secret.encode(), hashlib.sha256).hexdigest()

    def matches(self, secret: str, digest: str) -> bool:
        """Tell whether `digest` is this password's, in a time that says nothing of how much of it is right."""
        return hmac.compare_digest(self.digest(secret), digest)


def _read(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise ConfigError(f"{path} is open to other users of this machine; run: chmod 600 {path}")
    secret = path.read_bytes()
    if len(secret) != SECRET_BYTES:
        raise ConfigError(f"{path} is no pepper: {len(secret)} bytes, not {SECRET_BYTES}; put it back from a backup")
    return secret


def _make(path: Path) -> None:
    """Lay a new pepper down whole; of two processes that do so at once, one wins and both read its file."""
    fresh = path.with_name(f".{FILE}.{secrets.token_hex(4)}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(SECRET_BYTES))
        file.flush()
        os.fsync(descriptor)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
