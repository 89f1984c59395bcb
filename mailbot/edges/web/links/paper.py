"""The page behind a letter's QR code: the claim page with the temporary ID filled in, or what became of the letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.domain import paper_code
from mailbot.edges.web.claim import Entry, over, show_entry

if TYPE_CHECKING:
    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts, Visit


class PaperLink:
    """Saves typing, and proves nothing: the temporary password stands on the letter only."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, visit: Visit) -> Response:
        """Show the claim page, whose form goes to `/claim`; a letter that works no more says so at once."""
        page = self._parts.claim.letter(visit.link)
        if page.over:
            return over(self._parts, visit.request, page.over, page.issuer.code)
        typed = {"email": "", "paper_id": paper_code.shown(page.paper_id), "paper_password": ""}
        entry = Entry(typed=typed, issuer=page.issuer)
        return show_entry(self._parts, visit.request, entry)

    async def press(self, visit: Visit) -> Response:
        """Show the same: nothing is pressed here."""
        return self.show(visit)
