"""Staff reads what a customer wrote and not what works for the customer alone: links and reply addresses."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
from flow_inbound import absence, hear, listens, quotation, reply, reply_to
from flow_office import text

if TYPE_CHECKING:
    from flow_office import Office

    from mailbot.mail.envelope import Envelope

EMAIL = "hanako@sakura.example"
SEAL = "〔印〕"
QUESTION = "請求書の宛名を変更いただけますでしょうか。"


@pytest.fixture
async def notice(office: Office) -> Envelope:
    listens(office)
    await office.customer("S-1", EMAIL)
    await office.issued("S-1", "INV-1", sent=False)
    (first,) = await office.post()
    return first


def secrets(envelope: Envelope) -> tuple[str, str]:
    """Return the token of a mail's first link, and the tag of its reply address."""
    found = re.search(r"/l/([\w.~-]+)", text(envelope))
    assert found is not None
    return found[1], reply_to(envelope).partition("+")[2].partition("@")[0]


def as_mail(envelope: Envelope) -> bytes:
    """Return a mail as a program saves it: what it says in base64."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = reply_to(envelope), EMAIL, "請求書"
    mail.set_content(f"{text(envelope)}\n{SEAL}", cte="base64")
    return mail.as_bytes()


async def to_staff(office: Office) -> str:
    """Return all that the forwarded mail holds, decoded."""
    (mail,) = [each for each in await office.post() if each.kind == "forward"]
    parts = [each for each in message_from_bytes(mail.content, policy=policy.default).walk() if not each.is_multipart()]
    return "\n".join(bytes(part.get_payload(decode=True)).decode("utf-8", "replace") for part in parts)


async def test_what_is_quoted_around_the_words_is_masked(office: Office, notice: Envelope) -> None:
    token, tag = secrets(notice)
    words = f"{QUESTION} https://bill.minato.example/l/{token} が開けません。"
    await hear(office, reply(notice, words, subject=f"Re: {reply_to(notice)}"), sender=EMAIL)
    said = await to_staff(office)
    assert QUESTION in said
    assert "l/*** が開けません" in said
    assert token[-43:] not in said
    assert tag not in said


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.txt", "text/plain"), ("a.html", "text/html"), ("a.eml", "application/octet-stream"), ("a.csv", "text/csv")],
)
async def test_so_is_what_comes_along(office: Office, notice: Envelope, name: str, kind: str) -> None:
    token, tag = secrets(notice)
    content = as_mail(notice) if name.endswith("eml") else f"{text(notice)}\n{reply_to(notice)}\n{SEAL}".encode()
    await hear(office, reply(notice, QUESTION, quoted=False, attached=[(name, kind, content)]), sender=EMAIL)
    said = await to_staff(office)
    assert SEAL in said, "the file is there, to be read"
    assert token[-43:] not in said
    assert tag not in said


async def test_so_is_what_an_assistant_quotes_of_somebody_who_left(office: Office, notice: Envelope) -> None:
    token, tag = secrets(notice)
    words = f"花子は退職いたしました。\n\n{quotation(notice)}\n{text(notice)}"
    found = await hear(office, absence(notice, words))
    assert found.action == "told"
    (told,) = office.mails("staff")
    assert "退職いたしました" in told.payload
    assert token[-43:] not in told.payload
    assert tag not in told.payload
