"""Sockets that listen: a TCP port or a Unix socket, bound before anything else is begun.

Owns the form of a place to listen at, and that a Unix socket left behind by a process that was killed is in nobody's
way. Who answers there is the other edges' business.
"""

from __future__ import annotations

import socket
import stat
from pathlib import Path

from mailbot.errors import ConfigError

BACKLOG = 2048
UNIX_MODE = 0o660
"""Our user and our group: a web or mail server in front is put into that group."""


def bind(listen: str, *, key: str = "[http] listen") -> socket.socket:
    """Listen at `127.0.0.1:8025`, `[::1]:8025` or `unix:/path`; raises `ConfigError` where that cannot be had.

    `key` is what the configuration calls this place.
    """
    try:
        return _bind_unix(Path(listen[5:])) if listen.startswith("unix:") else _bind_tcp(listen)
    except (OSError, OverflowError, ValueError) as fault:
        raise ConfigError(f"{key} = {listen!r}: {fault}; give a free HOST:PORT or unix:/PATH") from fault


def assert_free(listen: str, *, key: str) -> None:
    """Raise `ConfigError` where `bind` would, and leave the place as it was."""
    bind(listen, key=key).close()
    if listen.startswith("unix:"):
        Path(listen[5:]).unlink()


def greeting(listen: str, *, seconds: float) -> str:
    """Return the first line that is said at a place; raises `OSError` where nothing is, for so long."""
    with socket.socket(socket.AF_UNIX) if listen.startswith("unix:") else _tcp(listen) as asking:
        asking.settimeout(seconds)
        asking.connect(listen[5:] if listen.startswith("unix:") else _address(listen))
        with asking.makefile("rb") as lines:
            return lines.readline(1000).decode(errors="replace").strip()


def _bind_tcp(listen: str) -> socket.socket:
    address, bound = _address(listen), _tcp(listen)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return _bound(bound, address)


def _tcp(listen: str) -> socket.socket:
    return socket.socket(socket.AF_INET6 if listen.startswith("[") else socket.AF_INET, socket.SOCK_STREAM)


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host:
        raise ValueError("there is no host")
    return host.strip("[]"), int(port)


def _bind_unix(path: Path) -> socket.socket:
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode) and not _answers(path):
        # Left behind by a process that was killed.
        path.unlink()
    bound = _bound(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), str(path))
    path.chmod(UNIX_MODE)
    return bound


def _bound(bound: socket.socket, address: tuple[str, int] | str) -> socket.socket:
    try:
        bound.bind(address)
        bound.listen(BACKLOG)
        bound.settimeout(0)
    except (OSError, OverflowError):
        bound.close()
        raise
    return bound


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def shown(listening: socket.socket) -> str:
    """Write where a socket listens: `127.0.0.1:8025`, `[::1]:8025`, `unix:/path`."""
    name = listening.getsockname()
    if isinstance(name, tuple):
        return f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}"
    return f"unix:{name}"
