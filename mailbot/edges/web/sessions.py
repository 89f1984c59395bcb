"""`/my/...` and `/sign-out`: what a signed-in customer sees and does.

Owns the guard of every press in a session: it comes from our own page (RFC 6265bis' SameSite, `Sec-Fetch-Site` or
`Origin`, and the signed `seen` of this very session). Each page refreshes the cookie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from mailbot.edges.web.forms import read_form
from mailbot.edges.web.links.invoice import DECOY
from mailbot.edges.web.listings import list_values
from mailbot.edges.web.origins import ForeignPress, from_our_own_page
from mailbot.edges.web.parts import client_of, locale_of
from mailbot.errors import Refused
from mailbot.links import Purpose

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts
    from mailbot.flows.confirm import Added
    from mailbot.flows.sign_in import Session

SIGN_IN = "/sign-in"


class SessionPages:
    """The pages of a session."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def invoices(self, request: Request) -> Response:
        """Show the invoices; a press leads to one of them."""
        session = self._parts.session(request)
        if session is None:
            return RedirectResponse(SIGN_IN, 303)
        if request.method == "POST":
            form = await self._form(request)
            if (seen_at := self._seen(form, session)) is not None:
                return await self._download(request, session, form, seen_at)
        return self._list(request, session)

    async def addresses(self, request: Request) -> Response:
        """Show the receiving addresses; a press adds one, which counts once its own link was pressed."""
        session = self._parts.session(request)
        if session is None:
            return RedirectResponse(SIGN_IN, 303)
        if request.method == "POST":
            form = await self._form(request)
            if self._seen(form, session) is not None:
                typed = form.get("email", "")
                return self._addresses(request, session, await self._parts.confirm.add(session, typed), typed=typed)
        return self._addresses(request, session, None)

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        session = self._parts.session(request)
        if session is not None:
            if self._seen(await self._form(request), session) is None:
                return RedirectResponse("/my/invoices", 303)
            await self._parts.sign_in.end(session)
        response = self._parts.pages.answer(
            "signed_out",
            session.locale if session else locale_of(request),
            "done",
            issuer=session.issuer if session else None,
            issuers=self._parts.issuers.values(),
        )
        self._parts.cookie.remove(response)
        return response

    async def _form(self, request: Request) -> dict[str, str]:
        if not from_our_own_page(request, self._parts.base_url):
            raise ForeignPress("this press does not come from a page of ours")
        return await read_form(request)

    def _seen(self, form: dict[str, str], session: Session) -> datetime | None:
        return self._parts.seen.read(form.get("seen", ""), Purpose.SESSION, session.id)

    async def _download(self, request: Request, session: Session, form: dict[str, str], seen_at: datetime) -> Response:
        network = client_of(request).network
        try:
            token = await self._parts.download.press_listed(
                session, form.get("number", ""), seen_at=seen_at, network=network, decoy=DECOY in form
            )
        except Refused:
            # Withdrawn since the list was got: the list as it is now says so.
            return self._list(request, session)
        return RedirectResponse(f"/d/{token}", 303)

    def _list(self, request: Request, session: Session) -> Response:
        values = list_values(self._parts, session, request)
        return self._refreshed(session, "invoices", "ready", **values)

    def _addresses(self, request: Request, session: Session, added: Added | None, *, typed: str = "") -> Response:
        problem = added.problem if added else None
        return self._refreshed(
            session,
            "addresses",
            "done" if added and not problem else "ready",
            listing=self._parts.download.listing(session),
            list_seen=self._parts.seen.sign(Purpose.SESSION, session.id, client_of(request).network),
            added=added,
            problem=problem,
            typed=typed if problem else "",
        )

    def _refreshed(self, session: Session, name: str, state: str, **values: object) -> Response:
        values |= {"issuer": session.issuer, "session": session}
        response = self._parts.pages.answer(name, session.locale, state, status=None, **values)
        self._parts.cookie.put(response, self._parts.sign_in.cookie(session.id))
        return response
