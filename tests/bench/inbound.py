"""Take in, read, judge and act upon replies and reports, beside a parse by the standard library and flufl.bounce.

The same mails: half are people's replies, half are reports of three shapes (RFC 3464 as Postfix writes it, Exim's and
qmail's own), each about a mail of ours by its tag. The reference only reads: it stores nothing and does nothing.
"""

from __future__ import annotations

import asyncio
import time
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from flufl.bounce import scan_message
from installation import add_customers, installation

from mailbot.domain.policy import Rules
from mailbot.flows.hear import Arrival, Hear
from mailbot.links import TagPurpose, tagged
from mailbot.store import outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailbot.flows.desk import Desk
    from mailbot.store.database import Transaction

MAILS = 4_000
BASE = "reply@example.test"
WARMING = 60
"""Mails before the clock runs, so that what a daemon loads once (holidays, say) is not counted."""

AT_ONCE = 50
"""Mails that doors hand over at the same time: as many connections of the MTA in front."""


def measure() -> dict[str, object]:
    """Measure both over the same bytes."""
    rules = Rules(base_url="https://invoices.example.test", inbound_address=BASE, hears=True)
    with installation(rules=rules) as desk:
        add_customers(desk, MAILS)
        arrivals = [_arrival(desk, number) for number in _send(desk)]
        ours = (MAILS - WARMING) / asyncio.run(_hear(desk, arrivals))
    raws = [arrival.raw for arrival in arrivals]
    _read(raws[:WARMING])
    reference = (MAILS - WARMING) / _read(raws[WARMING:])
    return {
        "bench": "inbound",
        "unit": "mails/s",
        "ours": round(ours),
        "reference": round(reference),
        "ratio": round(ours / reference, 2),
        "to_reach": 3,
    }


def _send(desk: Desk) -> list[int]:
    """Put a sent notice for each customer on file, and return their ids."""

    def write(tx: Transaction) -> list[int]:
        new = [
            outbox.NewMail(
                issuer="BENCH",
                kind="notice",
                subject=f"delivery:{n}",
                email=_recipient(n),
                locale="ja",
                payload={"customer": {"code": f"C{n:06}", "name": "株式会社お客様"}, "version": 1, "invoices": []},
                message_domain="example.test",
                urgent=False,
                first_attempt=tx.now,
                deadline=tx.now,
                customer_id=n,
                address_id=n,
            )
            for n in range(1, MAILS + 1)
        ]
        outbox.queue_many(tx, new)
        tx.execute("UPDATE outbox SET state = 'accepted', attempts = 1")
        return [row["id"] for row in tx.all("SELECT id FROM outbox ORDER BY id")]

    return desk.database.write_now(write)


def _recipient(number: int) -> str:
    return f"keiri{number:06}@example.test"


