"""uvicorn as a part of the daemon.

Owns listening sockets and the server's life: started and stopped by the daemon, which keeps the signals. uvicorn's
access log, which would print tokens, is off, and so is its reading of proxy headers: see `network`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING, cast

import uvicorn

from mailbot.edges.web.wire import WireProtocol
from mailbot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.types import ASGIApp
    from uvicorn._types import ASGIApplication

BACKLOG = 2048
CONNECTIONS = 1000
"""Connections at once; beyond them uvicorn answers 503."""

KEEP_ALIVE = 15
"""Seconds that an idle connection is kept."""


class WebServer:
    """Serves an app on sockets that are already bound."""

    def __init__(self, app: ASGIApp, *, sockets: Sequence[socket.socket], connections: int = CONNECTIONS) -> None:
        self._sockets = list(sockets)
        self._server = _Server(_config(app, connections))
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to answer; returns once connections are taken."""
        self._task = asyncio.create_task(self._server.serve(sockets=self._sockets), name="web")
        ready = asyncio.create_task(self._server.ready.wait())
        await asyncio.wait({self._task, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._task.done():
            await self._task

    @property
    def busy(self) -> int:
        """Requests that are being answered now."""
        return len(self._server.server_state.tasks)

    async def stop(self, timeout: float) -> None:  # noqa: ASYNC109 - uvicorn itself drains within this bound
        """Take no more connections, let requests in flight end for `timeout` seconds, then break them off."""
        if self._task is None:
            return
        self._server.should_exit = True
        try:
            async with asyncio.timeout(timeout):
                await asyncio.shield(self._task)
        except TimeoutError:
            self._server.break_off()
            await self._task


class _Server(uvicorn.Server):
    """uvicorn's server without its hands on the process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the daemon."""
        yield

    def break_off(self) -> None:
        """End what did not end in time."""
        self.force_exit = True
        for task in list(self.server_state.tasks):
            task.cancel()
        for connection in list(self.server_state.connections):
            cast("WireProtocol", connection).wire.abort()


def _config(app: ASGIApp, connections: int) -> uvicorn.Config:
    return uvicorn.Config(
        cast("ASGIApplication", app),
        http=WireProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=connections,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE,
    )


def bind(listen: str) -> socket.socket:
    """Listen at `127.0.0.1:8025`, `[::1]:8025` or `unix:/path`; raises `ConfigError` where that cannot be had."""
    try:
        return _bind_unix(Path(listen[5:])) if listen.startswith("unix:") else _bind_tcp(listen)
    except (OSError, OverflowError, ValueError) as fault:
        raise ConfigError(f"[http] listen = {listen!r}: {fault}; give a free HOST:PORT or unix:/PATH") from fault


def _bind_tcp(listen: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    if not host:
        raise ValueError("there is no host")
    address = (host.strip("[]"), int(port))
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return _bound(bound, address)


def _bind_unix(path: Path) -> socket.socket:
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode) and not _answers(path):
        # Left behind by a process that was killed.
        path.unlink()
    bound = _bound(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), str(path))
    path.chmod(0o660)
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
