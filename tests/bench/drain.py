"""Drain a durable outbox of 10,000 notices into `smtp-sink`, beside `smtp-source` with mails of the same size."""

from __future__ import annotations

import asyncio
import resource
import time
from typing import TYPE_CHECKING

import uvloop
from installation import ISSUER, installation, queue_notices
from relays import sink, source_rate

from mailbot import __version__, stationery
from mailbot.edges.smtp_out.courier import Courier
from mailbot.edges.smtp_out.relay import Relay
from mailbot.edges.typesetter import Typesetter
from mailbot.flows.deliver import Deliver
from mailbot.flows.lay_out import LayOut, edition_of
from mailbot.store import installation as rows
from mailbot.store import outbox

if TYPE_CHECKING:
    from mailbot.flows.desk import Desk

MAILS = 10_000
CONNECTIONS = 10


def measure() -> dict[str, object]:
    """Measure at full speed."""
    with sink() as port:
        ours, size = uvloop.run(drained(port, MAILS))
        reference = source_rate(port, size=size, mails=MAILS)
    return {
        "bench": "drain",
        "unit": "mails/s",
        "ours": round(ours),
        "reference": round(reference),
        "ratio": round(ours / reference, 3),
        "to_reach": 0.40,
        "bytes_a_mail": size,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


async def drained(port: int, mails: int) -> tuple[float, int]:
    """Return mails a second and the size of one."""
    with installation() as desk:
        await queue_notices(desk, mails)
        start = await desk.database.write(lambda tx: rows.begin(tx, pid=0, version=__version__))
        lay_out = LayOut(edition_of(desk.issuers, desk.rules, stationery.load("mail")), desk.links)
        size = await _size(desk, lay_out)
        typesetter = Typesetter(lay_out.edition, keys=desk.links.keyring.folder, facts=desk.facts)
        deliver = Deliver(desk, start_id=start, lay_out=lay_out, connections=CONNECTIONS, ahead=typesetter.order)
        courier = Courier(Relay("127.0.0.1", port, connections=CONNECTIONS), deliver, desk.facts)
        began = time.perf_counter()
        await _drain(desk, deliver, courier)
        took = time.perf_counter() - began
        await typesetter.stop()
        accepted = desk.database.read(lambda r: r.value("SELECT count(*) FROM outbox WHERE state = 'accepted'"))
        assert accepted == mails, accepted
        return mails / took, size


async def _drain(desk: Desk, deliver: Deliver, courier: Courier) -> None:
    tasks = [asyncio.create_task(courier.run()), asyncio.create_task(deliver.flush_forever())]
    while True:
        deliver.hungry.clear()
        if await deliver.step():
            continue
        if deliver.idle and not desk.database.read(outbox.next_due):
            break
        await asyncio.wait({asyncio.create_task(deliver.hungry.wait())}, timeout=0.05)
    await courier.stop(5)
    await tasks[0]
    tasks[1].cancel()


async def _size(desk: Desk, lay_out: LayOut) -> int:
    def look(reading: object) -> outbox.Mail | None:
        return outbox.get(reading, 1)  # type: ignore[arg-type]

    mail = desk.database.read(look)
    assert mail is not None
    claim = outbox.Claim(id=0, claimed_at=desk.clock.now(), key="a", edition="", heads={ISSUER.code: (1, "0" * 64)})
    return len(lay_out.envelope(mail, claim).content)
