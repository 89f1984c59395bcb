"""uvicorn as a part of the daemon.

Owns the server's life: started and stopped by the daemon, which keeps the signals. uvicorn's access log, which would
print tokens, is off, and so is its reading of proxy headers: see `network`.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, cast

import uvicorn

from mailbot.edges.web.wire import WireProtocol

if TYPE_CHECKING:
    import socket
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
