"""What is taken up, in which order, how much of it may be in doubt, and that nothing of it is lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from flow_courier import EMAIL, answers, defer, lose, noticed
from flow_office import accept

from mailbot.errors import Deferred
from mailbot.flows.deliver import IN_DOUBT
from mailbot.flows.post import Accepted
from mailbot.flows.slow_domains import SlowDomains

if TYPE_CHECKING:
    from flow_office import Office

    from mailbot.mail.envelope import Envelope


async def test_mails_that_a_person_waits_for_go_first(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", *(f"A-{number}" for number in range(5)), sent=False)
    office.clock.advance(seconds=10)
    await office.confirm.add(await office.prove(EMAIL), "second@sakura.example")
    assert [each.kind for each in await office.post()] == ["confirm"] + ["notice"] * 5


async def test_two_hundred_are_taken_up_at_once(office: Office) -> None:
    await noticed(office, *(f"A-{number}" for number in range(450)))
    assert await office.deliver.step()
    assert office.rows("SELECT state, count(*) FROM outbox WHERE kind = 'notice' GROUP BY state") == [
        ("queued", 250),
        ("sending", 200),
    ]
    assert not await office.deliver.step(), "there is enough in hand"
    assert len(await office.post()) == 450
    assert office.value("SELECT count(*) FROM claims") == 3


async def test_no_more_than_fifty_besides_the_connections_are_in_doubt(office: Office) -> None:
    await noticed(office, *(f"A-{number}" for number in range(70)))
    deliver = office.start(connections=2)
    await deliver.step()
    for _ in range(2 + IN_DOUBT):
        envelope = deliver.next_now()
        assert envelope is not None
        await deliver.permit(envelope)
        deliver.settle(envelope, accept(envelope))
    one_more = deliver.next_now()
    assert one_more is not None
    waiting = asyncio.create_task(deliver.permit(one_more))
    await asyncio.sleep(0)
    assert not waiting.done()
    await deliver.flush()
    await asyncio.wait_for(waiting, 5)


async def test_what_never_went_on_the_wire_is_handed_back_as_it_was(office: Office) -> None:
    await noticed(office, "A-1", "A-2", "A-3")
    await office.post(answers(defer, lose))
    office.clock.advance(hours=1)
    await office.issued("C-1", "A-4", sent=False)
    columns = (
        "id, state, attempts, next_attempt_at, deadline_at, resends, message_id, code, response, bytes_sha256, reason,"
        " payload, finished_at"
    )
    before = office.rows(f"SELECT {columns} FROM outbox ORDER BY id")
    ledger = office.value("SELECT count(*) FROM ledger")
    await office.deliver.step()
    assert len([mail for mail in office.mails() if mail.state == "sending"]) == 3
    envelope = office.deliver.next_now()
    assert envelope is not None
    await office.deliver.permit(envelope)
    office.deliver.put_back(envelope)
    await office.deliver.hand_back()
    assert office.deliver.idle
    assert office.rows(f"SELECT {columns} FROM outbox ORDER BY id") == before
    assert office.value("SELECT count(*) FROM ledger") == ledger
    assert len(await office.post()) == 3


async def test_what_waited_long_in_hand_is_signed_anew(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.confirm.add(await office.prove(EMAIL), "second@sakura.example")
    await office.deliver.step()
    envelope = office.deliver.next_now()
    assert envelope is not None
    office.deliver.put_back(envelope)  # the relay is down
    office.clock.advance(hours=2)
    (envelope,) = await office.post()
    assert office.mailed(envelope).signed_at == office.clock.now()
    assert office.mail("confirm").attempts == 1


async def test_when_the_courier_breaks_off_all_on_the_wire_is_unknown(office: Office) -> None:
    await noticed(office, "A-1", "A-2", "A-3")
    await office.deliver.step()
    known, open_ = office.deliver.next_now(), office.deliver.next_now()
    assert known is not None
    assert open_ is not None
    office.deliver.settle(known, accept(known))
    office.deliver.lose("the courier broke off")
    await office.deliver.flush()
    assert sorted(mail.state for mail in office.mails("notice")) == ["accepted", "sending", "unknown"]
    assert len(await office.post()) == 1, "what was still in hand goes out"


async def test_broken_off_while_an_outcome_is_written_it_stays_what_it_was(office: Office) -> None:
    await noticed(office)
    await office.deliver.step()
    envelope = office.deliver.next_now()
    assert envelope is not None
    office.deliver.settle(envelope, accept(envelope))
    writing = asyncio.create_task(office.deliver.flush())
    await asyncio.sleep(0)
    office.deliver.lose("the courier broke off")
    await writing
    await office.deliver.hand_back()
    assert office.mail("notice").state == "accepted"
    assert (office.ledger("mail.accepted"), office.ledger("mail.unknown")) == (1, 0)


async def test_a_cancelled_flush_writes_every_outcome_once(office: Office) -> None:
    await noticed(office)
    await office.deliver.step()
    envelope = office.deliver.next_now()
    assert envelope is not None
    office.deliver.settle(envelope, accept(envelope))
    writing = asyncio.create_task(office.deliver.flush_forever())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await office.deliver.hand_back()
    assert office.ledger("mail.accepted") == 1
    assert office.deliver.idle


async def test_a_claim_that_is_cancelled_is_handed_back(office: Office) -> None:
    await noticed(office)
    claiming = asyncio.create_task(office.deliver.step())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    claiming.cancel()
    await asyncio.gather(claiming, return_exceptions=True)
    await office.deliver.hand_back()
    assert (office.mail("notice").state, office.mail("notice").attempts) == ("queued", 0)


async def test_next_waits_for_a_claim(office: Office) -> None:
    await noticed(office)
    waiting = asyncio.create_task(office.deliver.next())
    await asyncio.wait_for(office.deliver.hungry.wait(), 5)
    await office.deliver.step()
    envelope = await asyncio.wait_for(waiting, 5)
    assert envelope.recipient == EMAIL


async def test_a_domain_has_no_more_on_the_wire_than_it_may(office: Office) -> None:
    office.rule(per_domain=1)
    await office.customer("C-1", EMAIL)
    await office.customer("C-2", "kanri@midori.example")
    await office.issued("C-1", "A-1", "A-2", sent=False)
    await office.issued("C-2", "B-1", sent=False)
    await office.deliver.step()
    first, second = office.deliver.next_now(), office.deliver.next_now()
    assert first is not None
    assert second is not None
    assert {first.recipient, second.recipient} == {EMAIL, "kanri@midori.example"}
    assert office.deliver.next_now() is None
    waiting = asyncio.create_task(office.deliver.next())
    await asyncio.sleep(0)
    sakura = first if first.recipient == EMAIL else second
    office.deliver.settle(sakura, accept(sakura))
    assert (await asyncio.wait_for(waiting, 5)).recipient == EMAIL


async def test_421_slows_one_domain_and_no_other(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.customer("C-2", "kanri@midori.example")
    await office.issued("C-1", "A-1", "A-2", "A-3", sent=False)
    await office.issued("C-2", "B-1", "B-2", sent=False)

    def busy(envelope: Envelope) -> Accepted | Deferred:
        if envelope.recipient == EMAIL:
            return Deferred("421 4.7.0 too much", code=421)
        return Accepted("250 ok")

    sent = await office.post(busy)
    assert [each.recipient for each in sent].count(EMAIL) == 1, "the others in hand wait, too"
    assert [each.recipient for each in sent].count("kanri@midori.example") == 2
    assert office.deliver.next_end_of_slowness() == office.clock.now() + timedelta(seconds=30)
    assert [fields["domain"] for fields in office.facts.of("domain.slowed")] == ["sakura.example"]
    office.clock.advance(seconds=29)
    assert await office.post() == []
    office.clock.advance(seconds=61)
    assert len(await office.post()) == 3


def test_a_domain_that_says_so_again_is_left_alone_for_longer(office: Office) -> None:
    slow, seconds = SlowDomains(), []
    for _ in range(7):
        seconds.append(slow.slow("sakura.example", office.clock.now()))
        assert slow.slow("sakura.example", office.clock.now()) == 0, "said on another connection at the same time"
        office.clock.advance(seconds=seconds[-1])
    assert seconds == [30, 60, 120, 240, 480, 600, 600]
    office.clock.advance(hours=2)
    assert slow.slow("sakura.example", office.clock.now()) == 30
