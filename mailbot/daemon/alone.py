"""One daemon a store: two would claim each other's mails and take them for lost.

Owns the lock on the data folder. The kernel gives it back when the process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mailbot.errors import Refused, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only daemon on `folder`; raises `Refused` where there is one already, `StoreError` without a folder."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:
        raise StoreError(f"{folder} may not be opened by this user; let the user that mailbot runs as own it") from None
    except OSError as error:
        raise StoreError(f"{folder} cannot be opened ({error.strerror}); make it with: mailbot init") from None
    try:
        _take(lock, folder)
        yield
    finally:
        os.close(lock)


def _take(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refused(
            f"another mailbot runs on {folder} already (see: mailbot status); stop that one first, or give this one"
            " a data_dir of its own"
        ) from None
