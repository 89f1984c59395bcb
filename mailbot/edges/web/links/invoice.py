"""The page behind an invoice link: that invoice, its download button, and no more.

Owns the way from the button to `/d/<pass>` and the button that mails a sign-in link. People forward these mails, so
the page shows one invoice only; the list of all takes a session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from mailbot.errors import Refused

if TYPE_CHECKING:
    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts, Visit
    from mailbot.flows.download import InvoicePage

DECOY = "check"
"""Name of the submit button that no person sees or reaches; whoever presses it is a machine."""

SIGN_IN = "sign_in"
"""Value of the field `do` for the button that mails a sign-in link."""

_STATES = {"withdrawn": "superseded"}
"""Public `data-state` of a page whose own word is not one of the public ones."""


class InvoiceLink:
    """Shows an invoice, and leads to its PDF."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, visit: Visit) -> Response:
        """Show the invoice; that it was got is noted, perhaps by a machine."""
        page = self._parts.download.look(visit.link)
        self._parts.download.fetched(visit.link, visit.request.method, visit.network)
        return self._answer(visit, page)

    async def press(self, visit: Visit) -> Response:
        """Lead to the PDF, mail a sign-in link, or mail a new link where this one's key was retired."""
        page = self._parts.download.look(visit.link)
        if page.state == "expired":
            return self._answer(visit, await self._parts.download.renew(visit.link))
        if page.state not in ("ready", "done"):
            return self._answer(visit, page)
        if visit.form.get("do") == SIGN_IN:
            return await self._mail_sign_in(visit, page)
        return await self._download(visit)

    async def _download(self, visit: Visit) -> Response:
        assert visit.seen_at is not None  # noqa: S101 - dispatch lets no other press through
        decoy = DECOY in visit.form
        try:
            token = await self._parts.download.press(
                visit.link, seen_at=visit.seen_at, network=visit.network, decoy=decoy
            )
        except Refused:
            # Withdrawn between the page and its button: the page says so itself.
            return self.show(visit)
        return RedirectResponse(f"/d/{token}", 303)

    async def _mail_sign_in(self, visit: Visit, page: InvoicePage) -> Response:
        email = await self._parts.sign_in.mail_link(visit.link)
        return self._parts.pages.answer("mailed", page.locale, "done", issuer=page.issuer, email=email)

    def _answer(self, visit: Visit, page: InvoicePage) -> Response:
        link = visit.link
        return self._parts.pages.answer(
            "invoice",
            page.locale,
            _STATES.get(page.state, page.state),
            # A renewal is a press that succeeded, though the link itself stays expired.
            status=200 if page.renewed else None,
            page=page,
            invoice=page.invoice,
            issuer=page.issuer,
            seen=self._parts.seen.sign(link.purpose, link.ids[0], visit.network),
        )
