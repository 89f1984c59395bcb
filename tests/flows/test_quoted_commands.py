"""Somebody else's words in a mail are nobody's command: forwarded, quoted, or in a part behind the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flow_inbound import hear, reply, reply_to
from test_hear import EMAIL, noticed

if TYPE_CHECKING:
    from flow_office import Office

    from mailbot.store.inbox import Inbound

FORWARDED = "---------- Forwarded message ---------\nFrom: boss@sakura.example\nSubject: y\n\n> shall we?\n停止\n"
OUTLOOK = "差出人: 営業 <a@evil.example>\n送信日時: 2026年11月20日\n宛先: keiri@sakura.example\n\n> 以下の件\n停止\n"
FILE_FIRST = (
    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/pdf; name=a.pdf\n\nx\n"
    "--b\nContent-Type: text/plain; charset=utf-8\nContent-Disposition: inline\n\n停止\n--b--\n"
)


async def written(office: Office, rest: str, *, sender: str = EMAIL, field: str = "") -> Inbound:
    """Have a mail with these bytes heard, addressed as an answer to a notice."""
    (notice,) = await noticed(office, "A-1")
    head = f"From: {field or sender}\nTo: {reply_to(notice)}\nMessage-ID: <m@x>\nSubject: Re\nMIME-Version: 1.0\n"
    return await hear(office, (head + rest).encode(), sender=sender)


@pytest.mark.parametrize("words", [FORWARDED, OUTLOOK])
async def test_words_below_a_quotation_in_a_mail_that_is_passed_on(office: Office, words: str) -> None:
    (notice,) = await noticed(office)
    found = await hear(office, reply(notice, words, sender=EMAIL, quoted=False), sender=EMAIL)
    assert (found.kind, found.action) == ("person", "forwarded")


@pytest.mark.parametrize(
    "rest",
    [
        "Content-Type: text/html; charset=utf-8\n\n<blockquote type=cite>停止</blockquote>",
        "Content-Type: text/html; charset=utf-8\n\n<blockquote>x&#10;停止</blockquote>",
        FILE_FIRST,
    ],
)
async def test_words_that_are_not_the_beginning_of_a_mail(office: Office, rest: str) -> None:
    found = await written(office, rest)
    assert (found.kind, found.action) == ("person", "forwarded")


async def test_the_same_words_at_the_beginning(office: Office) -> None:
    found = await written(office, "Content-Type: text/html; charset=utf-8\n\n<p>停止</p><blockquote>x</blockquote>")
    assert found.kind == "command"


@pytest.mark.parametrize(
    "field",
    [
        "=?utf-8?q?=22?= <evil@evil.example> =?utf-8?q?=22_<keiri=40sakura=2Eexample>?=",
        "=?utf-8?q?keiri=40sakura=2Eexample?= <evil@evil.example>",
        "=?utf-8?q?keiri=40sakura=2Eexample?=",
        "\u212aeiri@sakura.example",
    ],
)
async def test_who_only_looks_like_a_customer_commands_nothing(office: Office, field: str) -> None:
    rest = "Content-Type: text/plain; charset=utf-8\n\n停止\n"
    found = await written(office, rest, sender="evil@evil.example", field=field)
    assert found.kind == "person"
