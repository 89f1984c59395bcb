"""Copies of a mail: what makes two the same, whatever stands on top, and that no old one has anything done again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from flow_inbound import INBOUND, hear, heard, judge, listens, reply, take

from mailbot.links import TagPurpose, tagged

if TYPE_CHECKING:
    from flow_office import Office

    from mailbot.mail.envelope import Envelope

EMAIL = "keiri@sakura.example"
MX = "mx.minato.example"
PASS = f"Authentication-Results: {MX}; dkim=pass header.d=sakura.example; dmarc=pass\r\n".encode()
FAIL = f"Authentication-Results: {MX}; dmarc=fail header.from=sakura.example\r\n".encode()


async def noticed(office: Office, **rules: object) -> Envelope:
    listens(office, **rules)
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", sent=False)
    return (await office.post())[0]


def status(office: Office) -> str:
    return str(office.value("SELECT status FROM addresses"))


async def stopped_and_resumed(office: Office) -> bytes:
    """Have reminders stopped by a reply, which is returned, and asked for again."""
    notice = await noticed(office, authserv_id=MX)
    stop = reply(notice, "停止")
    assert (await hear(office, PASS + stop, sender=EMAIL)).action == "stopped"
    assert (await hear(office, PASS + reply(notice, "再開"), sender=EMAIL)).action == "resumed"
    return stop


@pytest.mark.parametrize(
    "extra", ["Message-ID: <new@evil.example>", "Subject: 2", "Date: Fri, 1 Jan 2027 00:00:00 +0000"]
)
async def test_a_field_on_top_does_not_make_another_mail(office: Office, extra: str) -> None:
    """A signature covers the last field of a name, so that one on top of it breaks nothing."""
    stop = await stopped_and_resumed(office)
    assert await take(office, PASS + f"{extra}\r\n".encode() + stop, sender="x@evil.example") is None


async def test_blanks_that_a_signature_ignores_do_not_make_another_mail(office: Office) -> None:
    listens(office)
    raw = b"From: a@b.example\r\nDate: x\r\nMessage-ID: <w@x>\r\nSubject: a b\r\n\r\nstop it\r\n\r\n> quoted\r\n"
    assert await take(office, raw) is not None
    for there, here in (
        (b"stop it\r\n", b"stop  it \t\r\n"),
        (b"a b", b"a\r\n\tb"),
        (b"quoted\r\n", b"quoted\r\n\r\n"),
    ):
        assert await take(office, raw.replace(there, here)) is None, here
    assert await take(office, raw.replace(b"stop it", b"stop this")) is not None


async def test_a_command_is_obeyed_once_whatever_was_added_below_it(office: Office) -> None:
    """A signature may cover a part of the body only (RFC 6376 §8.2)."""
    stop = await stopped_and_resumed(office)
    copy = await hear(office, PASS + stop + b"more\r\n", sender="x@evil.example")
    assert (copy.kind, copy.action, status(office)) == ("command", "obeyed before", "confirmed")
    assert len(office.mails("answer")) == 2


async def test_an_old_command_goes_to_a_person(office: Office) -> None:
    notice = await noticed(office)
    office.clock.advance(days=14, minutes=1)
    found = await hear(office, reply(notice, "停止"), sender=EMAIL)
    assert (found.kind, found.action, status(office)) == ("person", "forwarded", "confirmed")


@pytest.mark.parametrize("date", [b"", b"Date: yesterday\r\n", b"Date: Fri, 20 Nov 2026 10:00:00 -0000\r\n"])
async def test_a_command_without_a_date_that_can_be_read_is_obeyed(office: Office, date: bytes) -> None:
    raw = re.sub(rb"Date: [^\n]*\n", lambda _: date, reply(await noticed(office), "停止"), count=1)
    assert (await hear(office, raw, sender=EMAIL)).action == "stopped"


async def test_a_forged_copy_that_comes_first_does_not_stand_in_the_real_ones_way(office: Office) -> None:
    raw = reply(await noticed(office, authserv_id=MX), "停止")
    forged = await hear(office, FAIL + raw, sender="x@evil.example")
    assert (forged.kind, status(office)) == ("person", "confirmed")
    assert (await hear(office, PASS + raw, sender=EMAIL)).action == "stopped"
    for again in (PASS + raw, FAIL + raw, raw):
        assert await take(office, again, sender=EMAIL) is None, "and that is all"


async def test_both_copies_may_wait_together(office: Office) -> None:
    raw = reply(await noticed(office, authserv_id=MX), "停止")
    taken = [await take(office, each + raw, sender=EMAIL) for each in (FAIL, PASS)]
    await judge(office)
    assert [heard(office, each).kind for each in taken if each is not None] == ["person", "command"]


async def test_where_no_server_vouches_a_copy_is_a_copy(office: Office) -> None:
    raw = reply(await noticed(office), "停止")
    assert await take(office, raw) is not None
    assert await take(office, PASS + raw) is None
    listens(office, authserv_id=MX)
    assert await take(office, b"") is not None
    assert await take(office, b"") is None, "an empty one too"


@pytest.mark.parametrize("stated", [True, False])
async def test_reports_without_an_id_are_told_by_whom_they_went_to(office: Office, stated: bool) -> None:  # noqa: FBT001
    listens(office)
    await office.customer("C-1", EMAIL, "second@sakura.example")
    await office.issued("C-1", "A-1", sent=False)
    paths = [
        tagged(INBOUND, office.desk.links.tag(TagPurpose.RETURN_PATH, each.id), separator="+")
        for each in office.mails("notice")
    ]
    taken = []
    for path in paths:
        to = f"To: {path}\r\n" if stated else ""
        raw = f"From: MAILER-DAEMON@mx.example\r\n{to}Subject: failure notice\r\n\r\nNo mailbox here.\r\n".encode()
        taken += [await take(office, raw, recipients=() if stated else (path,)) for _ in range(2)]
    assert [each is None for each in taken] == [False, True, False, True]
