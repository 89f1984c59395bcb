"""A relay that refuses a recipient: words that say that nobody is there end the address, others do not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from flow_courier import EMAIL, noticed, refuse_words, reject
from flow_office import MINATO, accept
from test_hear_bounces import noticed as first_notice
from test_hear_bounces import soft

from mailbot.errors import Rejected

if TYPE_CHECKING:
    from flow_office import Answer, Office

    from mailbot.mail.envelope import Envelope

SECOND = "second@sakura.example"


def saying(response: str, *, code: int = 550, enhanced: str = "", recipient: bool = True) -> Answer:
    """Refuse every mail in these words, at RCPT unless said otherwise."""

    def answer(_: Envelope) -> Rejected:
        return Rejected(response, code=code, enhanced=enhanced, recipient=recipient)

    return answer


def status(office: Office, email: str = EMAIL) -> str:
    return str(office.value("SELECT status FROM addresses WHERE email_key = ?", email))


def told(office: Office) -> list[str]:
    """Return what each staff mail is about."""
    return [json.loads(mail.payload)["what"] for mail in office.mails("staff", to=MINATO.staff[0])]


@pytest.mark.parametrize(
    ("response", "enhanced"),
    [
        ("550 5.1.1 <keiri@sakura.example>: Recipient address rejected: User unknown", "5.1.1"),
        ("550 No such user here", ""),
        ("550 5.1.2 unknown host: sakura.example", "5.1.2"),
        ("551 5.1.6 the mailbox has moved to another address", "5.1.6"),
    ],
)
async def test_words_that_say_that_nobody_is_there_end_the_address(
    office: Office, response: str, enhanced: str
) -> None:
    await noticed(office, "A-1", "A-2")
    await office.post(saying(response, enhanced=enhanced))
    assert status(office) == "undeliverable"
    assert told(office) == ["address.undeliverable"], "one mail, however many mails were refused"
    assert office.ledger("address.undeliverable") == 1
    assert {mail.state for mail in office.mails("notice")} <= {"refused", "cancelled"}
    content = json.loads(office.mail("staff").payload)
    assert response in [value for _, value in content["facts"]]


@pytest.mark.parametrize(
    ("response", "code", "enhanced"),
    [
        ("554 5.7.1 message content rejected due to policy", 554, "5.7.1"),
        ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using a block list", 554, "5.7.1"),
        ("550 5.7.1 this message looks like spam", 550, "5.7.1"),
        ("552 5.3.4 message size exceeds the limit", 552, "5.3.4"),
        ("552 5.2.2 mailbox full", 552, "5.2.2"),
        ("554 5.7.1 <keiri@sakura.example>: Relay access denied", 554, "5.7.1"),
        ("550 5.1.8 sender address rejected: domain not found", 550, "5.1.8"),
        ("550 no", 550, ""),
    ],
)
async def test_what_a_relay_says_of_the_mail_or_of_us_only_tells_staff(
    office: Office, response: str, code: int, enhanced: str
) -> None:
    await noticed(office)
    await office.post(saying(response, code=code, enhanced=enhanced))
    assert status(office) == "confirmed"
    assert told(office) == ["refused"]


async def test_a_refusal_of_anything_but_the_recipient_says_nothing_of_the_address(office: Office) -> None:
    await noticed(office)
    await office.post(saying("550 5.1.1 user unknown", enhanced="5.1.1", recipient=False))
    assert (status(office), told(office)) == ("confirmed", ["refused"])


async def test_in_a_rehearsal_no_address_is_given_up(office: Office) -> None:
    office.rule(redirect_to="test@minato.example")
    await noticed(office)
    await office.post(reject)
    assert (status(office), told(office)) == ("confirmed", ["refused"])


async def test_a_customers_other_address_goes_on(office: Office) -> None:
    await office.customer("C-1", EMAIL, SECOND)
    await office.issued("C-1", "A-1", sent=False)
    await office.post(lambda envelope: (reject if envelope.recipient == EMAIL else accept)(envelope))
    assert (status(office), status(office, SECOND)) == ("undeliverable", "confirmed")
    assert office.value("SELECT is_default FROM addresses WHERE email_key = ?", SECOND) == 1


async def test_a_probe_that_is_refused_has_come_back(office: Office) -> None:
    await probed(office)
    await office.post(saying("550 5.2.0 not now", enhanced="5.2.0"))
    assert status(office) == "undeliverable"
    assert told(office).count("address.undeliverable") == 1
    assert "refused" not in told(office)


async def test_a_probe_that_is_refused_for_what_it_says_has_not_come_back(office: Office) -> None:
    await probed(office)
    await office.post(refuse_words)
    assert status(office) == "confirmed"
    assert told(office).count("refused") == 1


async def probed(office: Office) -> None:
    """Have an address whose mails come back asked whether it works; the probe waits to be sent."""
    await first_notice(office)
    assert await soft(office, *(f"2026-11-{day}" for day in range(24, 29))) == "probed"
