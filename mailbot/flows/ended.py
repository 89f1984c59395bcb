"""What the end of a mail sets going: the reminders of what was accepted, and word to staff of what was lost.

Owns both, whatever ended the mail: an attempt, a report that came in, or a link that was pressed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain.address import Delivery
from mailbot.domain.calendar import calendar_of
from mailbot.domain.outbox import TO_STAFF, Kind, State
from mailbot.domain.reminders import next_look
from mailbot.flows import notify
from mailbot.flows.invited import note_mailed
from mailbot.flows.staff_words import undelivered
from mailbot.store import deliveries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailbot.flows.desk import Desk
    from mailbot.store.database import Transaction
    from mailbot.store.outbox import Mail


def note_accepted(desk: Desk, tx: Transaction, mails: Sequence[Mail]) -> None:
    """Write of the deliveries that notices carry that they were accepted, and when a sweep first looks at them.

    Who wants files alone has the invoice in hand with the mail, and is not reminded to download it. Invitations live
    from then on. Mails of other kinds, and of an issuer that the configuration has no more, carry none.
    """
    by_issuer: dict[str, tuple[list[int], list[int]]] = {}
    for mail in mails:
        if mail.kind == Kind.INVITATION:
            note_mailed(desk, tx, mail)
        if mail.kind == Kind.NOTICE and mail.issuer in desk.issuers:
            payload = json.loads(mail.payload)
            by_link, by_file = by_issuer.setdefault(mail.issuer, ([], []))
            for entry in payload["invoices"]:
                in_hand = payload.get("delivery") == Delivery.PDF and "file" in entry
                (by_file if in_hand else by_link).append(entry["delivery"])
    for code, (by_link, by_file) in by_issuer.items():
        issuer = desk.issuers[code]
        calendar = calendar_of(issuer)
        base = calendar.local_date(tx.now)
        at = next_look(now=tx.now, base=base, passed_steps=0, sent=0, policy=issuer.reminders, calendar=calendar)
        remind_at = None if at is None else stamp(at)
        for these, look in ((by_link, remind_at), (by_file, None)):
            if these:  # of an empty list SQLite makes a look at every delivery there is
                deliveries.accepted(tx, these, base_date=base.isoformat(), remind_at=look)


def tell_staff(desk: Desk, tx: Transaction, mail: Mail, state: State, response: str) -> None:
    """Tell the issuer's staff, once a mail, that it did not reach its recipient; staff mails themselves excepted.

    A mail of an issuer that the configuration has no more (its bytes may be an older edition's) has nobody to tell:
    what became of it is written all the same, since an outcome that cannot be written stops all others.
    """
    issuer = desk.issuers.get(mail.issuer)
    if mail.kind in TO_STAFF or issuer is None:
        return
    customer = json.loads(mail.payload)["customer"]
    content = undelivered(mail, state=state, response=response, customer=customer, locale=issuer.locale)
    notify.staff(desk, tx, issuer, subject=f"{state}:{mail.id}", content=content)
