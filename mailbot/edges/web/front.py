"""The front of the web edge: every request passes here, once in and once out.

Owns what holds for all answers: who asks, the bound on the body, the standing headers, the fact that a request was
answered (by the route's name, never its path), and what a person sees when something of ours raised.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from mailbot.edges.web.forms import BodyTooLargeError, BoundedBody, announced, drain
from mailbot.edges.web.network import CLIENT
from mailbot.errors import StoreError
from mailbot.facts import HTTP_ANSWERED, TASK_FAILED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mailbot.edges.web.headers import StandingHeaders
    from mailbot.edges.web.network import Proxies
    from mailbot.facts import Facts

Failure = tuple[int, str]
"""HTTP status and name of the page's words for something that went wrong."""

_TOO_LARGE: Failure = (413, "too_large")
_BUSY: Failure = (503, "busy")
_FAILED: Failure = (500, "failed")


class Front:
    """The outermost ASGI application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        proxies: Proxies,
        headers: StandingHeaders,
        facts: Facts,
        routes: Mapping[object, str],
        apology: Callable[[Scope, Failure], Response],
    ) -> None:
        """Stand before `app`; `routes` names its endpoints, `apology` makes the page of a failure."""
        self._app = app
        self._proxies = proxies
        self._headers = headers
        self._facts = facts
        self._routes = routes
        self._apology = apology

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever comes."""
        if scope["type"] != "http":
            return
        began = time.perf_counter()
        client = scope[CLIENT] = self._proxies.client(scope)
        # With an app in the scope, Starlette's router raises what it cannot route, for `errands` to answer.
        scope["app"] = self._app
        answer = _Answer(send, self._headers)
        try:
            await self._through(scope, receive, answer)
        finally:
            self._facts(
                HTTP_ANSWERED,
                method=scope["method"],
                route=self._routes.get(scope.get("endpoint"), "none"),
                status=answer.status,
                ms=round((time.perf_counter() - began) * 1000, 1),
                network=client.network,
            )

    async def _through(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            if scope["method"] in ("GET", "HEAD"):
                return await self._app(scope, receive, answer)
            return await self._app(scope, BoundedBody(receive, announced(scope)), answer)
        except BodyTooLargeError:
            await drain(receive)
            failure = _TOO_LARGE
        except StoreError as error:
            failure = self._note(error, _BUSY, said=f": {error}")
        except Exception as error:  # noqa: BLE001 - a supervisor: one request's fault must not be another's
            failure = self._note(error, _FAILED)
        if answer.status:
            raise ConnectionAbortedError("the answer had begun; uvicorn closes the connection")
        await self._apology(scope, failure)(scope, receive, answer)
        return None

    def _note(self, error: Exception, failure: Failure, *, said: str = "") -> Failure:
        # Where it happened, and what only errors of the store say (a file, the disk): any other error's text may hold
        # a token or an address.
        self._facts(TASK_FAILED, task="web", error=f"{type(error).__name__} at {_place(error)}{said}")
        return failure


class _Answer:
    """A request's `send` that adds the standing headers and remembers the status."""

    __slots__ = ("_headers", "_send", "status")

    def __init__(self, send: Send, headers: StandingHeaders) -> None:
        self._send = send
        self._headers = headers
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = self._headers.onto(message.get("headers", ()))
            if self.status == _TOO_LARGE[0]:
                # What is left of a very large body is not read; it must not be taken for the next request.
                message["headers"].append((b"connection", b"close"))
        await self._send(message)


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
