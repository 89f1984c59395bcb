"""Machines that answer each other: two mailbots, and a mailbot among careless assistants. It ends, whatever they do."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from itertools import count
from typing import TYPE_CHECKING

import pytest
from flow_inbound import INBOUND, listens, reply_to
from flow_office import MINATO, Office, message, text

from mailbot.domain.policy import Rules
from mailbot.flows.forward_words import enough
from mailbot.flows.hear import Arrival, Hear
from mailbot.flows.hearing import answer, forward

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from mailbot.mail.envelope import Envelope

    Words = Callable[[int], str]
    Answerer = Callable[[Envelope], str]

EMAIL = "keiri@sakura.example"
OTHER = "soumu@momiji.example"
THEIRS = "reply@taka.example"
MOST = 400
"""Mails after which a conversation is taken to go on for ever."""


def to_reply_address(envelope: Envelope) -> str:
    return reply_to(envelope)


def to_return_path(envelope: Envelope) -> str:
    return envelope.sender


def to_from(envelope: Envelope) -> str:
    return re.sub(r".*<|>", "", message(envelope)["From"])


@dataclass(slots=True)
class Careless:
    """An assistant that answers every mail it gets, by nothing to be told from a person."""

    words: Words
    to: Answerer
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __call__(self, envelope: Envelope) -> tuple[str, bytes]:
        """Return whom it answers, and what."""
        number, me = next(self.numbers), envelope.recipient
        to, host = self.to(envelope), me.rpartition("@")[2]
        head = (
            f"From: {me}\r\nTo: {to}\r\nSubject: Thank you {number}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0900\r\n"
            f"Message-ID: <{number}.{me.partition('@')[0]}@{host}>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        )
        return to, f"{head}{self.words(number)}\r\n".encode()


def chatter(number: int) -> str:
    return f"ご連絡ありがとうございます。ただいま確認しております。受付の番号は {number} です。"


def question(number: int) -> str:
    return f"{number} 件目のお問い合わせです。再送でしょうか、一覧でしょうか。"


@dataclass(slots=True)
class World:
    """Who gets which mails: offices that hear, assistants that answer, and everybody else, who says nothing."""

    offices: dict[str, Office]
    """By the base of the address at which each hears."""
    assistants: dict[str, Careless]
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Mails by kind and recipient."""

    @property
    def mailbots(self) -> list[Office]:
        return list(dict.fromkeys(self.offices.values()))

    async def run(self) -> int:
        """Carry mails until nobody has anything to say; return how many went."""
        before = self.sent.total()
        while await self._round():
            assert self.sent.total() - before < MOST, self.sent
            for office in self.mailbots:
                office.clock.advance(minutes=1)
        return self.sent.total() - before

    async def _round(self) -> bool:
        went = [envelope for office in self.mailbots for envelope in await office.post()]
        for envelope in went:
            self.sent[envelope.kind, envelope.recipient] += 1
            await self._arrive(envelope)
        for office in self.mailbots:
            while await Hear(office.desk).step():
                pass
        return bool(went)

    async def _arrive(self, envelope: Envelope) -> None:
        if (assistant := self.assistants.get(envelope.recipient)) is not None:
            to, raw = assistant(envelope)
            await self.hand_in(to, raw, sender=envelope.recipient)
        else:
            await self.hand_in(envelope.recipient, self.as_it_arrives(envelope), sender=envelope.sender)

    def as_it_arrives(self, envelope: Envelope) -> bytes:
        return envelope.content

    async def hand_in(self, to: str, raw: bytes, *, sender: str) -> None:
        local, _, domain = to.partition("@")
        office = self.offices.get(f"{local.partition('+')[0]}@{domain}")
        if office is not None:
            await Hear(office.desk).take(Arrival(raw=raw, door="lmtp", sender=sender, recipients=(to,)))


class Stripped(World):
    """The same, where a gateway takes off all that tells a program's mail from a person's, return path included."""

    def as_it_arrives(self, envelope: Envelope) -> bytes:
        head = message(envelope)
        kept = "".join(f"{name}: {head[name]}\r\n" for name in ("From", "To", "Message-ID"))
        subject = f"Subject: mail {self.sent.total()}\r\nDate: {format_datetime(self._now())}\r\n"
        body = f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text(envelope)}"
        return f"{kept}{subject}{body}".encode()

    async def hand_in(self, to: str, raw: bytes, *, sender: str) -> None:
        await World.hand_in(self, to, raw, sender=sender or "gateway@between.example")

    def _now(self) -> datetime:
        return self.mailbots[0].clock.now()


@pytest.fixture
def taka(tmp_path: Path) -> Iterator[Office]:
    """A second mailbot: another company's."""
    (tmp_path / "taka").mkdir()
    office = Office(tmp_path / "taka", rules=Rules(base_url="https://taka.example"))
    office.set_issuers(
        replace(MINATO, code="taka", name="鷹商事", sender="bill@taka.example", staff=("desk@taka.example",))
    )
    yield office
    office.database.close()


