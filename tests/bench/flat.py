"""Drain a part of a queue of 1,000,000 notices: memory must not grow with what waits."""

from __future__ import annotations

import asyncio
import resource
from functools import partial
from typing import TYPE_CHECKING

import uvloop
from drain import CONNECTIONS
from installation import installation, queue_notices
from relays import sink

from mailbot import __version__, stationery
from mailbot.edges.smtp_out.courier import Courier
from mailbot.edges.smtp_out.relay import Relay
from mailbot.edges.typesetter import Typesetter
from mailbot.flows.deliver import Deliver
from mailbot.flows.lay_out import LayOut, edition_of
from mailbot.store import installation as rows

if TYPE_CHECKING:
    from mailbot.flows.desk import Desk
    from mailbot.store.database import Transaction

QUEUED = 1_000_000
REAL = 1_000
"""Notices made by the flows; the others are copies of their rows."""

DRAINED = 5_000
COLUMNS = (
    "issuer, kind, customer_id, address_id, email, domain, locale, payload, urgent, state, next_attempt_at,"
    " deadline_at, created_at"
)


def measure() -> dict[str, object]:
    """Fill, drain a part, and say how much memory that took at most."""
    with sink() as port:
        before, after = uvloop.run(_drained(port))
    return {
        "bench": "flat",
        "unit": "MiB",
        "ours": after,
        "reference": before,
        "ratio": round(after / before, 2),
        "to_reach_mib": 80,
        "better": "less",
        "queued": QUEUED,
    }


async def _drained(port: int) -> tuple[int, int]:
    with installation() as desk:
        await queue_notices(desk, REAL)
        for copy in range(1, QUEUED // REAL):
            await desk.database.write(partial(_copy, copy=copy))
        before = _peak_mib()
        start = await desk.database.write(lambda tx: rows.begin(tx, pid=0, version=__version__))
        lay_out = LayOut(edition_of(desk.issuers, desk.rules, stationery.load("mail")), desk.links)
        typesetter = Typesetter(lay_out.edition, keys=desk.links.keyring.folder, facts=desk.facts)
        deliver = Deliver(desk, start_id=start, lay_out=lay_out, connections=CONNECTIONS, ahead=typesetter.order)
        await _drain(desk, deliver, Courier(Relay("127.0.0.1", port, connections=CONNECTIONS), deliver, desk.facts))
        await typesetter.stop()
        return before, _peak_mib()


def _copy(tx: Transaction, copy: int) -> None:
    tx.execute(
        f"INSERT INTO outbox ({COLUMNS}, unique_key, message_id)"
        f" SELECT {COLUMNS}, unique_key || ':{copy}', '{copy}.' || message_id FROM outbox WHERE id <= {REAL}"
    )


async def _drain(desk: Desk, deliver: Deliver, courier: Courier) -> None:
    tasks = [asyncio.create_task(courier.run()), asyncio.create_task(deliver.flush_forever())]
    while desk.database.read(lambda r: r.value("SELECT count(*) FROM outbox WHERE state = 'accepted'")) < DRAINED:
        if not await deliver.step():
            await asyncio.sleep(0.05)
    await courier.stop(5)
    await tasks[0]
    tasks[1].cancel()
    await deliver.hand_back()


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
