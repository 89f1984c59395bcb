"""What follows from a complaint: its recipient gets no more reminders, and staff is told.

A provider sends it when a person presses "this is spam". Reports of failed authentication and of viruses come in the
same form; no person wrote those, and nobody is muted for them. Owns which complaints are believed: providers send them
to one address of ours, without any tag, so that the mail which one brings back has to vouch for it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mailbot.domain.address import Status
from mailbot.domain.outbox import Kind
from mailbot.flows import mute, notify, settle
from mailbot.flows.bounce_words import complaint
from mailbot.flows.hearing.heard import Done
from mailbot.flows.hearing.origin import brings_back
from mailbot.mail import address as mail_address
from mailbot.mail.complaint import is_of_person
from mailbot.store import addresses, customers, outbox

if TYPE_CHECKING:
    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.flows.hearing.heard import Heard
    from mailbot.store.addresses import Address
    from mailbot.store.database import Transaction
    from mailbot.store.outbox import Mail

_REDACTED = re.compile(r".*redact.*|x{4,}|(?=.*\d)[0-9a-z+/_-]{16,}=*")
"""Local parts by which providers hide who complained (RFC 6590), in lower case."""


def complained(desk: Desk, tx: Transaction, heard: Heard) -> Done:
    """Mute who complained of a mail of ours, at every customer of the issuer.

    Where that is in doubt, only staff is told; a complaint without such a mail is noted.
    """
    mail, address, issuer = heard.origin.mail, heard.origin.address, heard.origin.issuer
    if mail is None or address is None or issuer is None or not is_of_person(heard.message):
        return Done(action="noted")
    brought = brings_back(heard.message, mail)
    if not heard.origin.signed and not brought:
        return Done(action="noted")
    returned = heard.origin.signed and not heard.origin.reply
    if (returned or (brought and heard.verdict.rule == "arf")) and _is_recipients(heard, mail):
        return _mute(desk, tx, heard, mail, address)
    # Whoever has that mail can send such reports without end: staff hears of one.
    notify.staff(desk, tx, issuer, subject=f"complaint:{mail.id}:doubt", content=_content(tx, mail, address, issuer))
    return Done(action="told")


def _is_recipients(heard: Heard, mail: Mail) -> bool:
    """Tell whether whom the mail went to complained, as far as the report says who did."""
    ours = mail_address.key(mail.email)
    domain = ours.rpartition("@")[2]
    named = [mail_address.key(each.recipient) for each in heard.verdict.outcomes if each.recipient]
    hidden = [local for local, _, host in (each.rpartition("@") for each in named) if host == domain]
    return not named or ours in named or any(_REDACTED.fullmatch(local) for local in hidden)


def _mute(desk: Desk, tx: Transaction, heard: Heard, mail: Mail, address: Address) -> Done:
    issuer = desk.issuer(address.issuer)
    found = addresses.by_mailbox(tx, issuer.code, address.email_key)
    muted = [each for each in found if each.status is Status.CONFIRMED]
    if not muted:
        return Done(action="noted")
    mute.stop(desk, tx, address, how="complaint")
    for each in muted:
        _cancel_reminders(desk, tx, each)
    content = _content(tx, mail, muted[0], issuer, muted=True)
    notify.staff(desk, tx, issuer, subject=f"complaint:{heard.inbound.id}", content=content)
    return Done(action="muted")


def _content(tx: Transaction, mail: Mail, address: Address, issuer: Issuer, *, muted: bool = False) -> dict[str, Any]:
    customer = customers.get(tx, address.customer_id)
    return complaint(customer, email=address.email, mail=mail, muted=muted, locale=issuer.locale)


def _cancel_reminders(desk: Desk, tx: Transaction, address: Address) -> None:
    for mail in outbox.unfinished_at(tx, address_id=address.id):
        if mail.kind == Kind.REMINDER:
            settle.cancel(desk, tx, mail, "its recipient complained of such mails")
