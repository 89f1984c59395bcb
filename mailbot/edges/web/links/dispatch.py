"""`/l/<token>`: every mailed link.

Owns the one way in: open the token, find the page of its purpose, and let a press through only where its form proves
that the page was got and no other site sent it. GET and HEAD show; POST acts. What a page shows and does is its own
module's matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from starlette.requests import Request

from mailbot.edges.web.links.address import AddressLink
from mailbot.edges.web.links.invitation import InvitationLink
from mailbot.edges.web.links.invoice import InvoiceLink
from mailbot.edges.web.links.mute import MuteLink
from mailbot.edges.web.links.paper import PaperLink
from mailbot.edges.web.links.password import PasswordLink
from mailbot.edges.web.links.registration import RegistrationLink
from mailbot.edges.web.links.sign_in import SignInLink
from mailbot.edges.web.links.succession import SuccessorLink, UndoLink
from mailbot.edges.web.origins import own_form
from mailbot.edges.web.parts import Parts, Visit
from mailbot.errors import BadLink
from mailbot.links import Link, Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send


class LinkPage(Protocol):
    """The page of one purpose."""

    def show(self, visit: Visit) -> Response:
        """Answer a GET or HEAD, or a press that proves nothing; changes no state."""
        ...

    async def press(self, visit: Visit) -> Response:
        """Answer a press; however often it comes, the effect is that of one."""
        ...


LINK_PAGES: Mapping[Purpose, Callable[[Parts], LinkPage]] = {
    Purpose.PROOF: AddressLink,
    Purpose.CONFIRM: AddressLink,
    Purpose.INVOICE: InvoiceLink,
    Purpose.SIGN_IN: SignInLink,
    Purpose.INVITATION: InvitationLink,
    Purpose.PAPER: PaperLink,
    Purpose.REGISTRATION: RegistrationLink,
    Purpose.PASSWORD: PasswordLink,
    Purpose.SUCCESSOR: SuccessorLink,
    Purpose.UNDO: UndoLink,
    Purpose.MUTE: MuteLink,
}
"""Which page a link leads to; a new purpose is one more line."""


class MailedLinks:
    """Dispatches a link to the page of its purpose."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._pages = {purpose: page(parts) for purpose, page in LINK_PAGES.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as a plain ASGI application, without Starlette's wrapping: this is the busiest route."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        """Show or act; raises `BadLink` for a token that is none of ours or has no page."""
        link = self._parts.links.open(request.path_params["token"])
        page = self._pages.get(link.purpose)
        if page is None:
            raise BadLink("this link is for another purpose")
        if request.method != "POST":
            return page.show(Visit(request=request, link=link, form={}, seen_at=None))
        visit = await self._pressed(request, link)
        return page.show(visit) if visit.seen_at is None else await page.press(visit)

    async def _pressed(self, request: Request, link: Link) -> Visit:
        # Whoever has a link has its `seen` too: without this, another site could sign its visitors in as somebody else.
        form = await own_form(request, self._parts.base_url)
        seen_at = self._parts.seen.read(form.get("seen", ""), link.purpose, link.ids[0])
        return Visit(request=request, link=link, form=form, seen_at=seen_at)