@pytest.mark.parametrize("world", [World, Stripped])
async def test_two_mailbots_that_are_each_others_customers_fall_silent(
    office: Office, taka: Office, world: type[World]
) -> None:
    listens(office)
    listens(taka, inbound_address=THEIRS)
    await office.customer("C-1", THEIRS)
    await taka.customer("T-1", INBOUND, issuer="taka")
    await office.issued("C-1", "A-1", sent=False)
    await taka.issued("T-1", "B-1", issuer="taka", sent=False)
    between = world({INBOUND: office, MINATO.sender: office, THEIRS: taka, "bill@taka.example": taka}, {})
    first = await between.run()
    notices = 2
    each = answer.A_DAY + forward.A_DAY * len(MINATO.staff) + 1
    assert notices <= first <= notices + 2 * each
    for days in range(1, 4):
        for each_office in (office, taka):
            each_office.clock.advance(days=1)
            await each_office.sweep()
        assert await between.run() <= 2 * (each + 1), f"day {days}"
    assert between.sent["answer", THEIRS] <= answer.A_DAY * 4
    assert {mail.state for mail in (*office.mails(), *taka.mails())} <= {"accepted", "cancelled"}


@pytest.mark.parametrize(
    "words", [chatter, question, *(lambda _, word=word: word for word in ("再送", "一覧", "停止", "受領"))]
)
@pytest.mark.parametrize("to", [to_reply_address, to_return_path, to_from])
async def test_two_careless_assistants_get_a_bounded_number_of_mails(
    office: Office, words: Words, to: Answerer
) -> None:
    """They answer whatever comes, the answers to their answers too, without any header and each time in new words."""
    listens(office)
    for code, email in (("C-1", EMAIL), ("C-2", OTHER)):
        await office.customer(code, email)
        await office.issued(code, f"A-{code}", sent=False)
    world = World({INBOUND: office, MINATO.sender: office}, {email: Careless(words, to) for email in (EMAIL, OTHER)})
    total = await world.run()
    most = answer.ASKED_A_DAY if words(1) == "一覧" else answer.A_DAY
    for email in (EMAIL, OTHER):
        assert world.sent["notice", email] <= 1 + 20, "what is asked for has a bound of its own"
        assert world.sent["answer", email] <= most
    assert world.sent["forward", MINATO.staff[0]] <= 2 * forward.A_DAY
    assert total == world.sent.total()
    assert await world.run() == 0, "and it stays so"


async def test_over_days_each_day_has_its_bounds(office: Office) -> None:
    listens(office)
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", "A-2", sent=False)
    world = World({INBOUND: office}, {EMAIL: Careless(chatter, to_reply_address)})
    for day in range(18):
        before = world.sent.copy()
        await office.sweep()
        await world.run()
        today = world.sent - before
        assert today["answer", EMAIL] <= answer.A_DAY
        assert today["forward", MINATO.staff[0]] <= forward.A_DAY
        assert today["notice", EMAIL] + today["reminder", EMAIL] <= 2, f"day {day}"
        office.clock.advance(days=1)
    assert world.sent["reminder", EMAIL] == 3, "reminders go on as if nothing had been said"
    assert len(office.mails()) == world.sent.total()


async def test_an_assistant_of_staff_is_passed_over(office: Office) -> None:
    listens(office)
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", sent=False)
    (staff,) = MINATO.staff
    world = World(
        {INBOUND: office, MINATO.sender: office},
        {EMAIL: Careless(chatter, to_reply_address), staff: Careless(chatter, to_from)},
    )
    await world.run()
    assert world.sent["answer", staff] == 0
    assert world.sent["forward", staff] <= forward.A_DAY
    assert office.value("SELECT count(*) FROM inbox WHERE from_email = ? AND action <> 'passed over'", staff) == 0


async def test_who_sends_without_being_asked_is_forwarded_up_to_a_bound_and_staff_is_told(office: Office) -> None:
    listens(office)
    await office.customer("C-1", EMAIL)
    hear = Hear(office.desk)
    sender = Careless(chatter, lambda _: INBOUND)
    await office.issued("C-1", "A-1", sent=False)
    (notice,) = await office.post()
    for _ in range(forward.A_DAY + 20):
        _, raw = sender(notice)
        await hear.take(Arrival(raw=raw, door="lmtp", sender=EMAIL, recipients=(INBOUND,)))
    while await hear.step():
        pass
    assert len(office.mails("forward")) == forward.A_DAY
    assert len(office.mails("answer")) <= answer.A_DAY
    told = [json.loads(mail.payload)["heading"] for mail in office.mails("staff")]
    heading = enough(EMAIL, count=forward.A_DAY, customer={"code": "C-1", "name": ""}, locale="ja")["heading"]
    assert told == [heading]
    assert office.value("SELECT count(*) FROM inbox WHERE action LIKE 'not forwarded%'") == 20
