"""`/my/invoices` and `/sign-out`: what a signed-in customer sees first, and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from mailbot.domain.address import RECEIVES
from mailbot.edges.web.guard import Guard, contacts, to_invitation, to_sign_in
from mailbot.edges.web.links.invoice import DECOY
from mailbot.edges.web.listings import chosen, list_values
from mailbot.edges.web.parts import client_of, locale_of
from mailbot.errors import Refused
from mailbot.flows.session import BY_CODE

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts
    from mailbot.flows.session import Session


class SessionPages:
    """The list of invoices, and the end of a session."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._guard = Guard(parts)

    async def invoices(self, request: Request) -> Response:
        """Show the invoices; a press leads to one of them. Who has no receiving address yet is led there first."""
        session = self._parts.session(request)
        if session is None:
            return to_sign_in()
        if session.invited_id:
            return to_invitation()
        form = await self._guard.form(request)
        if (seen_at := self._guard.seen_at(form, session)) is not None:
            return await self._download(request, session, form, seen_at)
        if session.how in BY_CODE and not self._receives(session):
            return RedirectResponse("/my/addresses", 303)
        return self._list(request, session)

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        session = self._parts.session(request)
        if session is not None:
            if self._guard.seen_at(await self._guard.form(request), session) is None:
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

    def _receives(self, session: Session) -> bool:
        return any(each.status in RECEIVES for each in self._parts.addresses.listing(session))

    async def _download(self, request: Request, session: Session, form: dict[str, str], seen_at: datetime) -> Response:
        network = client_of(request).network
        try:
            token = await self._parts.download.press_listed(
                chosen(session, form),
                form.get("number", ""),
                seen_at=seen_at,
                network=network,
                decoy=DECOY in form,
            )
        except Refused:
            # Withdrawn since the list was got: the list as it is now says so.
            return self._list(request, session)
        return RedirectResponse(f"/d/{token}", 303)

    def _list(self, request: Request, session: Session) -> Response:
        values = list_values(self._parts, session, request)
        whom = contacts(customer.issuer for customer in session.customers)
        return self._guard.answer(request, session, "invoices", "ready", **values, **whom)
