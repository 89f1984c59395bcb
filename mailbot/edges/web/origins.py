"""Whether a press comes from one of our own pages.

Owns the reading of `Sec-Fetch-Site` and, for browsers without it, `Origin`. Our pages send no referrer, so their
`Origin` is `null` (Fetch §3.2.5): that says nothing, and the signed `seen` decides alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mailbot.edges.web.forms import read_form
from mailbot.errors import Refused

if TYPE_CHECKING:
    from starlette.requests import Request


class ForeignPress(Refused):
    """A page of another site sent this press (HTTP 403)."""


def from_our_own_page(request: Request, base_url: str) -> bool:
    """Return False where the browser says that another site's page than those at `base_url` sent this."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin", "null")
    if origin == "null":
        return True
    # Compared as text: what a browser sends has one form, and `urlsplit` raises on what none would send.
    sender = origin.partition("://")[2]
    return sender in (urlsplit(base_url).netloc, request.headers.get("host"))


async def own_form(request: Request, base_url: str) -> dict[str, str]:
    """Read the form that one of our own pages sent; raises `ForeignPress` for another site's."""
    if not from_our_own_page(request, base_url):
        raise ForeignPress("this press does not come from a page of ours")
    return await read_form(request)
