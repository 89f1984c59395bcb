"""The pages for everyone: the front door, and what is said when something is wrong.

Owns the answers that belong to no link and no session. Each names whom to turn to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request

from mailbot.edges.web.parts import client_of, locale_of
from mailbot.facts import LINK_REFUSED
from mailbot.flows.locks import Locked

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Scope

    from mailbot.edges.web.front import Failure
    from mailbot.edges.web.parts import Parts


class Errands:
    """Pages without a customer."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def home(self, request: Request) -> Response:
        """Say what this site is."""
        return self._page(request, "home")

    async def not_found(self, request: Request, _: Exception) -> Response:
        """Answer an address that leads nowhere (404)."""
        return self._notice(request, "not_found", 404)

    async def not_allowed(self, request: Request, fault: Exception) -> Response:
        """Answer a method that a page does not have (405)."""
        response = self._notice(request, "not_allowed", 405)
        if isinstance(fault, HTTPException) and fault.headers:
            response.headers.update(fault.headers)
        return response

    async def bad_link(self, request: Request, fault: Exception) -> Response:
        """Answer a link that is none of ours, revoked, or meant for another page (404)."""
        network = client_of(request).network
        route = "download" if request.url.path.startswith("/d/") else "link"
        self._parts.facts(LINK_REFUSED, route=route, why=str(fault), network=network)
        return self._notice(request, "bad_link", 404)

    async def foreign_press(self, request: Request, _: Exception) -> Response:
        """Answer a press that another site's page sent (403)."""
        return self._notice(request, "foreign_press", 403)

    async def refused(self, request: Request, _: Exception) -> Response:
        """Answer what was understood and not granted, and has no page of its own (409)."""
        return self._notice(request, "refused", 409)

    async def locked(self, request: Request, fault: Exception) -> Response:
        """Answer somebody who has to wait, where too many tries have failed (429)."""
        assert isinstance(fault, Locked)  # noqa: S101 - the handler is for this type
        zone = next((issuer.time_zone for issuer in self._parts.issuers.values()), "UTC")
        response = self._page(request, "locked", "locked", until=fault.until, zone=zone)
        response.headers["retry-after"] = str(fault.seconds)
        return response

    async def busy(self, request: Request, _: Exception) -> Response:
        """Answer what would have to wait too long (503)."""
        return self._notice(request, "busy", 503)

    def apology(self, scope: Scope, failure: Failure) -> Response:
        """Make the page for something that went wrong on our side, or that is too much."""
        status, words = failure
        return self._notice(Request(scope), words, status)

    def _notice(self, request: Request, words: str, status: int) -> Response:
        return self._page(request, "notice", "invalid", status=status, words=words)

    def _page(
        self, request: Request, name: str, state: str = "ready", *, status: int | None = None, **values: object
    ) -> Response:
        return self._parts.pages.answer(
            name,
            locale_of(request),
            state,
            status=status,
            issuer=None,
            issuers=self._parts.issuers.values(),
            **values,
        )
