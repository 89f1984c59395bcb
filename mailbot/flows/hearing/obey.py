"""Doing what a reply asks for, in the transaction that hears it.

Owns what each command does and which words answer it. Whatever can be taken back is done at once; what cannot (an
approval) is answered with the link behind which it is done. Who may command is `standing`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mailbot.domain.address import RECEIVES
from mailbot.domain.invitation import LIVE, State, ended
from mailbot.domain.invoice import Status as InvoiceStatus
from mailbot.domain.money import format_amount
from mailbot.domain.outbox import Kind
from mailbot.domain.reply_command import Deed
from mailbot.flows import asking, decide, mute, notify
from mailbot.flows.acknowledge import acknowledge, carried, disavow
from mailbot.flows.hearing.answer import unanswerable
from mailbot.flows.succession import name_successor
from mailbot.links import Purpose
from mailbot.mail import address as mail_address
from mailbot.store import accounts, addresses, customers, deliveries, invitations, invoices, sessions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mailbot.domain.reply_command import Command
    from mailbot.flows.desk import Desk
    from mailbot.flows.hearing.heard import Heard
    from mailbot.flows.hearing.standing import Standing
    from mailbot.store.addresses import Address
    from mailbot.store.database import Transaction
    from mailbot.store.deliveries import Delivery
    from mailbot.store.invitations import Invitation
    from mailbot.store.invoices import Invoice

LISTED = 50
"""Invoices that an answer names; the rest is counted."""

NETWORK = "mail"
"""What stands for the network where a decision came by mail."""


@dataclass(frozen=True, slots=True)
class Said:
    """Which words answer a command, and what they state (see `answer.BLANK`)."""

    what: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """A command, with all that it is carried out by."""

    desk: Desk
    tx: Transaction
    heard: Heard
    standing: Standing
    command: Command

    @property
    def target(self) -> Address | None:
        """The address that is meant: where our mail went, else the sender's own."""
        return self.standing.address or self.standing.own

    @property
    def receiving(self) -> Address | None:
        """The same, where it receives."""
        return self.target if self.target is not None and self.target.status in RECEIVES else None


def obey(order: Order) -> Said:
    """Carry a command out, and return what is to be answered."""
    return _DEEDS[order.command.deed](order)


def _approve(order: Order) -> Said:
    invitation = _answerable(order)
    return invitation if isinstance(invitation, Said) else _with_link(order, "approve", invitation)


def _decline(order: Order) -> Said:
    tx, invitation = order.tx, _answerable(order)
    # Whoever answers the question whether he succeeds somebody does not mean the customer's invitation.
    if order.standing.mail.kind == Kind.SUCCESSOR:
        return Said("no_invitation")
    if isinstance(invitation, Said):
        return Said("decline_final") if invitation.what == "already_approved" else invitation
    person = accounts.by_email_key(tx, mail_address.key(order.heard.sender))
    decide.decline(order.desk, tx, invitation, person=person, by=order.heard.sender, reason="", network=NETWORK)
    return _with_link(order, "declined", invitation, elsewhere="declined")


def _answerable(order: Order) -> Invitation | Said:
    """Return the customer's invitation, where it can be answered now, or why there is none."""
    invitation = invitations.current(order.tx, order.standing.customer.id)
    if invitation is None:
        return Said("no_invitation")
    if invitation.state is State.APPROVED:
        return Said("already_approved")
    if invitation.state not in LIVE or ended(now=order.tx.now, expires_at=invitation.expires_at):
        return Said("invitation_over")
    return invitation


def _with_link(order: Order, what: str, invitation: Invitation, *, elsewhere: str = "approve_elsewhere") -> Said:
    """Answer with the invitation's link, which proves the address that it went to and so goes nowhere else."""
    own = order.standing.own
    if own is None or invitation.address_id != own.id:
        return Said(elsewhere)
    return Said(what, {"link_to": {"purpose": Purpose.INVITATION, "ids": [invitation.id, invitation.version]}})


def _received(order: Order) -> Said:
    found = acknowledge(order.desk, order.tx, _brought(order), by=order.heard.sender)
    return Said("received", _listed(found)) if found else Said("nothing_to_receive")


def _not_received(order: Order) -> Said:
    found = disavow(order.desk, order.tx, _brought(order), by=order.heard.sender)
    return Said("disavowed", _listed(found)) if found else Said("nothing_to_disavow")


def _brought(order: Order) -> list[tuple[Invoice, Delivery]]:
    """Return what the answered mail brought; to somebody else than its recipient, of the common customer only."""
    found = carried(order.tx, order.standing.mail)
    if order.standing.is_recipient:
        return found
    return [(invoice, each) for invoice, each in found if invoice.customer_id == order.standing.customer.id]


