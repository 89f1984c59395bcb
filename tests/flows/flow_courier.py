"""Answers of a relay, and what tests of delivering begin with."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flow_office import accept

from mailbot.errors import Deferred, Rejected, Unanswered
from mailbot.flows.lay_out import LayOut
from mailbot.mail.edition import Edition
from mailbot.store import installation, outbox

if TYPE_CHECKING:
    from flow_office import Answer, Office

    from mailbot.flows.post import Accepted
    from mailbot.mail.envelope import Envelope
    from mailbot.store.outbox import Mail

EMAIL = "keiri@sakura.example"


def defer(_: Envelope) -> Deferred:
    return Deferred("450 4.2.1 later", code=450)


def reject(_: Envelope) -> Rejected:
    return Rejected("550 5.1.1 no such person", code=550, enhanced="5.1.1", recipient=True)


def refuse_words(_: Envelope) -> Rejected:
    return Rejected("554 5.7.1 message content rejected due to policy", code=554, enhanced="5.7.1", recipient=True)


def lose(_: Envelope) -> Unanswered:
    return Unanswered("connection lost after the final dot")


def trouble(_: Envelope) -> Deferred:
    return Deferred("the relay cannot be reached", relay=True)


def answers(*first: Answer) -> Answer:
    """Answer with these in turn, and accept what follows."""
    left = list(first)

    def answer(envelope: Envelope) -> Accepted | Deferred | Rejected | Unanswered:
        return (left.pop(0) if left else accept)(envelope)

    return answer


async def noticed(office: Office, *numbers: str) -> None:
    """Have invoices issued to one address, nothing of it sent."""
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", *(numbers or ("A-1",)), sent=False)


def laid_out_again(office: Office, mail: Mail) -> str:
    """Lay a mail out from its row and its claim, as somebody would years later, and return its bytes' SHA-256."""
    assert mail.composed_by is not None
    claim_id = mail.composed_by
    claim = office.database.read(lambda reading: outbox.get_claim(reading, claim_id))
    edition = Edition.read(office.database.read(lambda reading: installation.edition(reading, claim.edition)))
    return hashlib.sha256(LayOut(edition, office.desk.links).envelope(mail, claim).content).hexdigest()
