"""A person's word on single mails."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from flow_office import message

from mailbot.errors import Refused, Rejected, Unanswered
from mailbot.flows.mailroom import Mailroom
from mailbot.flows.reread import Reread
from mailbot.flows.withdraw import Withdraw

if TYPE_CHECKING:
    from flow_office import Office

EMAIL = "keiri@sakura.example"


async def queued(office: Office, *numbers: str) -> list[int]:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", *numbers, sent=False)
    return [mail.id for mail in office.mails("notice")]


async def test_held_mails_wait_until_they_are_released(office: Office) -> None:
    first, _ = await queued(office, "A-1", "A-2")
    (held,) = await Mailroom(office.desk).hold([first])
    assert (held.state, held.reason) == ("held", "held by staff")
    assert len(await office.post()) == 1
    office.clock.advance(days=30)
    assert await office.post() == []
    (released,) = await Mailroom(office.desk).release([first])
    assert (released.state, released.reason) == ("queued", None)
    assert released.deadline == office.clock.now() + timedelta(days=3)
    (envelope,) = await office.post()
    assert message(envelope)["Message-ID"] == f"<{held.message_id}>"
    assert (office.ledger("mail.held"), office.ledger("mail.released")) == (1, 1)


async def test_a_mail_that_was_given_up_is_tried_again(office: Office) -> None:
    (mail,) = await queued(office, "A-1")
    await office.post(lambda _: Rejected("550 no", code=550))
    (again,) = await Mailroom(office.desk).retry([mail])
    assert (again.state, again.finished_at) == ("queued", None)
    sent = [envelope.kind for envelope in await office.post()]
    assert sent == ["notice"]
    assert office.mail("notice").state == "accepted"


async def test_a_mail_lost_twice_is_sent_on_a_persons_word(office: Office) -> None:
    (mail,) = await queued(office, "A-1")
    for _ in range(2):
        await office.post(lambda _: Unanswered("lost"))
        office.clock.advance(minutes=10)
    lost = office.mail("notice")
    await Mailroom(office.desk).retry([mail])
    (again,) = [envelope for envelope in await office.post() if envelope.kind == "notice"]
    assert sha256(again.content).hexdigest() == lost.bytes_sha256, "it may be there already: the same bytes"


async def test_a_held_mail_that_may_have_been_taken_goes_out_with_the_same_bytes(office: Office) -> None:
    (mail,) = await queued(office, "A-1")
    await office.post(lambda _: Unanswered("lost"))
    lost = office.mail("notice")
    await Mailroom(office.desk).hold([mail])
    office.clock.advance(days=1)
    (released,) = await Mailroom(office.desk).release([mail])
    assert released.state == "unknown"
    (again,) = [envelope for envelope in await office.post() if envelope.kind == "notice"]
    assert sha256(again.content).hexdigest() == lost.bytes_sha256


async def test_all_of_the_named_ones_or_none(office: Office) -> None:
    first, second = await queued(office, "A-1", "A-2")
    await Mailroom(office.desk).hold([first])
    await office.post()
    before = office.everything()
    with pytest.raises(Refused, match=f"mail {second} is accepted"):
        await Mailroom(office.desk).release([first, second])
    with pytest.raises(Refused, match=f"mail {second} is accepted"):
        await Mailroom(office.desk).retry([second])
    with pytest.raises(Refused, match="no mail 99"):
        await Mailroom(office.desk).release([first, 99])
    assert office.everything() == before


async def test_what_was_accepted_and_never_read_is_mailed_anew_with_links_of_its_own(office: Office) -> None:
    (mail,) = await queued(office, "A-1")
    (first,) = await office.post()
    office.clock.advance(days=1)
    (copy,) = await Mailroom(office.desk).again([mail])
    (second,) = await office.post()
    assert copy.id != mail
    assert message(first)["Message-ID"] != message(second)["Message-ID"]
    assert message(first)["Subject"] == message(second)["Subject"]
    assert first.content != second.content


async def test_only_what_was_accepted_and_still_stands_is_mailed_anew(office: Office) -> None:
    (mail,) = await queued(office, "A-1")
    with pytest.raises(Refused, match="not accepted"):
        await Mailroom(office.desk).again([mail])
    await office.post()
    await Withdraw(office.desk).invoice("minato", "A-1", reason="wrong")
    with pytest.raises(Refused, match="not mailed anew"):
        await Mailroom(office.desk).again([mail])


async def test_a_mail_is_reread_as_it_was_sent(office: Office) -> None:
    (mail,) = await queued(office, "A-1")
    assert Reread(office.desk).letter(mail, reveal=True) is None
    (envelope,) = await office.post()
    office.clock.advance(days=500)
    letter = Reread(office.desk).letter(mail, reveal=True)
    assert letter is not None
    assert dict(letter.headers)["Message-ID"] == message(envelope)["Message-ID"]
    token = letter.text.partition("/l/")[2].split()[0]
    assert office.desk.links.open(token).ids == (office.delivery("A-1", EMAIL),)
    masked = Reread(office.desk).letter(mail, reveal=False)
    assert masked is not None
    assert token not in masked.text
    assert "/l/***" in masked.text
    with pytest.raises(Refused):
        Reread(office.desk).letter(99, reveal=False)