def _resend(order: Order) -> Said:
    if order.standing.mail.kind == Kind.INVITATION:
        invitation = _answerable(order)
        return invitation if isinstance(invitation, Said) else _with_link(order, "invitation", invitation)
    address = order.receiving
    if address is None:
        return Said("not_receiving")
    brought = _brought(order) or _all_open(order.tx, address)
    if not brought:
        return Said("nothing_to_resend")
    if not asking.may_go(order.tx, Kind.NOTICE, address.email_key):
        return Said("resend_enough")
    for row_id in sorted({delivery.address_id for _, delivery in brought}):
        entries = [(invoice, delivery.id) for invoice, delivery in brought if delivery.address_id == row_id]
        _send_again(order, addresses.get(order.tx, row_id), entries)
    return Said("resent", {"email": address.email, **_listed([invoice for invoice, _ in brought])})


def _send_again(order: Order, address: Address, entries: Sequence[tuple[Invoice, int]]) -> None:
    customer = customers.get(order.tx, address.customer_id)
    subject = f"reply:{order.heard.inbound.id}"
    notify.notice(order.desk, order.tx, customer, address, entries[:LISTED], subject=subject, again=True)


def _all_open(tx: Transaction, address: Address) -> list[tuple[Invoice, Delivery]]:
    found = [
        (invoices.get(tx, due.invoice_id), deliveries.get(tx, due.id)) for due in deliveries.told_at(tx, address.id)
    ]
    return [(invoice, delivery) for invoice, delivery in found if invoice.status is InvoiceStatus.OPEN]


def _list(order: Order) -> Said:
    standing = order.standing
    own = standing.own if standing.own is not None and standing.own.status in RECEIVES else None
    if own is None and standing.person is None:
        return Said("not_receiving")
    found = invoices.of_customer(order.tx, standing.customer.id, (InvoiceStatus.WAITING, InvoiceStatus.OPEN))
    return Said("list", {**_listed(found), "link_to": _sign_in(order, own)})


def _sign_in(order: Order, own: Address | None) -> Mapping[str, Any]:
    """Return the link that signs the sender in, unless too many were asked for."""
    tx, person = order.tx, order.standing.person
    if not asking.may_go(tx, Kind.SIGN_IN, mail_address.key(order.heard.sender)):
        return {}
    if own is not None:
        sign_in = sessions.request(tx, customer_id=own.customer_id, address_id=own.id)
    else:
        assert person is not None  # noqa: S101 -- `_list` saw to it
        sign_in = sessions.request_of_person(tx, person.id)
    return {"purpose": Purpose.SIGN_IN, "ids": [sign_in]}


def _stop(order: Order) -> Said:
    if order.receiving is None:
        return Said("not_receiving")
    mute.stop(order.desk, order.tx, order.receiving, how="reply")
    return Said("stopped", {"email": order.receiving.email})


def _pause(order: Order) -> Said:
    if order.receiving is None:
        return Said("not_receiving")
    until = mute.pause(order.desk, order.tx, order.receiving, days=order.command.days, how="reply")
    local = until.astimezone(ZoneInfo(order.standing.issuer.time_zone))
    return Said("paused", {"email": order.receiving.email, "until": f"{local:%Y-%m-%d %H:%M}"})


def _resume(order: Order) -> Said:
    if order.receiving is None:
        return Said("not_receiving")
    mute.begin_again(order.desk, order.tx, order.receiving, how="reply")
    return Said("resumed", {"email": order.receiving.email})


def _successor(order: Order) -> Said:
    leaving = order.standing.own or order.standing.address
    if leaving is None:
        return Said("not_receiving")
    named = name_successor(
        order.desk,
        order.tx,
        customer=order.standing.customer,
        address=leaving,
        typed=order.command.address,
        how="reply",
        answered=_has_answer(order, leaving),
    )
    facts = {"email": named.email, "problem": named.problem or "", "said": named.said}
    if named.problem is not None:
        return Said("successor_refused", facts)
    undo = {"purpose": Purpose.UNDO, "ids": [named.row]} if _has_answer(order, leaving) else {}
    return Said("successor", {**facts, "link_to": undo})


def _has_answer(order: Order, leaving: Address) -> bool:
    """Tell whether the one who is to be replaced gets the answer, and so the link that takes this back."""
    if leaving.email_key != mail_address.key(order.heard.sender):
        return False
    return not unanswerable(order.desk, order.tx, order.heard, what="successor")


def _listed(found: Sequence[Invoice]) -> dict[str, Any]:
    rows = [
        {
            "number": each.number,
            "subject": each.subject,
            "amount": format_amount(each.amount, each.currency),
            "due_date": each.due_date or "",
        }
        for each in found[:LISTED]
    ]
    return {"invoices": rows, "more": max(len(found) - LISTED, 0)}


_DEEDS = {
    Deed.APPROVE: _approve,
    Deed.DECLINE: _decline,
    Deed.RECEIVED: _received,
    Deed.NOT_RECEIVED: _not_received,
    Deed.RESEND: _resend,
    Deed.LIST: _list,
    Deed.STOP: _stop,
    Deed.PAUSE: _pause,
    Deed.RESUME: _resume,
    Deed.SUCCESSOR: _successor,
}
