"""`/sign-in`: by mail address and password, by a letter, or by a mailed link.

Owns that an answer is the same whoever is asked for, and that signing in leads to our own pages only: no address to go
on to is taken from a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from mailbot.domain.address import RECEIVES
from mailbot.domain.company import REQUIRED
from mailbot.edges.web.claim import TICKET, is_address, over
from mailbot.edges.web.origins import own_form
from mailbot.edges.web.parts import client_of, locale_of
from mailbot.edges.web.registration import GO, HIDE, SHOW, is_shown
from mailbot.errors import BadLink, Refused
from mailbot.flows.paper import EndedCode
from mailbot.links import Purpose
from mailbot.mail import address as mail_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts

INVOICES, INVITATIONS = "/my/invoices", "/my/invitations"

WAYS = {
    "password": ("email", "password"),
    "letter": ("issuer", "code", "letter_password"),
    "mail": ("mail_email",),
}
"""The fields of each way's form, its secret last."""

FIRST = "first_email"
"""Field of the letter's form for the receiving address of somebody who signs in for the first time."""

_BEGIN = "ways"
"""Value of `go` of whoever comes from another page of ours."""

_NOBODY = 0
"""What the `seen` of a page without a session is about."""


class SignInPages:
    """The page with the three ways."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def sign_in(self, request: Request) -> Response:
        """Show the three ways, and go one of them."""
        if request.method != "POST":
            return self._show(request, {})
        form = await own_form(request, self._parts.base_url)
        fresh = self._parts.seen.read(form.get("seen", ""), Purpose.SIGN_IN, _NOBODY) is not None
        fields = WAYS.get(form.get("way", ""), ())
        if not fresh or not fields or form.get(GO) in (_BEGIN, SHOW, HIDE):
            return self._show(request, form, stale=not fresh)
        problems = {name: REQUIRED for name in fields if not form.get(name, "").strip()}
        if form["way"] == "letter" and not _may_be_first(form.get(FIRST, "")):
            problems[FIRST] = "invalid"
        if problems:
            return self._show(request, form, problems=problems)
        return await (self._mail(request, form) if form["way"] == "mail" else self._enter(request, form))

    async def _mail(self, request: Request, form: Mapping[str, str]) -> Response:
        try:
            email = mail_address.read(form["mail_email"]).email
        except Refused:
            return self._show(request, form, problems={"mail_email": "invalid"})
        await self._parts.ways.mail_link(email, network=client_of(request).network)
        return self._parts.pages.answer(
            "asked",
            locale_of(request),
            "done",
            issuer=None,
            issuers=self._parts.issuers.values(),
            words="sign_in.asked",
            email=email,
        )

    async def _enter(self, request: Request, form: Mapping[str, str]) -> Response:
        try:
            session_id = await self._opened(request, form)
        except EndedCode as ended:
            return over(self._parts, request, ended.state, ended.issuer)
        if session_id is None:
            return self._show(request, form, problems={WAYS[form["way"]][-1]: "credentials"})
        token = self._parts.sign_in.cookie(session_id)
        await self._add_first(token, form)
        path = await self._joined(token, form) if form.get(TICKET) else INVOICES
        response = RedirectResponse(path, 303)
        self._parts.cookie.put(response, token)
        return response

    async def _opened(self, request: Request, form: Mapping[str, str]) -> int | None:
        network = client_of(request).network
        if form["way"] == "letter":
            return await self._parts.ways.by_letter(
                form["issuer"], form["code"], form["letter_password"], network=network
            )
        return await self._parts.ways.by_password(form["email"], form["password"], network=network)

    async def _add_first(self, token: str, form: Mapping[str, str]) -> None:
        """Mail a confirm link to the address that came along, where the customer receives nowhere yet."""
        session = self._parts.sign_in.session(token)
        if session is None or session.person_id is not None or not form.get(FIRST, "").strip():
            return
        if not any(each.status in RECEIVES for each in self._parts.addresses.listing(session)):
            await self._parts.confirm.add(session, form[FIRST])

    async def _joined(self, token: str, form: Mapping[str, str]) -> str:
        """Put the letter that was claimed into the account, and return where to go on to."""
        session = self._parts.sign_in.session(token)
        try:
            if session is not None:
                await self._parts.join.add_ticket(session, form[TICKET])
        except (BadLink, Refused):
            # The ticket is over; the list has a form for the letter.
            pass
        return INVITATIONS

    def _show(
        self,
        request: Request,
        form: Mapping[str, str],
        *,
        problems: Mapping[str, str] | None = None,
        stale: bool = False,
    ) -> Response:
        issuers = self._parts.issuers.values()
        typed = {name: form.get(name, "") for fields in (*WAYS.values(), (FIRST,)) for name in fields}
        if len(issuers) == 1:
            typed["issuer"] = typed["issuer"] or next(iter(issuers)).code
        return self._parts.pages.answer(
            "sign_in",
            locale_of(request),
            issuer=None,
            issuers=issuers,
            seen=self._parts.seen.sign(Purpose.SIGN_IN, _NOBODY, client_of(request).network),
            ticket=form.get(TICKET, ""),
            way=form.get("way", ""),
            typed=typed,
            problems=problems or {},
            shown=is_shown(form),
            stale=stale,
            signed_in=self._parts.session(request) is not None,
        )


def _may_be_first(typed: str) -> bool:
    return not typed.strip() or is_address(typed)
