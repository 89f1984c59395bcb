"""Which mail of ours a mail that came in is about: a signed tag, an ENVID, a Message-ID, then what the report says.

Owns the order, and which of these is proof. A tag is signed, but a reply address is seen by everybody in a thread, and
a return path by whoever had the mail: a server's report comes to the latter, from the null sender. ENVID and Message-ID
are random, known to whoever had the mail; an address in a report's text is anybody's word.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mailbot.domain.bounces import Proof
from mailbot.errors import BadLink
from mailbot.flows.hearing.heard import Origin
from mailbot.links import TagPurpose, tag_of
from mailbot.mail import address as mail_address
from mailbot.mail import notice
from mailbot.store import addresses, customers, outbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.links import Tag
    from mailbot.mail.parse import Message
    from mailbot.mail.verdict import Verdict
    from mailbot.store.database import Reading, Transaction
    from mailbot.store.inbox import Inbound
    from mailbot.store.outbox import Mail

ADDRESSED = ("delivered-to", "x-original-to", "x-envelope-to", "to", "cc")
"""Fields in which a tagged address may stand, those of servers first."""

NOBODY = frozenset({"", "mailer-daemon", "null"})
"""How servers write the null sender into Return-Path."""

LOOKED_AT = 20
"""Addresses of one mail that are looked at."""


def attribute(
    desk: Desk, reading: Reading | Transaction, *, inbound: Inbound, message: Message, verdict: Verdict
) -> Origin:
    """Return what of ours a mail is about; an empty `Origin` where nothing says so."""
    enveloped = _tag(desk, inbound.recipients[:LOOKED_AT])
    tag = enveloped or _tag(desk, _addressed(message))
    if tag is not None and (mail := outbox.get(reading, tag.row_id)) is not None:
        reply = tag.purpose is TagPurpose.REPLY
        known = enveloped is not None or not inbound.recipients
        proof = _of_tag(reply=reply, null=_is_from_nobody(inbound, message), known=known)
        return replace(_about(desk, reading, mail, by="tag"), signed=True, reply=reply, proof=proof)
    for by, message_id in (("envid", verdict.envid), ("message-id", verdict.message_id)):
        mail = outbox.by_message_id(reading, message_id.strip("<> ")) if message_id else None
        if mail is not None:
            untagged = not desk.rules.inbound_separator and (by == "envid" or brings_back(message, mail))
            proof = _of_name(null=_is_from_nobody(inbound, message)) if untagged else Proof.NONE
            return replace(_about(desk, reading, mail, by=by), proof=proof)
    return _by_address(desk, reading, inbound=inbound, message=message, verdict=verdict)


def brings_back(message: Message, mail: Mail) -> bool:
    """Tell whether a mail of ours comes back in this one; In-Reply-To may name one that its writer never saw."""
    returned = notice.read(message).returned
    return any(each.name == "message-id" and each.value.strip("<> ") == mail.message_id for each in returned)


def had_mail(desk: Desk, origin: Origin) -> bool:
    """Tell whether a tag of ours vouches for a mail, or, where mails carry none, the random name of one of ours."""
    return origin.signed or (not desk.rules.inbound_separator and origin.by in {"envid", "message-id"})


def _of_tag(*, reply: bool, null: bool, known: bool) -> Proof:
    """Say what a report to a tagged address is worth; `known`: the envelope has the tag, or nobody knows the envelope.

    Some old servers report to Reply-To, or in a sender's name. A person can do either.
    """
    if reply:
        return Proof.HAD if null else Proof.NONE
    return Proof.SERVER if null and known else Proof.HAD


def _of_name(*, null: bool) -> Proof:
    return Proof.SERVER if null else Proof.HAD


def _is_from_nobody(inbound: Inbound, message: Message) -> bool:
    """Tell whether a mail has the null sender: by its envelope, else by its topmost Return-Path.

    That one is the last server's word (RFC 5321 §4.4). Where there is neither, nothing speaks against it.
    """
    if inbound.sender is not None:
        return not inbound.sender
    return message.first("return-path").strip("<> ").lower() in NOBODY


def _tag(desk: Desk, recipients: Iterable[str]) -> Tag | None:
    base, separator = desk.rules.inbound_address, desk.rules.inbound_separator
    if not base or not separator:
        return None
    for address in recipients:
        try:
            return desk.links.read_tag(tag_of(address, base, separator=separator) or "")
        except BadLink:
            continue
    return None


def _addressed(message: Message) -> Iterator[str]:
    for name in ADDRESSED:
        for value in message.all(name)[:LOOKED_AT]:
            yield from notice.addresses(value)[:LOOKED_AT]


def _about(desk: Desk, reading: Reading | Transaction, mail: Mail, *, by: str) -> Origin:
    return Origin(
        by=by,
        mail=mail,
        issuer=desk.issuers.get(mail.issuer),
        customer=None if mail.customer_id is None else customers.get(reading, mail.customer_id),
        address=None if mail.address_id is None else addresses.get(reading, mail.address_id),
    )


def written_to(desk: Desk, *, inbound: Inbound, message: Message) -> list[Issuer]:
    """Return the issuers whose own address a mail was written to."""
    named = [*inbound.recipients, *notice.addresses(", ".join(message.all("to")))]
    keys = {mail_address.key(each) for each in named}
    return [each for each in desk.issuers.values() if mail_address.key(each.sender) in keys]


def _by_address(
    desk: Desk, reading: Reading | Transaction, *, inbound: Inbound, message: Message, verdict: Verdict
) -> Origin:
    """Look for an address of ours: those a report names, or the sender's; only one issuer's will do.

    Words that were written to one issuer are not another's to read.
    """
    issuers = tuple(desk.issuers)
    if verdict.outcomes:
        named, by = [each.recipient for each in verdict.outcomes], "report"
    else:
        named, by = [notice.sender(message)], "sender"
        issuers = tuple(each.code for each in written_to(desk, inbound=inbound, message=message)) or issuers
    for email in named[:LOOKED_AT]:
        found = addresses.at_any_issuer(reading, mail_address.key(email), issuers=issuers)
        if len({each.issuer for each in found}) == 1:
            address = found[0]
            return Origin(
                by=by,
                issuer=desk.issuers[address.issuer],
                customer=customers.get(reading, address.customer_id),
                address=address,
            )
    return Origin()
