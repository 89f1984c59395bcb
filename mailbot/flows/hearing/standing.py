"""On whose behalf a reply speaks: may it have something done?

Owns the conditions: it came to a signed reply address, from a sender whom we know at that customer, not long after it
was written, and, where a server is named that vouches for senders, that one did. A mail that lacks any of them is a
person's words, no more. What was obeyed once is not obeyed again, by whichever way a copy of it comes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from mailbot.domain.address import RECEIVES, Status
from mailbot.domain.outbox import Kind
from mailbot.mail import address as mail_address
from mailbot.store import accounts, addresses, inbox, outbox

if TYPE_CHECKING:
    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.flows.hearing.heard import Heard
    from mailbot.store.accounts import Person
    from mailbot.store.addresses import Address
    from mailbot.store.customers import Customer
    from mailbot.store.database import Transaction
    from mailbot.store.outbox import Mail


OLDEST = timedelta(days=14)
"""How long after it was written a command is obeyed: servers give up sooner, and signatures stay good for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A sender who may command."""

    issuer: Issuer
    customer: Customer
    mail: Mail
    """The mail of ours that the reply is about; of an answer of ours, the one that this was about."""
    address: Address | None
    """The address that the mail went to; None for a person's."""
    own: Address | None
    """The sender's own address at the customer, where there is one."""
    person: Person | None
    """The sender, where the customer is joined to this person's account."""

    @property
    def is_recipient(self) -> bool:
        """True where the sender is who the mail went to."""
        return self.address is None or (self.own is not None and self.own.email_key == self.address.email_key)


def standing(desk: Desk, tx: Transaction, heard: Heard) -> Standing | None:
    """Return on whose behalf a mail may have something done; None where on nobody's."""
    origin = heard.origin
    if not (origin.signed and origin.reply) or origin.mail is None or origin.issuer is None or origin.customer is None:
        return None
    authserv_id = desk.rules.authserv_id
    if not _is_recent(heard) or heard.author != heard.sender or (authserv_id and heard.vouched != "pass"):
        return None
    found = Standing(
        issuer=origin.issuer,
        customer=origin.customer,
        mail=about(tx, origin.mail),
        address=origin.address,
        own=own_address(tx, heard),
        person=_person(tx, heard, origin.customer),
    )
    return found if _is_known(found, heard) else None


def was_obeyed(tx: Transaction, heard: Heard) -> bool:
    """Tell whether a mail of this author and Message-ID, to the same address of ours, had its command carried out."""
    mail = heard.origin.mail
    if mail is None or not heard.message_id:
        return False
    return inbox.was_obeyed(tx, sender=heard.sender, message_id=heard.message_id, outbox_id=mail.id)


def is_proved(desk: Desk, heard: Heard) -> bool:
    """Tell whether a mail is likely its author's: the server vouches for it; where none is named, it has a reply tag.

    What is forged in somebody's name is counted apart, so that it uses up nothing of his.
    """
    return heard.vouched == "pass" if desk.rules.authserv_id else heard.origin.signed and heard.origin.reply


def is_forged(desk: Desk, heard: Heard) -> bool:
    """Tell whether the server found that a mail is not its author's."""
    return bool(desk.rules.authserv_id) and heard.vouched == "fail"


def is_stranger(tx: Transaction, heard: Heard) -> bool:
    """Tell whether a sender is on file nowhere with the customer that the mail is about."""
    customer = heard.origin.customer
    return customer is None or (own_address(tx, heard) is None and _person(tx, heard, customer) is None)


def _is_recent(heard: Heard) -> bool:
    """Tell whether a mail came soon after it was dated, by the last Date, which a signature covers."""
    try:
        written = parsedate_to_datetime("".join(heard.message.all("date")[-1:]))
    except (ValueError, OverflowError):
        return True
    return heard.inbound.received_at - written.replace(tzinfo=written.tzinfo or UTC) <= OLDEST


def about(tx: Transaction, mail: Mail) -> Mail:
    """Return the mail that a conversation is about: of an answer of ours, the one that was answered."""
    if mail.kind != Kind.ANSWER:
        return mail
    return outbox.get(tx, json.loads(mail.payload)["about"]) or mail


def own_address(tx: Transaction, heard: Heard) -> Address | None:
    """Return the sender's address at the customer that a mail is about, where it is on file."""
    customer, key = heard.origin.customer, mail_address.key(heard.sender)
    found = [] if customer is None else addresses.of_customer(tx, customer.id)
    return next((each for each in found if each.email_key == key and each.status is not Status.REMOVED), None)


def _person(tx: Transaction, heard: Heard, customer: Customer) -> Person | None:
    person = accounts.by_email_key(tx, mail_address.key(heard.sender))
    joined = [] if person is None else accounts.customers_of(tx, person.account_id)
    return person if any(each.id == customer.id for each in joined) else None


def _is_known(found: Standing, heard: Heard) -> bool:
    if found.person is not None:
        return True
    if found.own is None:
        return found.address is None and mail_address.key(found.mail.email) == mail_address.key(heard.sender)
    return found.own.status in RECEIVES or (found.address is not None and found.own.id == found.address.id)
