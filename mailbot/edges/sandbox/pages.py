"""Pages to read the mails that a sandbox keeps.

Owns `/sandbox` and what lies below it. Every page forbids scripts; a mail's HTML stands in a frame of its own, where
nothing runs and nothing is fetched from elsewhere, yet its links lead on. Reading changes nothing.
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from mailbot.clock import stamp
from mailbot.edges.sandbox.mailbox import NoSuchMail
from mailbot.edges.sandbox.reading import Letter, read

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime, tzinfo
    from pathlib import Path

    from starlette.requests import Request

    from mailbot.edges.sandbox.mailbox import Kept, Mailbox

PAGE = 50
LONGEST_PAGE = 1000
LONGEST_SOURCE = 512 * 1024
"""Characters of a source that are shown on a page; all of it is behind a link."""
VIEWS = ("html", "text", "source")

_COMMON = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_OURS = {
    **_COMMON,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; frame-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}
# The same flags as on the frame, so that the part is as harmless when opened by itself. A link leaves the frame: the
# page behind it has a form, which would not work inside.
FRAME = "allow-top-navigation-by-user-activation allow-popups allow-popups-to-escape-sandbox"
_THEIRS = {
    **_COMMON,
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox {FRAME}"
    ),
}
_LINK = re.compile(r"https?://[^\s<>\"'、。」)]+")
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


def routes(mailbox: Mailbox, templates: Path, zone: tzinfo = UTC) -> list[Route]:
    """Return the routes; `templates` holds the folder `sandbox`, `zone` is the one that times are shown in."""
    pages = _Pages(mailbox, templates, zone)
    return [
        Route("/sandbox", pages.listing, name="sandbox"),
        Route("/sandbox/style.css", pages.style, name="sandbox_style"),
        Route("/sandbox/{id}", _or_missing(pages.mail), name="sandbox_mail"),
        Route("/sandbox/{id}/html", _or_missing(pages.html), name="sandbox_html"),
        Route("/sandbox/{id}/source", _or_missing(pages.source), name="sandbox_source"),
        Route("/sandbox/{id}/attachments/{number:int}", _or_missing(pages.attachment), name="sandbox_attachment"),
    ]


class _Pages:
    def __init__(self, mailbox: Mailbox, templates: Path, zone: tzinfo) -> None:
        self._mailbox = mailbox
        self._zone = zone
        folder = templates / "sandbox"
        self._style = (folder / "style.css").read_text("utf-8")
        self._environment = Environment(
            loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._environment.filters.update(links=_with_links, local=self._local, size=_size)

    async def listing(self, request: Request) -> Response:
        before = request.query_params.get("before", "")
        page = self._mailbox.listing(
            before=before if before.isascii() and before.isdigit() else None,
            limit=_limit(request.query_params.get("limit", "")),
        )
        if _wants_json(request):
            following = {"Link": f'</sandbox?format=json&before={page.older}>; rel="next"'} if page.older else {}
            return JSONResponse([_row(kept) for kept in page.mails], headers={**_COMMON, **following})
        return self._page("list.html.j2", page=page, newest=not before)

    async def mail(self, request: Request) -> Response:
        kept, letter = self._opened(request)
        if _wants_json(request):
            return JSONResponse(_whole(kept, letter), headers=_COMMON)
        view = request.query_params.get("show", "")
        if view not in VIEWS:
            view = "text" if letter.html is None else "html"
        source = self._mailbox.content(kept.id) if view == "source" else b""
        return self._page(
            "mail.html.j2",
            kept=kept,
            letter=letter,
            view=view,
            frame=FRAME,
            source=source[:LONGEST_SOURCE].decode("utf-8", "replace"),
            cut=len(source) > LONGEST_SOURCE,
        )

    async def html(self, request: Request) -> Response:
        _, letter = self._opened(request)
        if letter.html is None:
            raise NoSuchMail("this mail has no HTML part")
        return HTMLResponse(_leading_out(letter.html), headers=_THEIRS)

    async def source(self, request: Request) -> Response:
        return PlainTextResponse(self._mailbox.content(request.path_params["id"]), headers=_OURS)

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
            headers={**_OURS, "Content-Disposition": disposition},
        )

    async def style(self, _request: Request) -> Response:
        return Response(self._style, media_type="text/css", headers=_OURS)

    def _opened(self, request: Request) -> tuple[Kept, Letter]:
        kept = self._mailbox.get(request.path_params["id"])
        return kept, read(self._mailbox.content(kept.id))

    def _page(self, template: str, **context: object) -> Response:
        return HTMLResponse(self._environment.get_template(template).render(context), headers=_OURS)

    def _local(self, moment: datetime, form: str) -> str:
        return moment.astimezone(self._zone).strftime(form)


def _or_missing(page: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Answer 404 for a mail that is not kept here."""

    async def answered(request: Request) -> Response:
        try:
            return await page(request)
        except NoSuchMail as missing:
            return PlainTextResponse(f"{missing}\n", status_code=404, headers=_OURS)

    return answered


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


def _with_links(text: str) -> Markup:
    """Escape `text` and make its web addresses links."""
    pieces, done = [], 0
    for found in _LINK.finditer(text):
        url = escape(found[0])
        pieces += [escape(text[done : found.start()]), Markup('<a href="{0}">{0}</a>').format(url)]
        done = found.end()
    return Markup("").join([*pieces, escape(text[done:])])


def _size(count: int) -> str:
    return f"{count} B" if count < 1024 else f"{count / 1024:.0f} KB"  # noqa: PLR2004 - a kilobyte
