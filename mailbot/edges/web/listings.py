"""The list of a customer's invoices, as it stands on two pages.

Owns paging, so that a page stays small however many invoices there are, and the list's own form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.edges.web.parts import client_of
from mailbot.links import Purpose

if TYPE_CHECKING:
    from starlette.requests import Request

    from mailbot.edges.web.parts import Parts
    from mailbot.flows.sign_in import Session

ROWS = 30
"""Invoices on one page."""

_DIGITS = 5


def list_values(parts: Parts, session: Session, request: Request) -> dict[str, object]:
    """Return what the list's template wants: the invoices of the page asked for, newest first."""
    listing = parts.download.listing(session)
    pages = max(1, -(-len(listing.invoices) // ROWS))
    number = min(max(_asked(request), 1), pages)
    return {
        "listing": listing,
        "rows": listing.invoices[(number - 1) * ROWS : number * ROWS],
        "number": number,
        "pages": pages,
        "list_seen": parts.seen.sign(Purpose.SESSION, session.id, client_of(request).network),
    }


def _asked(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 1
