"""What follows from a person's words: they are a command that is obeyed, a code that is redeemed, or staff's to read.

Owns that choice, and which answer each of them gets. Whatever is not plainly a command goes to a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.domain.address import Status
from mailbot.domain.reply_command import COURTESY, Command, Deed, read
from mailbot.facts import REPLY_OBEYED
from mailbot.flows import notify
from mailbot.flows.bounce_words import alive
from mailbot.flows.hearing.answer import answer, is_bulk, with_silence
from mailbot.flows.hearing.forward import display_name, forward, is_own
from mailbot.flows.hearing.heard import Done
from mailbot.flows.hearing.obey import Order, obey
from mailbot.flows.hearing.redeem import redeem
from mailbot.flows.hearing.standing import is_proved, is_stranger, own_address, standing, was_obeyed
from mailbot.flows.record import record

if TYPE_CHECKING:
    from mailbot.domain.reply_command import Spoken
    from mailbot.flows.desk import Desk
    from mailbot.flows.hearing.heard import Heard
    from mailbot.store.database import Transaction


def spoken(desk: Desk, tx: Transaction, heard: Heard) -> Done:
    """Do what a person's words ask for, or hand them to staff; staff's own mails are passed over."""
    if is_own(desk, heard.sender):
        return Done(action="passed over")
    _tell_alive(desk, tx, heard)
    command = None if is_bulk(heard.message) else read(heard.opening, names=_names(heard))
    if not isinstance(command, Command):
        return _hand_on(desk, tx, heard, what=_words(heard, command))
    if command.deed is Deed.REDEEM:
        return redeem(desk, tx, heard, command)
    found = standing(desk, tx, heard)
    if found is None:
        return _hand_on(desk, tx, heard, what="unproved")
    if was_obeyed(tx, heard):
        return Done(action="obeyed before", kind="command")
    said = obey(Order(desk=desk, tx=tx, heard=heard, standing=found, command=command))
    record(
        tx,
        desk.facts,
        REPLY_OBEYED,
        issuer=found.issuer.code,
        subject=f"inbox:{heard.inbound.id}",
        customer=found.customer.code,
        to=heard.sender,
        command=str(command.deed),
        result=said.what,
    )
    why = answer(desk, tx, heard, what=said.what, facts=said.facts)
    return Done(action=with_silence(said.what, why), kind="command")


def _tell_alive(desk: Desk, tx: Transaction, heard: Heard) -> None:
    """Tell staff, once a giving up, that somebody writes from an address of the customer that was given up."""
    issuer, customer, own = heard.origin.issuer, heard.origin.customer, own_address(tx, heard)
    if issuer is not None and customer is not None and own is not None and own.status is Status.UNDELIVERABLE:
        content = alive(customer, email=own.email, locale=issuer.locale)
        notify.staff(desk, tx, issuer, subject=f"alive:{own.id}v{own.version}", content=content)


def _words(heard: Heard, spoken: Spoken | None) -> str:
    """Return which answer a person's words get; thanks that come with a file are more than thanks."""
    if spoken is None or (spoken is COURTESY and (heard.files or heard.left_out)):
        return "forwarded"
    return spoken.value


def _hand_on(desk: Desk, tx: Transaction, heard: Heard, *, what: str) -> Done:
    """Hand a mail to staff, and tell its writer so, or that nobody is there; a flood of forged ones is not answered."""
    done = forward(desk, tx, heard)
    if done.action == "not forwarded" and (is_stranger(tx, heard) or not is_proved(desk, heard)):
        return done
    why = answer(desk, tx, heard, what=what if done.action == "forwarded" else "unheard")
    return Done(action=with_silence(done.action, why))


def _names(heard: Heard) -> list[str]:
    """Return the names that a signature of the writer may consist of."""
    customer = heard.origin.customer
    return [name for name in (display_name(heard), "" if customer is None else customer.name) if name]
