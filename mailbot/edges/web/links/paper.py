"""The page behind a letter's QR code: the claim page with the temporary ID filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.domain import paper_code
from mailbot.edges.web.claim import Entry, show_entry

if TYPE_CHECKING:
    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts, Visit


class PaperLink:
    """Saves typing, and proves nothing: the temporary password stands on the letter only."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, visit: Visit) -> Response:
        """Show the claim page, whose form goes to `/claim`."""
        shown = paper_code.shown(self._parts.claim.paper_id(visit.link))
        entry = Entry(typed={"email": "", "paper_id": shown, "paper_password": ""})
        return show_entry(self._parts, visit.request, entry)

    async def press(self, visit: Visit) -> Response:
        """Show the same: nothing is pressed here."""
        return self.show(visit)
