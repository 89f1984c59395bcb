"""The page behind a mailed invitation: register, go to the list of invitations, or decline.

Owns which of its pages a press leads to. Somebody new fills in the forms and is done; somebody who has an account is
led to the list. Nothing is pressed by default: a client that sends back what it finds reaches no last button.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from mailbot.edges.web import registration
from mailbot.edges.web.invitations import FIRST
from mailbot.edges.web.registration import GO, Said
from mailbot.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts, Visit
    from mailbot.flows.register import InvitationPage

INVOICES, INVITATIONS = "/my/invoices", "/my/invitations"

DECLINE, DECLINE_REGISTER = "decline", "decline_register"
"""Values of `go`: to the review of a decline, and its last button."""

CHOICE = "decline"
"""Value of the field `decision` once somebody has chosen it."""

MAX_REASON = 200

_BEGIN = frozenset({"company", "person", "review", registration.REGISTER, registration.SHOW, registration.HIDE})


class InvitationLink:
    """Registers whom an issuer invited."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, visit: Visit) -> Response:
        """Show the first form, or what became of the invitation; a press that came too late keeps what was typed."""
        page = self._parts.register.look(visit.link)
        if page.state == "ready" and not page.known_person:
            return self._forms(visit, page, registration.again(visit.form), stale=visit.request.method == "POST")
        return self._over(visit, page)

    async def press(self, visit: Visit) -> Response:
        """Go on to another page of the forms, register, decline, or mail a new link where this one has expired."""
        page, go = self._parts.register.look(visit.link), visit.form.get(GO, "")
        if page.state == "expired":
            return self._over(visit, await self._parts.register.renew(visit.link))
        if go in (DECLINE, DECLINE_REGISTER) and page.state in ("ready", "declined") and not page.known_person:
            return await self._decline(visit, page, last=go == DECLINE_REGISTER)
        if page.known_person and page.state in ("ready", "declined"):
            return await self._enter(visit)
        if go in _BEGIN and page.state in ("ready", "declined", "done"):
            return await self._fill(visit, page)
        return self.show(visit)

    async def _fill(self, visit: Visit, page: InvitationPage) -> Response:
        filled = registration.fill(
            visit.form, known=registration.known_of(page.customer), email=page.email, locale=page.locale
        )
        if not filled.register:
            return self._over(visit, page) if page.state == "done" else self._forms(visit, page, visit.form)
        try:
            done = await self._parts.register.complete(
                visit.link,
                company=filled.company,
                person={**filled.person, "email": page.email},
                password=filled.password,
                network=visit.network,
                seen_at=visit.seen_at,
            )
        except Refused:
            # Replaced or taken back between the page and its button: the page says so itself.
            return self._over(visit, self._parts.register.look(visit.link))
        return self._signed_in(visit, done.page, done.session_id, INVOICES)

    async def _enter(self, visit: Visit) -> Response:
        session = self._parts.session(visit.request)
        done = await self._parts.register.enter(
            visit.link, network=visit.network, seen_at=visit.seen_at, session=session
        )
        return self._signed_in(visit, done.page, done.session_id, f"{INVITATIONS}?{FIRST}={done.page.invitation_id}")

    async def _decline(self, visit: Visit, page: InvitationPage, *, last: bool) -> Response:
        reason = " ".join(visit.form.get("reason", "").split())[:MAX_REASON]
        chosen = visit.form.get("decision") == CHOICE
        if chosen and last:
            return self._over(
                visit, await self._parts.register.decline(visit.link, reason=reason, network=visit.network)
            )
        return self._page(visit, page, "decline", decline_problem=not chosen, decline_reason=reason)

    def _signed_in(self, visit: Visit, page: InvitationPage, session_id: int | None, path: str) -> Response:
        if session_id is None:
            return self._over(visit, page)
        response = RedirectResponse(path, 303)
        self._parts.cookie.put(response, self._parts.sign_in.cookie(session_id))
        return response

    def _forms(self, visit: Visit, page: InvitationPage, form: Mapping[str, str], *, stale: bool = False) -> Response:
        filled = registration.fill(
            form, known=registration.known_of(page.customer), email=page.email, locale=page.locale
        )
        said = Said(
            first="invitation",
            issuer=page.issuer,
            customer=page.customer.name,
            email=page.email,
            until=page.expires_at,
            seen=self._seen(visit),
        )
        return registration.show(self._parts, filled, said, page.locale, stale=stale)

    def _over(self, visit: Visit, page: InvitationPage) -> Response:
        known = page.known_person and page.state in ("ready", "declined")
        look = "renewed" if page.renewed else "known" if known else page.state
        return self._page(
            visit,
            page,
            "invitation",
            state="ready" if known else _STATES.get(page.state, page.state),
            # A renewal and a decline are presses that succeeded.
            status=200 if page.renewed else None,
            look=look,
            signed_in=self._parts.session(visit.request) is not None,
        )

    def _page(
        self,
        visit: Visit,
        page: InvitationPage,
        name: str,
        *,
        state: str = "ready",
        status: int | None = None,
        **values: object,
    ) -> Response:
        return self._parts.pages.answer(
            name,
            page.locale,
            state,
            status=status,
            page=page,
            issuer=page.issuer,
            customer_name=page.customer.name,
            seen=self._seen(visit),
            **values,
        )

    def _seen(self, visit: Visit) -> str:
        return self._parts.seen.sign(visit.link.purpose, visit.link.ids[0], visit.network)


_STATES = {"declined": "done"}
"""Public `data-state` of a page whose own word is not one of the public ones."""
