"""Pages to read the mails that a sandbox keeps.

Owns `/sandbox` and what lies below it. Every page forbids scripts; a mail's HTML stands in a frame of its own, where
nothing runs and nothing is fetched from elsewhere, yet its links lead on. Reading changes nothing.
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from mailbot.clock import stamp
from mailbot.edges.sandbox.answers import AnswerPages
from mailbot.edges.sandbox.mailbox import NoSuchMail
from mailbot.edges.sandbox.paper import COMMON, FRAME, OURS, THEIRS, Paper, or_missing
from mailbot.edges.sandbox.quick import quick
from mailbot.edges.sandbox.reading import Letter, read

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path

    from starlette.requests import Request

    from mailbot.clock import Clock
    from mailbot.edges.sandbox.answering import Ear
    from mailbot.edges.sandbox.mailbox import Kept, Mailbox

PAGE = 50
LONGEST_PAGE = 1000
LONGEST_SOURCE = 512 * 1024
"""Characters of a source that are shown on a page; all of it is behind a link."""
VIEWS = ("html", "text", "source")

_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


def routes(
    mailbox: Mailbox, templates: Path, zone: tzinfo = UTC, *, ear: Ear | None = None, clock: Clock | None = None
) -> list[Route]:
    """Return the routes.

    `templates` holds the folder `sandbox`, `zone` is the one that times are shown in; mails can be answered where there
    is an `ear` for what comes back, by the moments of `clock`.
    """
    paper = Paper(templates / "sandbox", zone)
    pages = _Pages(mailbox, paper, can_answer=ear is not None)
    return [
        *([] if ear is None or clock is None else _answering(AnswerPages(mailbox, paper, ear, clock))),
        Route("/sandbox", pages.listing, name="sandbox"),
        Route("/sandbox/style.css", pages.style, name="sandbox_style"),
        Route("/sandbox/{id}", or_missing(pages.mail), name="sandbox_mail"),
        Route("/sandbox/{id}/html", or_missing(pages.html), name="sandbox_html"),
        Route("/sandbox/{id}/source", or_missing(pages.source), name="sandbox_source"),
        Route("/sandbox/{id}/attachments/{number:int}", or_missing(pages.attachment), name="sandbox_attachment"),
    ]


def _answering(pages: AnswerPages) -> list[Route]:
    return [
        Route("/sandbox/{id}/answer", or_missing(pages.send), methods=["POST"], name="sandbox_answer"),
        Route("/sandbox/{id}/answer/{inbox:int}", or_missing(pages.told), name="sandbox_told"),
    ]


class _Pages:
    def __init__(self, mailbox: Mailbox, paper: Paper, *, can_answer: bool) -> None:
        self._mailbox = mailbox
        self._paper = paper
        self._can_answer = can_answer

    async def listing(self, request: Request) -> Response:
        before = request.query_params.get("before", "")
        page = self._mailbox.listing(
            before=before if before.isascii() and before.isdigit() else None,
            limit=_limit(request.query_params.get("limit", "")),
        )
        if _wants_json(request):
            following = {"Link": f'</sandbox?format=json&before={page.older}>; rel="next"'} if page.older else {}
            return JSONResponse([_row(kept) for kept in page.mails], headers={**COMMON, **following})
        return self._paper.page("list.html.j2", page=page, newest=not before)

    async def mail(self, request: Request) -> Response:
        kept, letter = self._opened(request)
        if _wants_json(request):
            return JSONResponse(_whole(kept, letter), headers=COMMON)
        view = request.query_params.get("show", "")
        if view not in VIEWS:
            view = "text" if letter.html is None else "html"
        source = self._mailbox.content(kept.id) if view == "source" else b""
        return self._paper.page(
            "mail.html.j2",
            kept=kept,
            letter=letter,
            view=view,
            frame=FRAME,
            quick=quick(kept, letter),
            source=source[:LONGEST_SOURCE].decode("utf-8", "replace"),
            cut=len(source) > LONGEST_SOURCE,
            can_answer=self._can_answer,
            can_bounce=bool(kept.sender),
        )

    async def html(self, request: Request) -> Response:
        _, letter = self._opened(request)
        if letter.html is None:
            raise NoSuchMail("this mail has no HTML part")
        return HTMLResponse(_leading_out(letter.html), headers=THEIRS)

    async def source(self, request: Request) -> Response:
        return PlainTextResponse(self._mailbox.content(request.path_params["id"]), headers=OURS)

    async def attachment(self, request: Request) -> Response:
        _, letter = self._opened(request)
        number = request.path_params["number"]
        if not 1 <= number <= len(letter.attachments):
            raise NoSuchMail("this mail has no such attachment")
        attached = letter.attachments[number - 1]
        disposition = f"attachment; filename*=UTF-8''{quote(attached.name, safe='')}"
        return Response(
            attached.content,
            media_type="application/pdf" if attached.type == "application/pdf" else "application/octet-stream",
            headers={**OURS, "Content-Disposition": disposition},
        )

    async def style(self, _request: Request) -> Response:
        return Response(self._paper.style, media_type="text/css", headers=OURS)

    def _opened(self, request: Request) -> tuple[Kept, Letter]:
        kept = self._mailbox.get(request.path_params["id"])
        return kept, read(self._mailbox.content(kept.id))


def _wants_json(request: Request) -> bool:
    return request.query_params.get("format") == "json"


def _limit(typed: str) -> int:
    return min(max(int(typed), 1), LONGEST_PAGE) if typed.isascii() and typed.isdigit() else PAGE


def _row(kept: Kept) -> dict[str, object]:
    return {
        "id": kept.id,
        "to": ", ".join(kept.recipients),
        "subject": kept.subject,
        "kind": kept.kind,
        "message_id": kept.message_id,
        "at": stamp(kept.at),
    }


def _whole(kept: Kept, letter: Letter) -> dict[str, object]:
    attached = [
        {
            "name": one.name,
            "type": one.type,
            "size": len(one.content),
            "url": f"/sandbox/{kept.id}/attachments/{number}",
        }
        for number, one in enumerate(letter.attachments, 1)
    ]
    return {
        **_row(kept),
        "envelope": {"sender": kept.sender, "recipients": list(kept.recipients)},
        "headers": dict(letter.headers),
        "text": letter.text,
        "html": letter.html,
        "attachments": attached,
    }


def _leading_out(html: str) -> str:
    """Have every link open in the whole window instead of the frame."""
    base = '<base target="_top">'
    found = _HEAD.search(html)
    return base + html if found is None else html[: found.end()] + base + html[found.end() :]
