"""The page behind a link that proves an address (proof and confirm mails).

Owns how the states of `Confirm` look. The press opens a session, so the answer to it is the success page with the
invoice list on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.domain.address import Look
from mailbot.edges.web.listings import list_values

if TYPE_CHECKING:
    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts, Visit
    from mailbot.flows.confirm import ConfirmPage
    from mailbot.flows.session import Session


class AddressLink:
    """Shows what confirming would do, and confirms."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, visit: Visit) -> Response:
        """Show where the address stands."""
        page = self._parts.confirm.look(visit.link)
        return self._answer(visit, page, signed_in=self._parts.session(visit.request) is not None)

    async def press(self, visit: Visit) -> Response:
        """Confirm the address, or mail a new link where this one expired."""
        page = self._parts.confirm.look(visit.link)
        if page.state is Look.EXPIRED:
            return self._answer(visit, await self._parts.confirm.renew(visit.link))
        if page.state is Look.SUPERSEDED:
            return self._answer(visit, page)
        done = await self._parts.confirm.act(visit.link, network=visit.network, seen_at=visit.seen_at)
        return self._confirmed(visit, done)

    def _confirmed(self, visit: Visit, page: ConfirmPage) -> Response:
        if page.session_id is None:
            return self._answer(visit, page)
        token = self._parts.sign_in.cookie(page.session_id)
        session = self._wider(visit, self._parts.sign_in.session(token))
        if session is not None:
            token = self._parts.sign_in.cookie(session.id)
        values = {} if session is None else {"session": session, **list_values(self._parts, session, visit.request)}
        response = self._answer(visit, page, signed_in=True, **values)
        self._parts.cookie.put(response, token)
        return response

    def _wider(self, visit: Visit, opened: Session | None) -> Session | None:
        """Return the person's session that the browser holds already where it has this customer among others."""
        held = self._parts.session(visit.request)
        if held is None or opened is None or held.person_id is None:
            return opened
        return held if any(each.id == opened.customer_id for each in held.customers) else opened

    def _answer(self, visit: Visit, page: ConfirmPage, *, signed_in: bool = False, **values: object) -> Response:
        link = visit.link
        return self._parts.pages.answer(
            "address",
            page.locale,
            page.state.value,
            # A renewal is a press that succeeded, though the link itself stays expired.
            status=200 if page.renewed else None,
            page=page,
            issuer=page.issuer,
            seen=self._parts.seen.sign(link.purpose, link.ids[0], visit.network),
            signed_in=signed_in,
            **{"groups": None, **values},
        )
