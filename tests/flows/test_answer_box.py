"""The sandbox's answer box: what a visitor presses comes in as a mail, and what mailbot made of it is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest
from flow_inbound import judge, listens
from starlette.applications import Starlette

from mailbot import stationery
from mailbot.daemon.sandbox import Listening
from mailbot.edges.sandbox import Mailbox, routes
from mailbot.flows.hear import Hear
from mailbot.mail.parse import parse
from mailbot.store import inbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from flow_office import Office

    from mailbot.edges.sandbox.mailbox import Kept
    from mailbot.mail.parse import Message
    from mailbot.store.inbox import Inbound

EMAIL = "keiri@sakura.example"


@dataclass(frozen=True, slots=True)
class Box:
    """A sandbox in which a visitor answers mails."""

    office: Office
    mailbox: Mailbox
    client: httpx.AsyncClient

    async def send(self) -> None:
        """Have the office send what is due; the sandbox keeps it."""
        for each in await self.office.post():
            now = self.office.clock.now()
            self.mailbox.keep(sender=each.sender, recipients=[each.recipient], content=each.content, at=now)

    def newest(self, kind: str) -> Kept:
        return next(kept for kept in self.mailbox.listing().mails if kept.kind == kind)

    async def page(self, kind: str) -> str:
        return (await self.client.get(f"/sandbox/{self.newest(kind).id}")).text

    async def press(self, kind: str, **form: str) -> httpx.Response:
        return await self.client.post(f"/sandbox/{self.newest(kind).id}/answer", data=form)

    async def told(self, kind: str, **form: str) -> tuple[Inbound, str]:
        """Press, have it judged, and return what mailbot made of it, on file and on the page."""
        answer = await self.press(kind, **form)
        assert answer.status_code == 303, answer.text
        await judge(self.office)
        await self.send()
        return self.came_in()[-1], (await self.client.get(answer.headers["location"])).text

    def came_in(self) -> list[Inbound]:
        return self.office.database.read(
            lambda reading: [mail for mail, _ in inbox.newest(reading, inbox.InboxSearch())][::-1]
        )

    def raw(self, inbox_id: int) -> Message:
        return parse(self.office.database.read(lambda reading: inbox.raw(reading, inbox_id)))


@pytest.fixture
async def box(office: Office, tmp_path: Path) -> AsyncIterator[Box]:
    """A sandbox that has sent a customer one notice."""
    listens(office)
    mailbox = Mailbox(tmp_path / "sandbox")
    ear = Listening(Hear(office.desk))
    pages = Starlette(routes=list(routes(mailbox, stationery.ours(), ear=ear, clock=office.clock)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url="http://sandbox.test") as client:
        box = Box(office, mailbox, client)
        await office.customer("C-1", EMAIL)
        await office.issued("C-1", "A-1", sent=False)
        await box.send()
        yield box


async def test_an_answer_comes_in_as_a_mail_program_sends_it(box: Box) -> None:
    words = "お世話になっております。お振込は来月になります。"
    found, page = await box.told("notice", words=words)
    notice = parse(box.mailbox.content(box.newest("notice").id))
    mail = box.raw(found.id)
    assert (found.door, found.sender, found.recipients) == ("sandbox", EMAIL, (mail.first("to"),))
    assert mail.first("from") == EMAIL
    assert mail.first("to") in notice.first("reply-to")
    assert mail.first("subject") == f"Re: {notice.first('subject')}"
    assert mail.first("in-reply-to") == mail.first("references") == notice.first("message-id")
    said = mail.text().splitlines()
    assert said[0] == words
    assert any(line.startswith("> ") for line in said), "the mail is quoted below"
    assert (found.kind, found.action) == ("person", "forwarded")
    assert box.newest("forward").subject in page, "what followed is listed"


@pytest.mark.parametrize(("word", "action"), [("受領", "received"), ("再送", "resent"), ("停止", "stopped")])
async def test_one_word_acts(box: Box, word: str, action: str) -> None:
    found, page = await box.told("notice", quick=word)
    assert (found.kind, found.action) == ("command", action)
    assert action in page
    assert f"/sandbox/{box.newest('answer').id}" in page


async def test_who_receives_from_now_on_is_named_by_an_address(box: Box) -> None:
    found, _ = await box.told("notice", name="担当変更", address=" kouho@sakura.example ", words="")
    assert (found.kind, found.action) == ("command", "successor")
    missing = await box.press("notice", name="担当変更", address=" ")
    assert missing.status_code == 409
    assert "write the one of the successor" in missing.text


@pytest.mark.parametrize(
    ("how", "kind", "action", "status"),
    [
        ("unknown", "bounce", "undeliverable", "undeliverable"),
        ("full", "bounce", "weakened", "confirmed"),
        ("absence", "auto-reply", "noted", "confirmed"),
    ],
)
async def test_a_server_answers(box: Box, how: str, kind: str, action: str, status: str) -> None:
    found, page = await box.told("notice", how=how)
    assert (found.kind, found.action, found.sender, found.attributed_by) == (kind, action, "", "tag")
    assert found.recipients == (box.newest("notice").sender,)
    assert box.office.value("SELECT status FROM addresses") == status
    assert action in page


async def test_without_a_word_nothing_is_sent(box: Box) -> None:
    for form in ({}, {"words": " \n"}, {"quick": ""}, {"how": "nonsense"}):
        answer = await box.press("notice", **form)
        assert answer.status_code == 409
        assert "There is nothing to send yet" in answer.text
    assert box.came_in() == []


async def test_an_answer_of_ours_has_no_return_path_for_a_server_to_answer(box: Box) -> None:
    await box.told("notice", quick="受領")
    assert 'name="how"' not in await box.page("answer")
    for how in ("unknown", "full", "absence"):
        answer = await box.press("answer", how=how)
        assert answer.status_code == 409
        assert "nothing answers an answer" in answer.text
    assert len(box.came_in()) == 1
    found, _ = await box.told("answer", words="未受領")
    assert (found.kind, found.action) == ("command", "disavowed"), "a person may answer it"


async def test_a_mail_to_staff_can_be_answered_and_is_passed_over(box: Box) -> None:
    await box.told("notice", words="質問があります。")
    found, _ = await box.told("forward", words="承知しました。")
    assert found.recipients == (EMAIL,), "it goes to whoever asked"


async def test_the_page_looks_again_until_there_is_something_to_say(box: Box) -> None:
    answer = await box.press("notice", quick="受領")
    url = answer.headers["location"]
    waiting = (await box.client.get(url)).text
    assert '<meta http-equiv="refresh"' in waiting
    assert "is reading it" in waiting
    await judge(box.office)
    judged = (await box.client.get(url)).text
    assert "http-equiv" not in judged
    assert "received" in judged
    assert "No mail has followed yet" in judged


async def test_looking_again_sends_nothing_twice(box: Box) -> None:
    answer = await box.press("notice", quick="受領")
    for _ in range(3):
        assert (await box.client.get(answer.headers["location"])).status_code == 200
    await judge(box.office)
    assert len(box.came_in()) == 1
    assert (await box.client.get(f"/sandbox/{box.newest('notice').id}/answer")).status_code == 405


async def test_a_press_from_elsewhere_sends_nothing(box: Box) -> None:
    path = f"/sandbox/{box.newest('notice').id}/answer"
    for site in ("cross-site", "same-site"):
        answer = await box.client.post(path, data={"quick": "受領"}, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
    assert box.came_in() == []
    answer = await box.client.post(path, data={"quick": "受領"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303


async def test_what_is_not_here_is_not_found(box: Box) -> None:
    assert (await box.client.post("/sandbox/77/answer", data={"quick": "受領"})).status_code == 404
    assert (await box.client.get(f"/sandbox/{box.newest('notice').id}/answer/77")).status_code == 404
    assert (await box.client.get("/sandbox/77/answer/1")).status_code == 404


async def test_what_cannot_be_read_is_shown_as_set_aside(box: Box) -> None:
    answer = await box.press("notice", quick="受領")
    inbox_id = box.came_in()[0].id
    box.office.execute("UPDATE inbox_raw SET content = X'20'")
    await judge(box.office)
    page = (await box.client.get(answer.headers["location"])).text
    assert box.office.value("SELECT state FROM inbox WHERE id = ?", inbox_id) == "set_aside"
    assert "the mail is empty" in page


@pytest.mark.parametrize(
    ("kind", "locale", "offered"),
    [
        ("notice", "ja", {"受領", "再送", "一覧", "停止", "停止 7日", "再開", "担当変更"}),
        ("notice", "en", {"received", "resend", "list", "stop", "stop 7 days", "resume", "successor"}),
        ("invitation", "ja", {"承認", "辞退"}),
        ("invitation", "en", {"approve", "decline"}),
        ("sign_in", "ja", set()),
        ("staff", "en", set()),
    ],
)
async def test_the_words_that_are_offered_fit_the_mail(box: Box, kind: str, locale: str, offered: set[str]) -> None:
    words = "お知らせ" if locale == "ja" else "A notice"
    content = (
        f"From: a@b.example\r\nX-Mailbot-Kind: {kind}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n"
    )
    box.mailbox.keep(sender="b@c.example", recipients=[EMAIL], content=content.encode(), at=box.office.clock.now())
    page = await box.page(kind)
    assert set(re.findall(r'name="(?:quick|name)" value="([^"]+)"', page)) == offered


async def test_where_nobody_hears_there_is_no_box(office: Office, tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "sandbox")
    kept = mailbox.keep(sender="b@c.example", recipients=[EMAIL], content=b"\r\n", at=office.clock.now())
    transport = httpx.ASGITransport(Starlette(routes=list(routes(mailbox, stationery.ours()))))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.test") as client:
        assert "<form" not in (await client.get(f"/sandbox/{kept.id}")).text
        assert (await client.post(f"/sandbox/{kept.id}/answer", data={"quick": "受領"})).status_code == 404
