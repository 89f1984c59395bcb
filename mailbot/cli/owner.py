"""Root runs a command as the owner of the data folder, so that no file there ever ends as root's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mailbot.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path


def become_owner(folder: Path) -> None:
    """Run on as the owner of `folder`, where root runs this and the folder is somebody else's.

    Raises `StoreError` where there is no such folder, or none that this user may look at.
    """
    try:
        owner = folder.stat()
    except FileNotFoundError:
        raise StoreError(f"there is no folder {folder}; make it with: mailbot init") from None
    except PermissionError:
        raise StoreError(f"{folder} may not be opened by this user; run this as root") from None
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    os.setgroups([])
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)
