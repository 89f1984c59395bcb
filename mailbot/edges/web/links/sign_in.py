"""The page behind a mailed sign-in link, which opens one session.

Owns what the second press meets: with that session alive it leads to the list at once; without it the page says when
the link was used and offers a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

if TYPE_CHECKING:
    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts, Visit
    from mailbot.flows.sign_in import SignInPage

RENEW = "renew"
"""Value of the field `do` for the button that mails a new link."""

HOME = "/my/invoices"


class SignInLink:
    """Signs in, once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, visit: Visit) -> Response:
        """Show the button, or what became of the link."""
        page = self._parts.sign_in.look(visit.link)
        if self._is_here(visit, page):
            return RedirectResponse(HOME, 303)
        return self._answer(visit, page)

    async def press(self, visit: Visit) -> Response:
        """Open the session, or mail a new link."""
        page = self._parts.sign_in.look(visit.link)
        if self._is_here(visit, page):
            return RedirectResponse(HOME, 303)
        # A second press of the first button is no wish for another mail.
        if page.state == "ready" or (page.state == "done" and visit.form.get("do") != RENEW):
            return await self._sign_in(visit)
        return self._answer(visit, await self._parts.sign_in.renew(visit.link))

    async def _sign_in(self, visit: Visit) -> Response:
        assert visit.seen_at is not None  # noqa: S101 - dispatch lets no other press through
        page = await self._parts.sign_in.act(visit.link, seen_at=visit.seen_at, network=visit.network)
        if page.session_id is None:
            return self._answer(visit, page)
        response = RedirectResponse(HOME, 303)
        self._parts.cookie.put(response, self._parts.sign_in.cookie(page.session_id))
        return response

    def _is_here(self, visit: Visit, page: SignInPage) -> bool:
        session = self._parts.session(visit.request)
        return session is not None and page.session_id == session.id

    def _answer(self, visit: Visit, page: SignInPage) -> Response:
        link = visit.link
        return self._parts.pages.answer(
            "sign_in_link",
            page.locale,
            page.state,
            # A renewal is a press that succeeded, though the link itself stays as it is.
            status=200 if page.renewed else None,
            page=page,
            issuer=page.issuer,
            seen=self._parts.seen.sign(link.purpose, link.ids[0], visit.network),
        )
