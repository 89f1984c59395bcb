"""Answering a mail of the sandbox: the box below it, and the page that says what mailbot made of the answer.

Owns what may be sent from there. Nothing is sent twice by looking again: a press leads to a page of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from uuid import uuid4

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from mailbot.edges.sandbox.answering import BOUNCES, NoWayBack, absence, bounce, reply
from mailbot.edges.sandbox.mailbox import NoSuchMail
from mailbot.edges.sandbox.paper import OURS
from mailbot.edges.sandbox.reading import read

if TYPE_CHECKING:
    from starlette.requests import Request

    from mailbot.clock import Clock
    from mailbot.edges.sandbox.answering import Ear, Post
    from mailbot.edges.sandbox.mailbox import Kept, Mailbox
    from mailbot.edges.sandbox.paper import Paper

LARGEST = 128 * 1024
"""Octets of a form."""

SINCE = 20
"""Mails that are listed as having followed."""


class AnswerPages:
    """Takes the visitor's answers to mailbot."""

    def __init__(self, mailbox: Mailbox, paper: Paper, ear: Ear, clock: Clock) -> None:
        self._mailbox = mailbox
        self._paper = paper
        self._ear = ear
        self._clock = clock

    async def send(self, request: Request) -> Response:
        """Send what the visitor wrote, or what a button stands for."""
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return PlainTextResponse("this press does not come from a page of the sandbox\n", 403, headers=OURS)
        kept = self._mailbox.get(request.path_params["id"])
        body = await _body(request)
        newest = self._mailbox.listing(limit=1).mails[0].id
        try:
            inbox_id = await self._ear.hear(self._post(kept, _Form.read(body)))
        except NoWayBack as why:
            return self._paper.page("answered.html.j2", status=409, **self._page(kept, str(why)))
        return RedirectResponse(f"/sandbox/{kept.id}/answer/{inbox_id or 0}?since={newest}", 303, headers=OURS)

    def _post(self, kept: Kept, form: _Form) -> Post:
        content, at, unique = self._mailbox.content(kept.id), self._clock.now(), uuid4().hex
        letter = read(content)
        if form.how in BOUNCES:
            return bounce(kept, content, why=form.how, at=at, unique=unique)
        if form.how == "absence":
            return absence(kept, letter, at=at, unique=unique)
        if not form.words:
            raise NoWayBack("there is nothing to send yet: write an answer, or press one of the buttons")
        return reply(kept, letter, words=form.words, at=at, unique=unique)

    async def told(self, request: Request) -> Response:
        """Say what mailbot made of an answer; the page looks again by itself until there is something to say."""
        kept = self._mailbox.get(request.path_params["id"])
        told = self._ear.told(request.path_params["inbox"])
        if told is None:
            raise NoSuchMail("mailbot was given no such mail")
        since = request.query_params.get("since", "")
        followed = self._followed(since) if since.isascii() and since.isdigit() else []
        return self._paper.page("answered.html.j2", **self._page(kept, "", told=told, followed=followed))

    def _page(self, kept: Kept, problem: str, **more: object) -> dict[str, Any]:
        return {"kept": kept, "problem": problem, "told": None, "followed": [], **more}

    def _followed(self, since: str) -> list[Kept]:
        return [kept for kept in self._mailbox.listing(limit=SINCE).mails if int(kept.id) > int(since)]


@dataclass(frozen=True, slots=True)
class _Form:
    words: str
    how: str

    @classmethod
    def read(cls, body: bytes) -> _Form:
        """Read what was pressed; raises `NoWayBack` where a successor is to be named and no address was typed."""
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
        word = fields.get("quick", [""])[0]
        if "name" in fields:
            word = f"{fields['name'][0]} {_address(fields.get('address', [''])[0])}"
        return cls(word or fields.get("words", [""])[0].strip(), fields.get("how", [""])[0])


def _address(typed: str) -> str:
    if not typed.strip():
        raise NoWayBack("there is no address yet: write the one of the successor beside the button")
    return typed.strip()


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            break
    return body[:LARGEST]
