"""`/my/addresses`: the receiving addresses of a customer.

Owns how an address is added, changed and removed: what is to be changed is chosen by hand, a removal is reviewed. A
session of several customers shows one at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.domain.address import ADDITIONAL, RECEIVES, Delivery, Status
from mailbot.edges.web.guard import Guard, to_invitation, to_sign_in
from mailbot.edges.web.parts import locale_of
from mailbot.edges.web.registration import GO
from mailbot.errors import Refused
from mailbot.mail import address as mail_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts
    from mailbot.flows.addresses import AddressRow
    from mailbot.flows.session import Session

ADD, CHANGE, REMOVE, SUCCESSION, NAME = "add", "change", "remove", "succession", "name"
"""Values of `go`: `succession` leads to the review of a successor, `name` is its last button."""

DEFAULT, RESEND = "default", "resend"
"""Values of the field `change` besides `remove` and the modes of delivery."""

_ASKED = frozenset({Status.PENDING, Status.UNDELIVERABLE})
"""Statuses in which another confirm mail may be asked for."""


class AddressPages:
    """The list of addresses, and what can be done with them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._guard = Guard(parts)

    async def addresses(self, request: Request) -> Response:
        """Show the addresses; a press adds, changes or removes one."""
        session = self._parts.session(request)
        if session is None:
            return to_sign_in()
        if session.invited_id:
            return to_invitation()
        form = await self._guard.form(request)
        at = _at(session, form or request.query_params)
        if not at.customer_id:
            return self._guard.answer(request, session, "invitations_first")
        if request.method == "POST" and self._guard.seen_at(form, session) is None:
            return self._list(request, at, form, stale=True)
        acts = {
            ADD: self._add,
            CHANGE: self._change,
            REMOVE: self._remove,
            SUCCESSION: self._review_successor,
            NAME: self._name,
        }
        act = acts.get(form.get(GO, ADD if "email" in form else ""))
        return self._list(request, at, form) if act is None else await act(request, at, form)

    async def _add(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        added = await self._parts.confirm.add(session, form.get("email", ""))
        if added.problem:
            problem = added.problem if form.get("email", "").strip() else "required"
            return self._list(request, session, form, problems={"email": problem})
        said = "mailed_before" if added.before else "mailed"
        return self._list(request, session, {"address": added.email}, said=said)

    async def _change(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        email, change = form.get("address", ""), form.get("change", "")
        if change == REMOVE:
            return self._guard.answer(request, session, "address_removal", "ready", **_named(session), email=email)
        if change == RESEND:
            return await self._add(request, session, {"email": email})
        if change == DEFAULT:
            done = await self._parts.addresses.make_default(session, email)
        elif change in set(Delivery):
            done = await self._parts.addresses.set_delivery(session, email, change)
        else:
            return self._list(request, session, form, problems={"change": "change"})
        if done.problem:
            return self._list(request, session, form, problems={"change": done.problem})
        return self._list(request, session, {"address": done.email}, said="changed")

    async def _remove(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        done = await self._parts.addresses.remove(session, form.get("address", ""))
        if done.problem:
            return self._list(request, session, form, problems={"change": done.problem})
        if done.ends_session:
            response = self._parts.pages.answer(
                "removed", locale_of(request), "done", issuer=session.issuer, email=done.email
            )
            self._parts.cookie.remove(response)
            return response
        return self._list(request, session, {"address": done.email}, said="removed")

    async def _review_successor(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        old, typed = form.get("leaves", ""), form.get("successor", "")
        missing = {name: key for name, key in (("leaves", "choose"), ("successor", "required")) if not form.get(name)}
        if missing:
            return self._list(request, session, form, problems=missing)
        named = self._parts.succession.check(session, old, typed)
        if named.problem:
            return self._unnamed(request, session, form, named.problem)
        return self._guard.answer(
            request, session, "address_succession", "ready", **_named(session), old=old, email=named.email
        )

    async def _name(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        named = await self._parts.succession.name(session, form.get("leaves", ""), form.get("successor", ""))
        if named.problem:
            return self._unnamed(request, session, form, named.problem)
        return self._list(request, session, {"address": named.email}, said="named")

    def _unnamed(self, request: Request, session: Session, form: Mapping[str, str], problem: str) -> Response:
        field = "leaves" if problem in ("unknown", "unproved") else "successor"
        return self._list(request, session, form, problems={field: problem})

    def _list(
        self,
        request: Request,
        session: Session,
        form: Mapping[str, str],
        *,
        problems: Mapping[str, str] | None = None,
        said: str = "",
        stale: bool = False,
    ) -> Response:
        listing = self._parts.addresses.listing(session)
        leaving = [each.email for each in listing if each.status in RECEIVES]
        return self._guard.answer(
            request,
            session,
            "addresses",
            "done" if said else "ready",
            **_named(session),
            addresses=listing,
            changes=_changes,
            full=len(listing) > ADDITIONAL,
            left_out=_left_out(session, listing),
            first=not any(each.status in RECEIVES for each in listing),
            asked=[each.email for each in listing if each.asked],
            unasked=[each.email for each in listing if each.status in _ASKED and not each.asked],
            leaving=leaving,
            # Where there is one address, there is no choice to make.
            typed={
                "email": "",
                "address": "",
                "leaves": leaving[0] if len(leaving) == 1 else "",
                "successor": "",
                **form,
            },
            problems=problems or {},
            said=said,
            stale=stale,
        )


def _at(session: Session, asked: Mapping[str, str]) -> Session:
    """Return the session at the customer that is asked for, its first one where it has no such customer."""
    try:
        return session.at(asked.get("issuer", ""), asked.get("customer", ""))
    except Refused:
        return session


def _left_out(session: Session, listing: list[AddressRow]) -> str:
    """Return the mail address of a person for which there is no room on the list, or an empty string."""
    keys = {mail_address.key(each.email) for each in listing}
    own = session.email if session.person_id is not None and len(listing) > ADDITIONAL else ""
    return own if own and mail_address.key(own) not in keys else ""


def _named(session: Session) -> dict[str, object]:
    """Return what names the customer in forms and links, and the other ones to choose from."""
    return {
        "at": {"issuer": session.issuer.code, "customer": session.customer_code},
        "customers": session.customers if len(session.customers) > 1 else (),
    }


def _changes(address: AddressRow) -> list[str]:
    """Return what may be chosen for an address."""
    default = [DEFAULT] if address.status in RECEIVES and not address.is_default else []
    resend = [RESEND] if address.status in _ASKED else []
    deliveries = [str(each) for each in Delivery if each != address.delivery]
    return [*default, *resend, *deliveries, REMOVE]
