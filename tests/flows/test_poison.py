"""A mail that ends whoever reads it: two daemons begin with it, a third leaves it alone and goes on."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from flow_inbound import heard, judge, letter, listens, reply_to, take
from test_hear import noticed

from mailbot.flows.hear import Hear
from mailbot.store.inbox import State

if TYPE_CHECKING:
    from flow_office import Office


async def taken(office: Office, count: int) -> list[int]:
    raws = [letter("質問です。", sender=f"a{each}@else.example", to="reply@minato.example") for each in range(count)]
    return [inbox_id for raw in raws if (inbox_id := await take(office, raw, sender=None)) is not None]


async def killed(office: Office) -> None:
    """Have a daemon begin with what waits, and end before it is through."""
    before = begun(office)
    step = asyncio.create_task(Hear(office.desk).step())
    until = time.monotonic() + 10
    while begun(office) == before and time.monotonic() < until:  # noqa: ASYNC110 - a row has no event
        await asyncio.sleep(0)
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)
    assert step.cancelled()


def begun(office: Office) -> int:
    return int(office.value("SELECT sum(attempts) FROM inbox"))


async def test_a_mail_with_which_two_daemons_ended_is_set_aside_and_the_others_are_judged(office: Office) -> None:
    listens(office)
    ids = await taken(office, 3)
    await killed(office)
    assert office.rows("SELECT attempts FROM inbox ORDER BY id") == [(1,), (1,), (1,)]
    await killed(office)
    assert office.rows("SELECT attempts FROM inbox ORDER BY id") == [(2,), (1,), (1,)], "one by one from now on"
    await judge(office)
    assert [heard(office, each).state for each in ids] == [State.SET_ASIDE, State.DONE, State.DONE]
    assert "two daemons" in (heard(office, ids[0]).error or "")
    assert [each["inbox"] for each in office.facts.of("inbox.set_aside")] == [ids[0]]


async def test_after_a_mend_it_is_judged_again(office: Office) -> None:
    listens(office)
    (poison,) = await taken(office, 1)
    await killed(office)
    await killed(office)
    await judge(office)
    await Hear(office.desk).replay([poison])
    await judge(office)
    assert heard(office, poison).state is State.DONE


async def test_one_daemon_may_try_as_often_as_it_must(office: Office) -> None:
    listens(office)
    (inbox_id,) = await taken(office, 1)
    flow = Hear(office.desk)
    office.execute("CREATE TRIGGER full BEFORE UPDATE OF class ON inbox BEGIN SELECT RAISE(FAIL, 'no'); END")
    for _ in range(3):
        await flow.step()
    assert heard(office, inbox_id).attempts <= 1


async def test_a_long_from_keeps_nobody_waiting(office: Office) -> None:
    (notice,) = await noticed(office)
    name = b'\\"' * 50_000
    raw = b"From: " + name + b" <a@b.example>\r\nTo: " + reply_to(notice).encode() + b"\r\nMessage-ID: <q@x>\r\n\r\nask"
    inbox_id = await take(office, raw, sender="a@b.example")
    assert inbox_id is not None
    began = time.process_time()
    await judge(office)
    assert time.process_time() - began < 2
    assert heard(office, inbox_id).state is State.DONE
