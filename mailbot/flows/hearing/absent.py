"""What follows from an automatic reply: it is noted, and never answered.

One which says that somebody has left for good goes on to staff, once for each address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.facts import ADDRESS_ABSENT
from mailbot.flows import notify
from mailbot.flows.bounce_words import departed
from mailbot.flows.hearing.heard import Done
from mailbot.flows.hearing.origin import had_mail
from mailbot.flows.record import record
from mailbot.links import masked
from mailbot.mail import departure, notice

if TYPE_CHECKING:
    from mailbot.flows.desk import Desk
    from mailbot.flows.hearing.heard import Heard
    from mailbot.store.database import Transaction


def absent(desk: Desk, tx: Transaction, heard: Heard) -> Done:
    """Note that somebody is away, or has left."""
    origin = heard.origin
    if origin.address is None or origin.customer is None or origin.issuer is None:
        return Done(action="noted")
    words = notice.read(heard.message).text
    # Whoever had no mail of ours could make staff run after anybody.
    left = had_mail(desk, origin) and departure.left(f"{heard.message.first('subject')}\n{words}")
    record(
        tx,
        desk.facts,
        ADDRESS_ABSENT,
        issuer=origin.issuer.code,
        subject=f"address:{origin.address.id}",
        customer=origin.customer.code,
        to=origin.address.email,
        left=left,
    )
    if not left:
        return Done(action="noted")
    address = origin.address
    content = departed(
        origin.customer, email=address.email, sender=heard.sender, notice=masked(words), locale=origin.issuer.locale
    )
    notify.staff(desk, tx, origin.issuer, subject=f"left:{address.id}v{address.version}", content=content)
    return Done(action="told")