def _arrival(desk: Desk, number: int) -> Arrival:
    if number % 2:
        to = tagged(BASE, desk.links.tag(TagPurpose.REPLY, number), separator="+")
        raw, sender = _reply(number, to), _recipient(number)
    else:
        to = tagged(BASE, desk.links.tag(TagPurpose.RETURN_PATH, number), separator="+")
        raw, sender = _REPORTS[number // 2 % len(_REPORTS)](number, to), ""
    return Arrival(raw=raw.replace(b"\n", b"\r\n"), door="lmtp", sender=sender, recipients=(to,))


_RECEIVED = "".join(
    f"Received: from mx{n}.example.test (mx{n}.example.test [192.0.2.{n}])\n"
    f"\tby mail.example.test (Postfix) with ESMTPS id 4F{n}ABCDEF;\n\tFri, 20 Nov 2026 11:28:0{n} +0900 (JST)\n"
    for n in range(1, 5)
)
_QUOTED = (
    "> 平素は格別のお引き立てを賜り、厚く御礼申し上げます。\n> 請求書を発行いたしましたので、ご案内いたします。\n" * 12
)


def _reply(number: int, to: str) -> bytes:
    head = (
        f"{_RECEIVED}From: =?utf-8?B?57WM55CG?= <{_recipient(number)}>\nTo: {to}\n"
        "Date: Fri, 20 Nov 2026 12:00:00 +0900\n"
        f"Message-ID: <reply-{number}@example.test>\nSubject: =?iso-2022-jp?B?UmU6IBskQkBBNWE9cRsoQg==?=\n"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-2022-jp\nContent-Transfer-Encoding: 7bit\n\n"
    )
    words = "受領しました。\n" if number % 4 == 1 else "お世話になっております。振込日は来月でもよろしいでしょうか。\n"
    text = f"{words}\n2026年11月20日(金) 11:28 株式会社あおば商事 <invoice@example.test>:\n{_QUOTED}"
    return head.encode() + text.encode("iso-2022-jp", "replace")


def _report(number: int, to: str) -> bytes:
    return f"""Return-Path: <>
{_RECEIVED}Date: Fri, 20 Nov 2026 11:30:00 +0900 (JST)
From: MAILER-DAEMON@mx.example.test (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="4F1.17/mx.example.test"
Message-Id: <report-{number}@mx.example.test>

--4F1.17/mx.example.test
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.test.

<{_recipient(number)}>: host mail.example.test[192.0.2.9] said: 450 4.2.2
    <{_recipient(number)}>: Mailbox full (in reply to RCPT TO command)

--4F1.17/mx.example.test
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.test
Arrival-Date: Fri, 20 Nov 2026 11:28:00 +0900 (JST)

Final-Recipient: rfc822; {_recipient(number)}
Action: failed
Status: 4.2.2
Remote-MTA: dns; mail.example.test
Diagnostic-Code: smtp; 450 4.2.2 <{_recipient(number)}>: Mailbox full

--4F1.17/mx.example.test
Content-Description: Undelivered Message
Content-Type: message/rfc822

{_returned(number)}
--4F1.17/mx.example.test--
""".encode()


def _exim(number: int, to: str) -> bytes:
    return f"""Return-path: <>
{_RECEIVED}X-Failed-Recipients: {_recipient(number)}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.example.test>
To: {to}
Subject: Mail delivery failed: returning message to sender
Message-Id: <exim-{number}@mx.example.test>
Date: Fri, 20 Nov 2026 11:30:00 +0900

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {_recipient(number)}
    SMTP error from remote mail server after RCPT TO:<{_recipient(number)}>:
    host mail.example.test [192.0.2.9]: 550 5.1.1 User unknown

------ This is a copy of the message, including all the headers. ------

{_returned(number)}
""".encode()


def _qmail(number: int, to: str) -> bytes:
    return f"""Return-Path: <>
{_RECEIVED}Date: 20 Nov 2026 02:30:00 -0000
Message-Id: <qmail-{number}@mx.example.test>
From: MAILER-DAEMON@mx.example.test
To: {to}
Subject: failure notice

Hi. This is the qmail-send program at mx.example.test.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{_recipient(number)}>:
192.0.2.9 does not like recipient.
Remote host said: 550 5.1.1 User unknown
Giving up on 192.0.2.9.

--- Below this line is a copy of the message.

{_returned(number)}
""".encode()


_REPORTS = (_report, _exim, _qmail)


def _returned(number: int) -> str:
    return (
        f"{_RECEIVED}From: billing <invoice@example.test>\nTo: {_recipient(number)}\nSubject: invoice\n"
        f"Message-ID: <notice-{number}@example.test>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
        + "Your invoice is ready.\n"
        * 60
    )


async def _hear(desk: Desk, arrivals: Sequence[Arrival]) -> float:
    """Let doors and the worker behind them run side by side, as the daemon does; return the seconds it took."""
    hear = Hear(desk)
    await _work(hear, arrivals[:WARMING])
    began = time.perf_counter()
    await _work(hear, arrivals[WARMING:])
    took = time.perf_counter() - began
    sql = "SELECT count(*) FROM inbox WHERE state = 'done' AND attributed_by = 'tag'"
    assert desk.database.read(lambda reading: reading.value(sql)) == len(arrivals)
    return took


async def _work(hear: Hear, arrivals: Sequence[Arrival]) -> None:
    doors = asyncio.create_task(_take(hear, arrivals))
    doors.add_done_callback(lambda _: hear.hungry.set())
    while not doors.done():
        await hear.hungry.wait()
        hear.hungry.clear()
        while await hear.step():
            pass


async def _take(hear: Hear, arrivals: Sequence[Arrival]) -> None:
    for first in range(0, len(arrivals), AT_ONCE):
        await asyncio.gather(*map(hear.take, arrivals[first : first + AT_ONCE]))


def _read(raws: Sequence[bytes]) -> float:
    began = time.perf_counter()
    for raw in raws:
        scan_message(message_from_bytes(raw, policy=policy.default))
    return time.perf_counter() - began
