"""A relay that refuses a recipient for good, in words that say that nobody is there: the address is given up at once.

Owns what is believed of a refusal on the wire. It is judged as a report that came back is, by `domain.bounces`; what
the relay says of the mail, of us or of its own rules says nothing of the mailbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.domain.address import Status
from mailbot.domain.bounces import Proof, Report, Step, judge
from mailbot.domain.outbox import Kind
from mailbot.flows.give_up import Why, give_up
from mailbot.mail.failure import Failure, completed
from mailbot.store import addresses, bounces

if TYPE_CHECKING:
    from mailbot.errors import Rejected
    from mailbot.flows.desk import Desk
    from mailbot.store.addresses import Address
    from mailbot.store.database import Transaction
    from mailbot.store.outbox import Mail


def recipient_is_gone(desk: Desk, tx: Transaction, mail: Mail, refusal: Rejected) -> bool:
    """Give the recipient's address up, of which staff hears, where that is what the refusal means; False otherwise."""
    issuer = desk.issuers.get(mail.issuer)
    address = None if mail.address_id is None else addresses.get(tx, mail.address_id)
    if issuer is None or address is None or not refusal.recipient:
        return False
    from mailbot.mail.reason import hard, reason  # noqa: PLC0415  its tables cost what no start waits for

    spoken = _spoken(mail, refusal)
    word = reason(spoken)
    report = _report(desk, tx, mail, address, action=spoken.action, reason=word, hard=hard(word, spoken))
    if judge(report) is not Step.GIVE_UP:
        return False
    why = Why(reason=word, said=refusal.response, mail=mail)
    given_up = give_up(desk, tx, issuer=issuer, email_key=address.email_key, why=why)
    # Staff heard of one that is given up already, perhaps by the mail before this one.
    return given_up or address.status is Status.UNDELIVERABLE


def _spoken(mail: Mail, refusal: Rejected) -> Failure:
    code = str(refusal.code or "")
    return completed(
        Failure(recipient=mail.email, status=refusal.enhanced, code=code, command="rcpt", text=refusal.response)
    )


def _report(
    desk: Desk, tx: Transaction, mail: Mail, address: Address, *, action: str, reason: str, hard: bool
) -> Report:
    probed = mail.kind == Kind.PROBE and bounces.is_probed(tx, issuer=address.issuer, email_key=address.email_key)
    return Report(
        action=action,
        reason=reason,
        hard=hard,
        # In a rehearsal every mail goes to one mailbox: what its server says is about nobody on file.
        proof=Proof.NONE if desk.rules.redirect_to else Proof.SERVER,
        probe=probed,
    )
