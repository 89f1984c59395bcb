"""The page behind a registration mail: its button completes what was claimed with a letter.

Owns the choice that stands before the button: an approval is final, and a machine that presses buttons ticks no box.
Somebody new may choose a password here: who typed the letter off need not be who has the mailbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.responses import RedirectResponse

from mailbot import passwords
from mailbot.edges.web.registration import GO, HIDE, SHOW, TICKED, is_shown

if TYPE_CHECKING:
    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts, Visit
    from mailbot.flows.claim_letter import ClaimPage

INVOICES, INVITATIONS, ADDRESSES = "/my/invoices", "/my/invitations", "/my/addresses"

MINE = "mine"
"""Name of the box that whoever asked for the mail ticks."""

PASSWORD = "password"  # noqa: S105 - the name of a field


class RegistrationLink:
    """Completes a registration, once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, visit: Visit) -> Response:
        """Show what the button would do, or what became of the claim."""
        return self._answer(visit, self._parts.claim.look(visit.link))

    async def press(self, visit: Visit) -> Response:
        """Complete the registration, or mail a new link where this one has expired."""
        page = self._parts.claim.look(visit.link)
        if page.state == "expired":
            return self._answer(visit, await self._parts.claim.renew(visit.link))
        if page.state not in ("ready", "done") or visit.form.get(GO) in (SHOW, HIDE):
            return self._answer(visit, page)
        if problems := _problems(visit, page):
            return self._answer(visit, page, problems=problems)
        done = await self._parts.claim.complete(
            visit.link, network=visit.network, seen_at=visit.seen_at, password=visit.form.get(PASSWORD, "")
        )
        if done.session_id is None:
            return self._answer(visit, done.page)
        token = self._parts.sign_in.cookie(done.session_id)
        response = RedirectResponse(INVITATIONS if done.joined else self._next(token), 303)
        self._parts.cookie.put(response, token)
        return response

    def _next(self, token: str) -> str:
        """Lead to the invoices; to the addresses where there was no room for the one that was just proved."""
        session = self._parts.sign_in.session(token)
        if session is None or session.address_id is not None or not session.customer_id:
            return INVOICES
        return f"{ADDRESSES}?{urlencode({'issuer': session.issuer.code, 'customer': session.customer_code})}"

    def _answer(self, visit: Visit, page: ClaimPage, *, problems: dict[str, str] | None = None) -> Response:
        link = visit.link
        return self._parts.pages.answer(
            "registration",
            page.locale,
            page.state,
            # A renewal is a press that succeeded, though the link itself stays expired.
            status=200 if page.renewed else None,
            look="renewed" if page.renewed else page.state,
            page=page,
            issuer=page.issuer,
            problems=problems or {},
            typed={name: visit.form.get(name, "") for name in (MINE, PASSWORD)},
            shown=is_shown(visit.form),
            seen=self._parts.seen.sign(link.purpose, link.ids[0], visit.network),
            signed_in=self._parts.session(visit.request) is not None,
        )


def _problems(visit: Visit, page: ClaimPage) -> dict[str, str]:
    """Return what is wrong with a press; a link that has done its work asks for nothing more than the box."""
    problems = {} if visit.form.get(MINE) == TICKED else {MINE: MINE}
    password = visit.form.get(PASSWORD, "")
    if page.state == "ready" and not page.known_person and password:
        problem = passwords.problem(password, email=page.email)
        if problem:
            problems[PASSWORD] = problem
    return problems
