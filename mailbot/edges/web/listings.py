"""The list of invoices, as it stands on two pages: of one customer, or of all that a person's account is joined to.

Owns paging, so that a page stays small however many invoices there are, and the list's own forms, one a customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from mailbot.edges.web.parts import client_of
from mailbot.links import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from mailbot.edges.web.parts import Parts
    from mailbot.flows.download import InvoiceView
    from mailbot.flows.session import CustomerRef, Session

ROWS = 15
"""Invoices on one page: with them it stays under 30 KB."""

_DIGITS = 5
_ID_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Group:
    """The invoices of one customer that stand on a page."""

    customer: CustomerRef
    rows: list[InvoiceView]


def list_values(parts: Parts, session: Session, request: Request) -> dict[str, object]:
    """Return what the list's template wants: the invoices of the page asked for, newest first for each customer."""
    found = [
        (customer, invoice)
        for customer in session.customers
        for invoice in parts.download.listing(session.at_id(customer.id)).invoices
    ]
    pages = max(1, -(-len(found) // ROWS))
    number = min(max(_asked(request), 1), pages)
    here = found[(number - 1) * ROWS : number * ROWS]
    return {
        "groups": [
            Group(customer, [invoice for _, invoice in pairs])
            for customer, pairs in groupby(here, key=lambda pair: pair[0])
        ],
        "several": len(session.customers) > 1,
        "number": number,
        "pages": pages,
        "list_seen": parts.seen.sign(Purpose.SESSION, session.id, client_of(request).network),
    }


def chosen(session: Session, form: Mapping[str, str]) -> Session:
    """Return the session at the customer whose list was pressed; raises `Refused` for any other customer."""
    customer = form.get("of", "")
    if customer.isascii() and customer.isdigit() and len(customer) <= _ID_DIGITS:
        return session.at_id(int(customer))
    return session


def _asked(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 1
