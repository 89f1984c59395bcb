"""A file of secrets that is there whole or not at all, and that only its owner may read.

Owns that nothing is written over: a file of letters is the only copy of the codes on them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING, BinaryIO

from mailbot.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path


class NewFile:
    """A file that is being written beside the place it is for; `keep` puts it there, `drop` removes it."""

    __slots__ = ("_fresh", "_kept", "out", "path")

    def __init__(self, path: Path) -> None:
        """Open it (0600); raises `Refused` where there is one of this name, or none can be made."""
        if path.exists():
            raise Refused(f"{path} is there already, and may be the only copy of its letters; choose another name")
        self.path = path
        self._fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
        self._kept = False
        try:
            descriptor = os.open(self._fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise Refused(
                f"{path} cannot be written ({error.strerror}); choose a folder that mailbot's user may write to"
            ) from None
        self.out: BinaryIO = os.fdopen(descriptor, "wb")

    def keep(self) -> None:
        """See to it that all of it is on disk, under its name; raises `OSError` where the disk says no."""
        self.out.flush()
        os.fsync(self.out.fileno())
        self.out.close()
        self._fresh.rename(self.path)
        self._kept = True
        _sync(self.path.parent)

    def drop(self, *, kept: bool = True) -> None:
        """Remove it, wherever it lies by now; with `kept=False` only where it was not kept."""
        with contextlib.suppress(OSError):  # what a full disk did not take is of no use any more
            self.out.close()
        if kept and self._kept:
            self.path.unlink(missing_ok=True)
        self._fresh.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
