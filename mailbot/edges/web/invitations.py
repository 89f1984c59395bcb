"""`/my/invitations`: the invitations that were received, each approved or declined, and the code of a letter.

Owns choice and review before anything is decided: an approval is final, so nothing is chosen by default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.domain.company import REQUIRED
from mailbot.edges.web.claim import over
from mailbot.edges.web.guard import Guard, contacts, to_sign_in
from mailbot.edges.web.parts import client_of
from mailbot.edges.web.registration import GO, REGISTER, is_shown
from mailbot.errors import Refused
from mailbot.flows.paper import EndedCode, WrongCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts
    from mailbot.flows.join import InvitationView
    from mailbot.flows.sign_in import Session

REVIEW, PAPER = "review", "paper"
"""Values of `go` besides `register`."""

DECISIONS = ("approve", "decline")
SHOWN_AT_ONCE = 20
"""Invitations that one page has; those that wait for a decision come first."""

_PAPER_FIELDS = ("paper_id", "paper_password")
_NO_PAPER: Mapping[str, str] = dict.fromkeys(_PAPER_FIELDS, "")


class InvitationPages:
    """The list, its review, and the form for a letter."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._guard = Guard(parts)

    async def invitations(self, request: Request) -> Response:
        """Show the list; a press reviews, registers, or adds an invitation by its letter."""
        session = self._parts.session(request)
        if session is None:
            return to_sign_in()
        form = await self._guard.form(request)
        if request.method != "POST":
            return self._list(request, session, {})
        if self._guard.seen_at(form, session) is None:
            return self._list(request, session, form)
        if form.get("at") == PAPER:
            return await self._paper(request, session, form)
        return await self._decide(request, session, form)

    async def _decide(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        go = form.get(GO)
        listing = self._parts.join.listing(session)[:SHOWN_AT_ONCE]
        chosen = _chosen(listing, form)
        if go not in (REVIEW, REGISTER):
            return self._list(request, session, form)
        if not chosen:
            first = next((each.id for each in listing if each.decidable), None)
            problems = {} if first is None else {f"decide-{first}": "decide"}
            return self._list(request, session, form, problems=problems)
        if go == REVIEW:
            picked = [each for each in listing if each.id in chosen]
            return self._guard.answer(request, session, "invitations_review", invitations=picked, chosen=chosen)
        try:
            await self._parts.join.decide(session, chosen, network=client_of(request).network)
        except Refused:
            # Decided, replaced or expired meanwhile: the list as it is now says so.
            return self._list(request, session, {})
        return self._list(request, self._parts.session(request) or session, {}, said="registered")

    async def _paper(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        if form.get(GO) != PAPER:
            return self._list(request, session, form)
        if problems := {name: REQUIRED for name in _PAPER_FIELDS if not form.get(name, "").strip()}:
            return self._list(request, session, form, problems=problems)
        network = client_of(request).network
        try:
            await self._parts.join.add_paper(session, form["paper_id"], form["paper_password"], network=network)
        except WrongCode:
            return self._list(request, session, form, problems={"paper_password": "code_known"})
        except EndedCode as ended:
            return over(self._parts, request, ended.state)
        return self._list(request, session, {}, said="added")

    def _list(
        self,
        request: Request,
        session: Session,
        form: Mapping[str, str],
        *,
        problems: Mapping[str, str] | None = None,
        said: str = "",
    ) -> Response:
        listing = self._parts.join.listing(session)[:SHOWN_AT_ONCE]
        return self._guard.answer(
            request,
            session,
            "invitations",
            "done" if said else "ready",
            **contacts([*(each.issuer for each in listing), *(each.issuer for each in session.customers)]),
            invitations=listing,
            undecided=any(each.decidable for each in listing),
            chosen=_chosen(listing, form),
            typed={**_NO_PAPER, **form},
            shown=is_shown(form),
            problems=problems or {},
            said=said,
        )


def _chosen(listing: list[InvitationView], form: Mapping[str, str]) -> dict[int, str]:
    """Return what was chosen for the invitations of the list that may be decided."""
    found = {each.id: form.get(f"decide-{each.id}", "") for each in listing if each.decidable}
    return {invitation: choice for invitation, choice in found.items() if choice in DECISIONS}
