"""Talks to systemd, by hand: it takes a datagram and a few variables.

Owns sd_notify(3) and sd_listen_fds(3). Without systemd each of these does nothing, so nobody has to ask first.
"""

from __future__ import annotations

import os
import socket
import stat

FIRST_FD = 3
"""SD_LISTEN_FDS_START of sd_listen_fds(3)."""


def notify(*assignments: str) -> bool:
    """Send `READY=1`, `STATUS=...`, `STOPPING=1`, `WATCHDOG=1` to systemd, several in one message.

    Tells whether anybody listened. A name that starts with `@` is in the abstract namespace (unix(7)). Never raises
    for a socket that is gone: the daemon works without an audience.
    """
    name = os.environ.get("NOTIFY_SOCKET", "")
    if not name.startswith(("/", "@")):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        try:
            channel.sendto("\n".join(assignments).encode(), "\0" + name[1:] if name[0] == "@" else name)
        except OSError:
            return False
    return True


def watchdog_interval() -> float | None:
    """Return the seconds between two `WATCHDOG=1`, half of what systemd allows; None where it does not watch us."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    allowed = int(os.environ.get("WATCHDOG_USEC") or 0)
    return allowed / 2_000_000 or None


def listen_sockets() -> dict[str, list[socket.socket]]:
    """Take over the sockets that systemd opened for us, by their `FileDescriptorName=`.

    The variables are removed and the descriptors closed on exec, so that no child believes they are its own. A
    second call therefore returns nothing.
    """
    pid, count = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    names = os.environ.pop("LISTEN_FDNAMES", "").split(":")
    if pid != str(os.getpid()) or not count.isdigit():
        return {}
    found: dict[str, list[socket.socket]] = {}
    for index, descriptor in enumerate(range(FIRST_FD, FIRST_FD + int(count))):
        os.set_inheritable(descriptor, False)  # noqa: FBT003  # the function's only form
        if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            name = names[index] if index < len(names) else ""
            found.setdefault(name or "unknown", []).append(socket.socket(fileno=descriptor))
    return found
