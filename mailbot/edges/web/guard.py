"""What holds for every page of a session.

Owns the guard of every press: it comes from our own page (RFC 6265bis' SameSite, `Sec-Fetch-Site` or `Origin`, and the
signed `seen` of this very session). Each page refreshes the cookie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from mailbot.edges.web.origins import own_form
from mailbot.edges.web.parts import client_of
from mailbot.links import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from mailbot.domain.policy import Issuer
    from mailbot.edges.web.parts import Parts
    from mailbot.flows.session import Session

SIGN_IN, INVITATIONS = "/sign-in", "/my/invitations"


class Guard:
    """Reads presses in a session, and answers with its pages."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def form(self, request: Request) -> dict[str, str]:
        """Return what was pressed, nothing for a page that is only looked at; raises `ForeignPress`."""
        return await own_form(request, self._parts.base_url) if request.method == "POST" else {}

    def seen_at(self, form: dict[str, str], session: Session) -> datetime | None:
        """Return when the page with the pressed button was got in this session, None where nothing proves it."""
        return self._parts.seen.read(form.get("seen", ""), Purpose.SESSION, session.id)

    def answer(self, request: Request, session: Session, name: str, state: str = "ready", **values: object) -> Response:
        """Return a page of the session."""
        values = {
            "issuer": session.issuer,
            "session": session,
            "list_seen": self._parts.seen.sign(Purpose.SESSION, session.id, client_of(request).network),
            **values,
        }
        response = self._parts.pages.answer(name, session.locale, state, status=None, **values)
        self._parts.cookie.put(response, self._parts.sign_in.cookie(session.id))
        return response


def contacts(issuers: Iterable[Issuer]) -> dict[str, object]:
    """Return what names whom to ask on a page of these issuers: each once, and none of them as the page's own."""
    known = {issuer.code: issuer for issuer in issuers}
    if len(known) == 1:
        return {"issuer": next(iter(known.values()))}
    return {"issuer": None, "issuers": list(known.values())} if known else {}


def to_sign_in() -> Response:
    """Lead somebody without a session to where one is opened."""
    return RedirectResponse(SIGN_IN, 303)


def to_invitation() -> Response:
    """Lead somebody whose invitation is not approved to the one page that there is for it."""
    return RedirectResponse(INVITATIONS, 303)
