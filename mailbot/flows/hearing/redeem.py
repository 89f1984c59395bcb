"""A temporary ID and password that somebody mailed in, in place of typing them on a page.

Owns the way from a right pair to the mail that goes on: whoever has the letter may be invited at the address that he
writes from, and the link in the answer proves that address. Nothing is confirmed by the mail alone, and a wrong pair
counts as it does on the page.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mailbot.domain import address as address_rules
from mailbot.domain.address import Status
from mailbot.facts import ADDRESS_ADDED
from mailbot.flows import paper
from mailbot.flows.claim_letter import MOST, invitation_of
from mailbot.flows.hearing.answer import answer, unanswerable
from mailbot.flows.hearing.forward import issuer_of
from mailbot.flows.hearing.heard import Done
from mailbot.flows.hearing.obey import Said
from mailbot.flows.invited import by_mail, gone_out
from mailbot.flows.locks import MARK, Locked
from mailbot.flows.paper import EndedCode, WrongCode
from mailbot.flows.record import record
from mailbot.links import Purpose
from mailbot.mail import address as mail_address
from mailbot.pepper import Pepper
from mailbot.store import addresses, customers

if TYPE_CHECKING:
    from mailbot.domain.reply_command import Command
    from mailbot.flows.desk import Desk
    from mailbot.flows.hearing.heard import Heard
    from mailbot.store.addresses import Address
    from mailbot.store.customers import Customer
    from mailbot.store.database import Transaction


def redeem(desk: Desk, tx: Transaction, heard: Heard, command: Command) -> Done:
    """Judge a pair, and answer with the link that goes on, or with why there is none."""
    if unanswerable(desk, tx, heard, what="redeemed"):
        answer(desk, tx, heard, what="redeem_wrong")
        return Done(action="not answered", kind="command")
    said, about = _judged(desk, tx, heard, command)
    answer(desk, tx, about, what=said.what, facts=said.facts)
    return Done(action=said.what, kind="command")


def _judged(desk: Desk, tx: Transaction, heard: Heard, command: Command) -> tuple[Said, Heard]:
    """Return what is answered, and the mail with the customer that it turned out to be about."""
    typed = paper.Typed(command.paper_id, command.paper_password)
    mark = hashlib.sha256(mail_address.key(heard.sender).encode("utf-8", "surrogatepass")).hexdigest()[:MARK]
    try:
        pepper = Pepper.beside(desk.links.keyring)
        code = paper.judge(desk, tx, typed=typed, pepper=pepper, network=f"mail:{mark}").right()
        invitation_of(tx, code, tx.now)
    except Locked as locked:
        local = locked.until.astimezone(ZoneInfo(issuer_of(desk, heard).time_zone))
        return Said("redeem_locked", {"until": f"{local:%Y-%m-%d %H:%M}"}), heard
    except WrongCode:
        return Said("redeem_wrong"), heard
    except EndedCode as ended:
        return Said("redeem_ended", {"problem": ended.state}), heard
    customer = customers.get(tx, code.customer_id)
    about = replace(heard, origin=replace(heard.origin, issuer=desk.issuer(customer.issuer), customer=customer))
    return _invited(desk, tx, heard, customer), about


def _invited(desk: Desk, tx: Transaction, heard: Heard, customer: Customer) -> Said:
    """Invite whoever has the letter at the address that he writes from."""
    known = addresses.of_customer(tx, customer.id)
    address = next((each for each in known if each.email_key == mail_address.key(heard.sender)), None)
    if address is None and len(known) >= MOST:
        return Said("redeem_ended", {"problem": "too_often"})
    address = _asked(desk, tx, heard, customer, address)
    invitation = by_mail(desk, tx, customer, address.id)
    gone_out(desk, tx, invitation, channel="mail", to=address.email, expires_at=invitation.expires_at)
    return Said("redeemed", {"link_to": {"purpose": Purpose.INVITATION, "ids": [invitation.id, invitation.version]}})


def _asked(desk: Desk, tx: Transaction, heard: Heard, customer: Customer, address: Address | None) -> Address:
    """Return the sender's address at the customer, put on file unproved where it is not."""
    if address is not None:
        if address.status in {Status.REMOVED, Status.UNDELIVERABLE}:
            status = address_rules.advance(address.status, address_rules.Event.ASK)
            addresses.ask_again(tx, address, status=status)
        return addresses.get(tx, address.id)
    read = mail_address.read(heard.sender)
    address = addresses.insert(
        tx,
        customer_id=customer.id,
        issuer=customer.issuer,
        email=read.email,
        email_key=read.key,
        delivery=customer.delivery,
        source="page",
    )
    details = {"customer": customer.code, "to": address.email, "source": "reply"}
    record(tx, desk.facts, ADDRESS_ADDED, issuer=customer.issuer, subject=f"address:{address.id}", **details)
    return address
