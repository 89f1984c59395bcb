"""Mails in other people's names: whom they have written to, what they use up, and what staff gets of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from flow_inbound import INBOUND, hear, judge, letter, listens, reply, reply_to, take
from flow_office import MINATO

from mailbot.flows.hearing import answer, forward

if TYPE_CHECKING:
    from flow_office import Office

    from mailbot.mail.envelope import Envelope

EMAIL = "keiri@sakura.example"
CODE = "仮ID：0000-0000-0000\n仮パスワード：0000-0000-0000"
MX = "mx.minato.example"
PASS = {"Authentication-Results": f"{MX}; dmarc=pass header.from=sakura.example"}
FAIL = {"Authentication-Results": f"{MX}; dmarc=fail header.from=sakura.example"}


async def noticed(office: Office, **rules: object) -> Envelope:
    listens(office, **rules)
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", sent=False)
    return (await office.post())[0]


async def flood(office: Office, *senders: str, to: str = INBOUND, headers: dict[str, str] | None = None) -> None:
    """Have a mail come from each sender, each about something else."""
    for number, sender in enumerate(senders):
        raw = letter(f"{number} 件目です。", sender=sender, to=to, subject=f"s{number}", headers=headers)
        await take(office, raw, sender=sender)
    await judge(office)


def answers(office: Office) -> list[str]:
    return [json.loads(mail.payload)["what"] for mail in office.mails("answer")]


async def test_whom_the_server_found_forged_is_not_written_to(office: Office) -> None:
    await noticed(office, authserv_id=MX)
    victims = [f"victim{number}@third.example" for number in range(5)]
    await flood(office, *victims, headers={"Authentication-Results": f"{MX}; dmarc=fail header.from=third.example"})
    assert answers(office) == []
    assert [each["why"] for each in office.facts.of("reply.unanswered")] == ["forged"] * 5
    assert len(office.mails("forward")) == 5, "a list may break a signature: staff has them"


async def test_a_forged_code_is_neither_tried_nor_answered(office: Office) -> None:
    listens(office, authserv_id=MX)
    raw = letter(CODE, sender=EMAIL, to=INBOUND, headers=FAIL)
    assert (await hear(office, raw, sender=EMAIL)).action == "not answered"
    assert answers(office) == []


async def test_codes_that_may_be_sent_in_anybodys_name_are_answered_no_more_often_than_words(office: Office) -> None:
    listens(office)
    for _ in range(answer.A_DAY + 3):
        await hear(office, letter(CODE, sender=EMAIL, to=INBOUND), sender=EMAIL)
    assert len(answers(office)) == answer.A_DAY


async def test_strangers_are_answered_up_to_a_number_all_together(office: Office) -> None:
    office.set_issuers(replace(MINATO, staff=()))  # with staff, it hears of no more of them than that
    listens(office)
    number = answer.STRANGERS_A_DAY
    await flood(office, *(f"n{each}@spam.example" for each in range(number + 20)))
    assert len(office.mails("answer")) == number
    await office.customer("C-1", EMAIL)
    await flood(office, EMAIL)
    assert len(office.mails("answer")) == number + 1, "who is on file is none of them"
    office.clock.advance(days=1, seconds=1)
    await flood(office, "another@spam.example")
    assert len(office.mails("answer")) == number + 2


async def test_a_mailbox_is_one_whatever_follows_a_plus_in_it(office: Office) -> None:
    listens(office)
    await flood(office, *(f"victim+{each}@third.example" for each in range(20)), "victims@third.example")
    assert [mail.email for mail in office.mails("answer")] == [
        *(f"victim+{each}@third.example" for each in range(answer.A_DAY)),
        "victims@third.example",
    ]


async def test_what_is_forged_uses_up_no_answers(office: Office) -> None:
    """The server says nothing of these: they may be forged, and answers to them are counted apart."""
    notice = await noticed(office, authserv_id=MX)
    await flood(office, *[EMAIL] * 30)
    assert len(office.mails("answer")) == answer.A_DAY
    assert (await hear(office, reply(notice, "停止", headers=PASS), sender=EMAIL)).action == "stopped"
    assert (await hear(office, reply(notice, "質問です。", headers=PASS), sender=EMAIL)).action == "forwarded"
    assert answers(office)[answer.A_DAY :] == ["stopped", "forwarded"]


async def test_words_use_up_no_answers_to_commands(office: Office) -> None:
    await noticed(office)
    await office.issued("C-1", *(f"B-{number}" for number in range(answer.A_DAY + 2)), sent=False)
    notices = await office.post()
    for notice in notices:
        await hear(office, reply(notice, "質問です。"), sender=EMAIL)
    assert answers(office) == ["forwarded"] * answer.A_DAY
    assert (await hear(office, reply(notices[0], "停止"), sender=EMAIL)).action == "stopped"
    assert answers(office)[-1] == "stopped"


async def test_what_is_forged_keeps_no_mail_from_staff(office: Office) -> None:
    notice = await noticed(office, authserv_id=MX)
    await flood(office, *[EMAIL] * (forward.A_DAY + 5), headers=FAIL)
    assert len(office.mails("forward")) == forward.A_DAY
    found = await hear(office, reply(notice, "大切な質問です。", headers=PASS), sender=EMAIL)
    assert found.action == "forwarded"


async def test_a_flood_of_strangers_keeps_no_mail_of_a_proved_one_from_staff(office: Office) -> None:
    listens(office, authserv_id=MX)
    await flood(office, *(f"n{each}@spam.example" for each in range(forward.STRANGERS_A_DAY + 1)))
    found = await hear(office, letter("はじめまして。", sender=EMAIL, to=INBOUND, headers=PASS), sender=EMAIL)
    assert found.action == "forwarded"


async def test_a_reply_address_that_leaked_serves_few_strangers(office: Office) -> None:
    notice = await noticed(office)
    await flood(office, *(f"r{each}@evil.example" for each in range(forward.A_DAY + 10)), to=reply_to(notice))
    assert len(office.mails("forward")) == forward.A_DAY
    assert len(office.mails("staff")) == 1, "staff is told once that there are more"
    assert set(answers(office)) == {"forwarded"}, "and none of the others"
    assert (await hear(office, reply(notice, "質問です。"), sender=EMAIL)).action == "forwarded"


async def test_nobody_is_told_that_a_mail_of_a_flood_went_nowhere_but_a_proved_writer_is(office: Office) -> None:
    notice = await noticed(office)
    await flood(office, *(f"n{each}@spam.example" for each in range(forward.STRANGERS_A_DAY + 3)))
    assert "unheard" not in answers(office)
    for number in range(forward.A_DAY + 2):
        await hear(office, reply(notice, f"{number} 件目です。"), sender=EMAIL)
    assert answers(office).count("unheard") == 1
