"""The vault: PDFs beside the database, each named by the SHA-256 of its bytes.

Owns the files and that what is read is what was stored. Which file belongs to which invoice is the tables' business;
a file may lie here that no row names (an import that was refused), which harms nothing.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from mailbot.errors import StoreError, StoreFull

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says when a disk, a user's share of it, or what a process may write to one file is full."""

_NAME = re.compile(r"[0-9a-f]{64}")


class Vault:
    """A folder of files (`ab/abcd….pdf`, mode 0600) that are only ever added."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Return where the file of that digest (64 lower-case hex digits) lies or would lie."""
        if not _NAME.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is no SHA-256")
        return self.folder / sha256[:2] / f"{sha256}.pdf"

    def has(self, sha256: str, *, size: int) -> bool:
        """Tell whether the file is here with that many bytes, without reading it: spares a `store`."""
        try:
            return self.path(sha256).stat().st_size == size
        except FileNotFoundError:
            return False

    def store(self, content: bytes) -> str:
        """Keep `content` durably and return its SHA-256; the same content again changes nothing.

        A file of that name that has been altered is put right. Raises `StoreFull` on a full disk, `StoreError` on
        any other refusal; either leaves nothing behind.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        with _explained(path):
            if not _holds(path, content):
                self._prepare(path.parent)
                _write(path, content)
        return sha256

    def open(self, sha256: str) -> BinaryIO:
        """Open the file for serving, at its start, its bytes checked against its name.

        Raises `StoreError` where it is missing or was altered.
        """
        path = self.path(sha256)
        with _explained(path):
            file = path.open("rb")
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                file.close()
                raise StoreError(f"{path} was altered; restore it from a backup, or import the same PDF again")
            file.seek(0)
        return file

    def check(self, sha256: str) -> Path:
        """Return the path of a file whose bytes were checked against its name just now; raises as `open` does."""
        self.open(sha256).close()
        return self.path(sha256)

    def _prepare(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(self.folder)
        sync_folder(self.folder.parent)


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def _write(path: Path, content: bytes) -> None:
    """Let the file appear whole: a draft beside it, on disk before it gets its name, and the name on disk too."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, as a file's own fsync does not."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise StoreError(f"{path} is missing; restore it from a backup, or import the same PDF again") from error
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StoreFull(
                f"the disk under {path.parent} is full: nothing was kept; make room and try again"
            ) from error
        raise StoreError(f"{path} cannot be used: {error.strerror}; let it belong to mailbot's user") from error
