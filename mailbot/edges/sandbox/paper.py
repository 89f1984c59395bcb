"""What every page of the sandbox is printed on: templates, filters, and the headers that keep foreign mail harmless."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from mailbot.edges.sandbox.mailbox import NoSuchMail

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime, tzinfo
    from pathlib import Path

    from starlette.requests import Request

COMMON = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
OURS = {
    **COMMON,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; frame-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}
# The same flags as on the frame, so that the part is as harmless when opened by itself. A link leaves the frame: the
# page behind it has a form, which would not work inside.
FRAME = "allow-top-navigation-by-user-activation allow-popups allow-popups-to-escape-sandbox"
THEIRS = {
    **COMMON,
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox {FRAME}"
    ),
}
_LINK = re.compile(r"https?://[^\s<>\"'、。」)]+")


class Paper:
    """Renders the sandbox's templates."""

    def __init__(self, folder: Path, zone: tzinfo) -> None:
        self._zone = zone
        self.style = (folder / "style.css").read_text("utf-8")
        self._environment = Environment(
            loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._environment.filters.update(links=_with_links, local=self._local, size=_size)

    def page(self, template: str, *, status: int = 200, **context: object) -> Response:
        """Return a page."""
        text = self._environment.get_template(template).render(context)
        return HTMLResponse(text, status_code=status, headers=OURS)

    def _local(self, moment: datetime, form: str) -> str:
        return moment.astimezone(self._zone).strftime(form)


def or_missing(page: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Answer 404 for a mail that is not kept here."""

    async def answered(request: Request) -> Response:
        try:
            return await page(request)
        except NoSuchMail as missing:
            return PlainTextResponse(f"{missing}\n", status_code=404, headers=OURS)

    return answered


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
