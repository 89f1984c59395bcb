"""The sandbox: what is sent stays here, whole, and can be read."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from smtp_peers import Facts, Ledger, envelope, relay, running, sent
from starlette.applications import Starlette

from mailbot.clock import SystemClock
from mailbot.edges.sandbox import Mailbox, NoSuchMail, SandboxServer, routes
from mailbot.flows.post import Accepted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TEMPLATES = Path(__file__).parents[2] / "templates"
AT = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)


def invoice_mail(
    subject: str = "11月分の請求書のお知らせ", *, html: str = "<p>Hello</p>", text: str = "Hello\n"
) -> bytes:
    mail = EmailMessage()
    mail["From"] = "株式会社サンプル <billing@issuer.example>"
    mail["To"] = "taro@customer.example"
    mail["Subject"] = subject
    mail["Message-ID"] = "<n1@issuer.example>"
    mail["X-Mailbot-Kind"] = "notice"
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    mail.add_attachment(b"%PDF-1.7\n", maintype="application", subtype="pdf", filename="請求書 1.pdf")
    return bytes(mail).replace(b"\n", b"\r\n")


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "sandbox")


def kept(mailbox: Mailbox, content: bytes, minutes: int = 0) -> str:
    return mailbox.keep(
        sender="b@issuer.example",
        recipients=["taro@customer.example"],
        content=content,
        at=AT + timedelta(minutes=minutes),
    ).id


@pytest.fixture
async def visitor(mailbox: Mailbox) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=list(routes(mailbox, TEMPLATES))))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.test") as client:
        yield client


# The mailbox.


def test_a_mail_is_kept_whole(mailbox: Mailbox) -> None:
    number = kept(mailbox, content := invoice_mail())
    found = mailbox.get(number)
    assert (found.subject, found.kind, found.message_id) == ("11月分の請求書のお知らせ", "notice", "n1@issuer.example")
    assert (found.sender, found.recipients) == ("b@issuer.example", ("taro@customer.example",))
    assert (found.at, found.size) == (AT, len(content))
    assert mailbox.content(number) == content


def test_the_list_is_newest_first_in_pages(mailbox: Mailbox) -> None:
    numbers = [kept(mailbox, invoice_mail(f"mail {minute}"), minute) for minute in range(7)]
    first = mailbox.listing(limit=3)
    second = mailbox.listing(before=first.older, limit=3)
    third = mailbox.listing(before=second.older, limit=3)
    seen = [mail.id for page in (first, second, third) for mail in page.mails]
    assert seen == numbers[::-1]
    assert third.older is None


def test_the_list_reads_no_mail(mailbox: Mailbox, tmp_path: Path) -> None:
    number = kept(mailbox, invoice_mail())
    (tmp_path / "sandbox" / f"{number}.eml").unlink()
    assert [mail.id for mail in mailbox.listing().mails] == [number]


def test_mails_outlive_a_restart(mailbox: Mailbox, tmp_path: Path) -> None:
    first = kept(mailbox, invoice_mail("before"))
    again = Mailbox(tmp_path / "sandbox")
    second = kept(again, invoice_mail("after"))
    assert [mail.id for mail in again.listing().mails] == [second, first]
    assert second != first


def test_a_mail_broken_off_while_it_was_written_is_passed_over(mailbox: Mailbox, tmp_path: Path) -> None:
    first = kept(mailbox, invoice_mail())
    (tmp_path / "sandbox" / "00000002.eml").write_bytes(b"half")
    assert [mail.id for mail in Mailbox(tmp_path / "sandbox").listing().mails] == [first]


@pytest.mark.parametrize("number", ["../secret", "1/../../x", "", "99", "x", "٣"])
def test_a_number_is_never_a_path(mailbox: Mailbox, number: str) -> None:
    with pytest.raises(NoSuchMail):
        mailbox.content(number)
    with pytest.raises(NoSuchMail):
        mailbox.get(number)


@pytest.mark.parametrize(
    "content", [b"", b"no header at all", b"Subject: \xff\xfe\r\n\r\n", b"Message-ID: <<\r\n\r\n\xff"]
)
async def test_strange_mails_are_kept_and_shown_too(
    mailbox: Mailbox, visitor: httpx.AsyncClient, content: bytes
) -> None:
    number = kept(mailbox, content)
    assert mailbox.content(number) == content
    assert (await visitor.get("/sandbox")).status_code == 200
    for view in ("", "?show=html", "?show=text", "?show=source", "?format=json"):
        assert (await visitor.get(f"/sandbox/{number}{view}")).status_code == 200


# The server, with the courier of production before it.


async def test_what_the_courier_sends_is_kept(mailbox: Mailbox) -> None:
    server = SandboxServer(mailbox, SystemClock(timedelta(days=3)))
    await server.start()
    dotted = invoice_mail(text="..dots\n.\n")
    outcomes = await sent(relay(server.port, connections=3), envelope(1, dotted), *(envelope(n) for n in range(2, 40)))
    await server.stop()
    assert all(isinstance(outcome, Accepted) for outcome in outcomes.values())
    mails = mailbox.listing().mails
    assert len(mails) == 39
    found = next(mail for mail in mails if mail.recipients == ("user1@customer.test",))
    assert found.sender == "bounces+tag@example.test"
    assert mailbox.content(found.id) == dotted
    assert found.at - datetime.now(UTC) > timedelta(days=2)


async def test_the_null_sender_is_kept_as_none(mailbox: Mailbox) -> None:
    server = SandboxServer(mailbox, SystemClock())
    await server.start()
    await sent(relay(server.port), replace(envelope(1), sender=""))
    await server.stop()
    assert mailbox.listing().mails[0].sender == ""


async def test_the_server_listens_on_this_machine_only(mailbox: Mailbox) -> None:
    server = SandboxServer(mailbox, SystemClock())
    await server.start()
    assert server.host == "127.0.0.1"
    assert server.port
    await server.stop()
    await server.stop()


async def test_stopping_the_server_is_bounded(mailbox: Mailbox) -> None:
    server = SandboxServer(mailbox, SystemClock())
    await server.start()
    post = Ledger([envelope(1)])
    async with running(relay(server.port), post, Facts()):
        await post.settled()
        await server.stop(0.05)


async def test_a_full_disk_defers(mailbox: Mailbox, tmp_path: Path) -> None:
    server = SandboxServer(mailbox, SystemClock())
    await server.start()
    (tmp_path / "sandbox" / ".00000001.eml").mkdir()  # stands in the way of the first mail
    outcomes = await sent(relay(server.port), envelope(1))
    await server.stop()
    assert str(outcomes[1]).startswith("452 4.3.1 Not kept")


# The pages.


async def test_the_list_shows_the_newest_first_and_says_that_nothing_leaves(
    mailbox: Mailbox, visitor: httpx.AsyncClient
) -> None:
    for minute in range(60):
        kept(mailbox, invoice_mail(f"mail {minute}"), minute)
    page = (await visitor.get("/sandbox")).text
    assert "Nothing leaves this machine" in page
    assert page.index("mail 59") < page.index("mail 58") < page.index("mail 10")
    assert "mail 9<" not in page
    assert older(page) is not None
    assert "mail 9<" in (await visitor.get(older(page) or "")).text


def older(page: str) -> str | None:
    found = re.search(r'href="(/sandbox\?before=\d+)"', page)
    return found[1] if found else None


async def test_the_list_for_programs(mailbox: Mailbox, visitor: httpx.AsyncClient) -> None:
    numbers = [kept(mailbox, invoice_mail(), minute) for minute in range(3)]
    answer = await visitor.get("/sandbox?format=json&limit=2")
    assert answer.json()[0] == {
        "id": numbers[2],
        "to": "taro@customer.example",
        "subject": "11月分の請求書のお知らせ",
        "kind": "notice",
        "message_id": "n1@issuer.example",
        "at": "2026-11-20T03:06:05.000Z",
    }
    following = await visitor.get(answer.links["next"]["url"])
    assert [row["id"] for row in following.json()] == [numbers[0]]


async def test_a_mail_for_programs(mailbox: Mailbox, visitor: httpx.AsyncClient) -> None:
    number = kept(mailbox, invoice_mail())
    mail: dict[str, Any] = (await visitor.get(f"/sandbox/{number}?format=json")).json()
    assert mail["envelope"] == {"sender": "b@issuer.example", "recipients": ["taro@customer.example"]}
    assert mail["headers"]["From"] == "株式会社サンプル <billing@issuer.example>"
    assert (mail["text"], mail["html"]) == ("Hello\n", "<p>Hello</p>\n")
    assert mail["attachments"][0]["name"] == "請求書 1.pdf"
    attached = await visitor.get(mail["attachments"][0]["url"])
    assert attached.content == b"%PDF-1.7\n"
    assert attached.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E8%AB%8B")


async def test_links_can_be_followed(mailbox: Mailbox, visitor: httpx.AsyncClient) -> None:
    url = "http://127.0.0.1:8080/l/pk1abc.def-_?a=1&b=2"
    html = f'<!doctype html><html><head><meta charset="utf-8"></head><body><a href="{url}">open</a></body></html>'
    number = kept(mailbox, invoice_mail(html=html, text=f"Press:\n{url}\n"))
    text = (await visitor.get(f"/sandbox/{number}?show=text")).text
    assert f'<a href="{url.replace("&", "&amp;")}">' in text
    page = (await visitor.get(f"/sandbox/{number}")).text
    assert f'<iframe src="/sandbox/{number}/html" sandbox="allow-top-navigation-by-user-activation' in page
    part = await visitor.get(f"/sandbox/{number}/html")
    assert '<head><base target="_top">' in part.text
    assert "sandbox allow-top-navigation" in part.headers["content-security-policy"]
    assert "allow-scripts" not in part.headers["content-security-policy"] + page


async def test_the_source_is_shown_as_it_is(mailbox: Mailbox, visitor: httpx.AsyncClient) -> None:
    number = kept(mailbox, content := invoice_mail())
    answer = await visitor.get(f"/sandbox/{number}/source")
    assert answer.content == content
    assert answer.headers["content-type"].startswith("text/plain")
    assert "&lt;n1@issuer.example&gt;" in (await visitor.get(f"/sandbox/{number}?show=source")).text


async def test_markup_in_a_mail_stays_text(mailbox: Mailbox, visitor: httpx.AsyncClient) -> None:
    evil = "<script>alert(1)</script>"
    number = kept(mailbox, invoice_mail(evil, text=f"{evil} http://x/{evil}\n"))
    for url in ("/sandbox", f"/sandbox/{number}", f"/sandbox/{number}?show=text", f"/sandbox/{number}?show=source"):
        answer = await visitor.get(url)
        assert "<script" not in answer.text
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src" not in policy
        assert "unsafe" not in policy


async def test_what_is_not_here_is_not_found(mailbox: Mailbox, visitor: httpx.AsyncClient) -> None:
    number = kept(mailbox, invoice_mail(html=""))
    for path in ("77", "abc", "77/html", "77/source", f"{number}/html", f"{number}/attachments/9", "..%2Fx"):
        assert (await visitor.get(f"/sandbox/{path}")).status_code == 404, path
    assert "no HTML part" in (await visitor.get(f"/sandbox/{number}?show=html")).text
    assert "Hello" in (await visitor.get(f"/sandbox/{number}")).text


async def test_odd_parameters_do_no_harm(visitor: httpx.AsyncClient) -> None:
    for query in ("before=x", "before=-1", "before=0", "limit=0", "limit=9999999", "limit=x", "format=xml"):
        answer = await visitor.get(f"/sandbox?{query}")
        assert answer.status_code == 200
    assert "No mail yet" in answer.text


def test_mails_are_for_nobody_else(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        mailbox = Mailbox(tmp_path / "private")
        mailbox.keep(sender="a@b.example", recipients=["c@d.example"], content=b"Subject: x\r\n\r\n", at=AT)
    finally:
        os.umask(before)
    modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "private").iterdir()}
    assert modes == {".eml": 0o600, ".json": 0o600}
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700
