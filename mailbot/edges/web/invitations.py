"""`/my/invitations`: the invitations that were received, each approved or declined, and the code of a letter.

Owns choice and review before anything is decided: an approval is final, so nothing is chosen by default. The one whose
mailed link somebody pressed stands on top; `first` in the address says which, and means nothing but that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailbot.domain.company import REQUIRED
from mailbot.edges.web.claim import over
from mailbot.edges.web.guard import Guard, contacts, to_sign_in
from mailbot.edges.web.parts import client_of
from mailbot.edges.web.registration import GO, REGISTER, is_shown
from mailbot.errors import Refused
from mailbot.flows.paper import EndedCode, WrongCode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts
    from mailbot.flows.join import InvitationView
    from mailbot.flows.session import CustomerRef, Session

REVIEW, PAPER, SIGN_IN = "review", "paper", "sign_in"
"""Values of `go` besides `register`; the last two are also the `at` of forms of their own."""

FIRST = "first"
"""Names the invitation that stands on top, in the address and in the form."""

DECISIONS = ("approve", "decline")
SHOWN_AT_ONCE = 20
"""Invitations that one page has; those that wait for a decision come first."""

_ID = re.compile(r"[0-9]{1,18}")
_PAPER_FIELDS = ("paper_id", "paper_password")
_NO_PAPER: Mapping[str, str] = dict.fromkeys(_PAPER_FIELDS, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One request for the list, in a session."""

    request: Request
    session: Session
    form: Mapping[str, str]
    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remarks:
    """What the list says besides its lines."""

    problems: Mapping[str, str] = field(default_factory=dict)
    said: str = ""
    left_out: Sequence[CustomerRef] = ()
    """Customers that were just approved, where there was no room for the person's address."""


class InvitationPages:
    """The list, its review, and the form for a letter."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._guard = Guard(parts)

    async def invitations(self, request: Request) -> Response:
        """Show the list; a press reviews, registers, adds an invitation by its letter, or mails a sign-in link."""
        session = self._parts.session(request)
        if session is None:
            return to_sign_in()
        form = await self._guard.form(request)
        asked = _Asked(request=request, session=session, form=form, first=_first(request, form))
        if request.method != "POST" or self._guard.seen_at(form, session) is None:
            return self._list(asked, form)
        if form.get("at") == PAPER:
            return await self._paper(asked)
        if form.get(GO) == SIGN_IN:
            await self._parts.sign_in.mail_own(session)
            return self._list(asked, {}, _Remarks(said="mailed"))
        return await self._decide(asked)

    async def _decide(self, asked: _Asked) -> Response:
        request, session, form, go = asked.request, asked.session, asked.form, asked.form.get(GO)
        listing = self._listing(asked)
        chosen = _chosen(listing, form)
        if go not in (REVIEW, REGISTER):
            return self._list(asked, form)
        if not chosen:
            undecided = next((each.id for each in listing if each.decidable), None)
            problems = {} if undecided is None else {f"decide-{undecided}": "decide"}
            return self._list(asked, form, _Remarks(problems=problems))
        picked = [each for each in listing if each.id in chosen]
        if go == REVIEW:
            return self._guard.answer(
                request, session, "invitations_review", invitations=picked, chosen=chosen, first=asked.first
            )
        try:
            await self._parts.join.decide(session, chosen, network=client_of(request).network)
        except Refused:
            # Decided, replaced or expired meanwhile: the list as it is now says so.
            return self._list(asked, {})
        now = _Asked(request=request, session=self._parts.session(request) or session, form={}, first=asked.first)
        approved = {(each.issuer.code, each.customer_code) for each in picked if chosen[each.id] == "approve"}
        return self._list(now, {}, _Remarks(said="registered", left_out=_left_out(now.session, approved)))

    async def _paper(self, asked: _Asked) -> Response:
        form = asked.form
        if form.get(GO) != PAPER:
            return self._list(asked, form)
        if problems := {name: REQUIRED for name in _PAPER_FIELDS if not form.get(name, "").strip()}:
            return self._list(asked, form, _Remarks(problems=problems))
        network = client_of(asked.request).network
        try:
            await self._parts.join.add_paper(asked.session, form["paper_id"], form["paper_password"], network=network)
        except WrongCode:
            return self._list(asked, form, _Remarks(problems={"paper_password": "code_known"}))
        except EndedCode as ended:
            return over(self._parts, asked.request, ended.state, ended.issuer)
        return self._list(asked, {}, _Remarks(said="added"))

    def _listing(self, asked: _Asked) -> list[InvitationView]:
        found = self._parts.join.listing(asked.session)
        return sorted(found, key=lambda each: str(each.id) != asked.first)[:SHOWN_AT_ONCE]

    def _list(self, asked: _Asked, form: Mapping[str, str], remarks: _Remarks | None = None) -> Response:
        remarks, session = remarks or _Remarks(), asked.session
        listing = self._listing(asked)
        return self._guard.answer(
            asked.request,
            session,
            "invitations",
            "done" if remarks.said else "ready",
            **contacts([*(each.issuer for each in listing), *(each.issuer for each in session.customers)]),
            invitations=listing,
            others=self._parts.join.others(session)[:SHOWN_AT_ONCE],
            undecided=any(each.decidable for each in listing),
            chosen=_chosen(listing, form),
            typed={**_NO_PAPER, **form},
            shown=is_shown(form),
            first=asked.first,
            problems=remarks.problems,
            said=remarks.said,
            left_out=remarks.left_out,
        )


def _first(request: Request, form: Mapping[str, str]) -> str:
    """Return the id of the invitation that is to stand on top, empty where none is named; it may be nobody's."""
    named = form.get(FIRST) or request.query_params.get(FIRST, "")
    return named if _ID.fullmatch(named) else ""


def _chosen(listing: list[InvitationView], form: Mapping[str, str]) -> dict[int, str]:
    """Return what was chosen for the invitations of the list that may be decided."""
    found = {each.id: form.get(f"decide-{each.id}", "") for each in listing if each.decidable}
    return {invitation: choice for invitation, choice in found.items() if choice in DECISIONS}


def _left_out(session: Session, approved: set[tuple[str, str]]) -> list[CustomerRef]:
    """Return the customers just approved at which the person's address does not receive: there was no room for it."""
    return [each for each in session.customers if (each.issuer.code, each.code) in approved and each.address_id is None]
