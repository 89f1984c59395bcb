"""`/claim`: from a letter's temporary ID and password to a registration.

Owns the way of somebody who has a letter: three fields, the forms, and a mail. Every page is the same whether the mail
address has an account or not. The ticket that a right pair gives travels in the forms; the temporary password does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailbot.domain.company import REQUIRED
from mailbot.edges.web import registration
from mailbot.edges.web.origins import own_form
from mailbot.edges.web.parts import client_of, locale_of
from mailbot.edges.web.registration import GO, HIDE, SHOW, Said, is_shown
from mailbot.errors import BadLink, Refused
from mailbot.flows.claim_letter import UsedTooOften
from mailbot.flows.paper import EndedCode, WrongCode
from mailbot.links import Purpose
from mailbot.mail import address as mail_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from mailbot.domain.policy import Issuer
    from mailbot.edges.web.parts import Parts
    from mailbot.flows.claim_letter import ClaimTicket

PATH = "/claim"
TICKET = "ticket"
FIELDS = ("email", "paper_id", "paper_password")

OFTEN = "often"
"""What became of a letter that was claimed as often as it may be."""

_OVER = {"used": "done", "replaced": "superseded", OFTEN: "expired"}
"""Public `data-state` of what became of a letter, where it is another word."""

_NOBODY = 0
"""What the `seen` of a page without a session is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The first page as it was filled in."""

    typed: Mapping[str, str]
    problems: Mapping[str, str] = field(default_factory=dict)
    shown: bool = False
    stale: bool = False
    """True where a press was not taken since its page was too old."""
    issuer: Issuer | None = None
    """Whose letter it is, where that is known already."""


class ClaimPages:
    """The pages of a claim."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def claim(self, request: Request) -> Response:
        """Show the three fields, check them, and go through the forms."""
        if request.method != "POST":
            return show_entry(self._parts, request, Entry(typed=_typed({})))
        form = await own_form(request, self._parts.base_url)
        fresh = self._parts.seen.read(form.get("seen", ""), Purpose.PAPER, _NOBODY) is not None
        try:
            return await (
                self._forms(request, form, fresh=fresh) if form.get(TICKET) else self._entry(request, form, fresh=fresh)
            )
        except EndedCode as ended:
            return over(self._parts, request, ended.state, ended.issuer)
        except UsedTooOften as often:
            return over(self._parts, request, OFTEN, often.issuer)

    async def _entry(self, request: Request, form: Mapping[str, str], *, fresh: bool) -> Response:
        typed, shown = _typed(form), is_shown(form)
        problems = {name: REQUIRED for name, value in typed.items() if not value.strip()}
        if form.get(GO) in (SHOW, HIDE) or not fresh:
            return show_entry(self._parts, request, Entry(typed=typed, shown=shown, stale=not fresh))
        if "email" not in problems and not is_address(typed["email"]):
            problems["email"] = "invalid"
        if problems:
            return show_entry(self._parts, request, Entry(typed=typed, problems=problems, shown=shown))
        try:
            ticket = await self._parts.claim.check(*typed.values(), network=client_of(request).network)
        except WrongCode:
            problems = {"paper_password": "code"}
            return show_entry(self._parts, request, Entry(typed=typed, problems=problems, shown=shown))
        return self._show(request, ticket, typed["email"], {})

    async def _forms(self, request: Request, form: Mapping[str, str], *, fresh: bool) -> Response:
        email = form.get("email", "")
        try:
            ticket = self._parts.claim.open(form[TICKET])
        except BadLink:
            typed = {**_typed({}), "email": email}
            return show_entry(self._parts, request, Entry(typed=typed, stale=True))
        if not fresh:
            return self._show(request, ticket, email, registration.again(form), stale=True)
        filled = registration.fill(
            form, known=registration.known_of(ticket.customer), email=email, locale=locale_of(request)
        )
        if not filled.register:
            return self._show(request, ticket, email, form)
        try:
            mailed = await self._parts.claim.request(
                ticket.token,
                company=filled.company,
                person={**filled.person, "email": email},
                locale=locale_of(request),
            )
        except (EndedCode, UsedTooOften):
            raise
        except Refused:
            # Only the address is left to mend: the forms have just been read.
            typed = {**_typed({}), "email": email}
            return show_entry(self._parts, request, Entry(typed=typed, problems={"email": "invalid"}))
        return self._parts.pages.answer("claim_mailed", locale_of(request), "done", issuer=ticket.issuer, email=mailed)

    def _show(
        self, request: Request, ticket: ClaimTicket, email: str, form: Mapping[str, str], *, stale: bool = False
    ) -> Response:
        filled = registration.fill(
            form, known=registration.known_of(ticket.customer), email=email, locale=locale_of(request)
        )
        network = client_of(request).network
        said = Said(
            first="paper",
            issuer=ticket.issuer,
            customer=ticket.customer.name,
            email=email,
            seen=self._parts.seen.sign(Purpose.PAPER, _NOBODY, network),
            action=PATH,
            with_password=False,
            carried={TICKET: ticket.token, "email": email},
            sign_in_seen=self._parts.seen.sign(Purpose.SIGN_IN, _NOBODY, network),
        )
        return registration.show(self._parts, filled, said, locale_of(request), stale=stale)


def show_entry(parts: Parts, request: Request, entry: Entry) -> Response:
    """Return the page with the three fields."""
    return parts.pages.answer(
        "claim",
        locale_of(request),
        issuer=entry.issuer,
        issuers=parts.issuers.values(),
        seen=parts.seen.sign(Purpose.PAPER, _NOBODY, client_of(request).network),
        typed=entry.typed,
        problems=entry.problems,
        shown=entry.shown,
        stale=entry.stale,
    )


def over(parts: Parts, request: Request, look: str, issuer: str) -> Response:
    """Return the page that says what became of a letter of an issuer: `used`, `replaced`, `expired` or `often`."""
    return parts.pages.answer(
        "paper_over",
        locale_of(request),
        _OVER.get(look, look),
        issuer=parts.issuers.get(issuer),
        issuers=parts.issuers.values(),
        look=look,
    )


def _typed(form: Mapping[str, str]) -> dict[str, str]:
    return {name: form.get(name, "") for name in FIELDS}


def is_address(typed: str) -> bool:
    """Tell whether mail can be sent to what somebody typed."""
    try:
        mail_address.read(typed)
    except Refused:
        return False
    return True
