"""The pages behind the two links of a succession: the successor's, and the one that takes it back.

Owns what a press of each means. Confirming can be taken back for days, and taking back leaves all as it was: one
button does. Declining is final for this question, so it takes a choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.edges.web.registration import GO

if TYPE_CHECKING:
    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts, Visit
    from mailbot.flows.succession import SuccessionPage

REFUSE = "refuse"
"""Value of `go`, and of the field `choice` once somebody has chosen it."""


class SuccessorLink:
    """Asks whom a recipient named."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, visit: Visit) -> Response:
        """Show who named the visitor for what, or what became of it."""
        return _answer(self._parts, visit, self._parts.succession.look(visit.link), "successor")

    async def press(self, visit: Visit) -> Response:
        """Confirm, or decline where that was chosen by hand."""
        flow = self._parts.succession
        if visit.form.get(GO) != REFUSE:
            page = await flow.confirm(visit.link, network=visit.network)
        elif visit.form.get("choice") == REFUSE:
            page = await flow.refuse(visit.link)
        else:
            return _answer(self._parts, visit, flow.look(visit.link), "successor", unchosen=True)
        return _answer(self._parts, visit, page, "successor")


class UndoLink:
    """Lets whoever is replaced take that back."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, visit: Visit) -> Response:
        """Show who is to come and when, or what became of it."""
        return _answer(self._parts, visit, self._parts.succession.look(visit.link), "undo")

    async def press(self, visit: Visit) -> Response:
        """Take it back."""
        return _answer(self._parts, visit, await self._parts.succession.undo(visit.link), "undo")


def _answer(parts: Parts, visit: Visit, page: SuccessionPage, name: str, *, unchosen: bool = False) -> Response:
    return parts.pages.answer(
        name,
        page.locale,
        page.state.value,
        page=page,
        issuer=page.issuer,
        unchosen=unchosen,
        seen=parts.seen.sign(visit.link.purpose, visit.link.ids[0], visit.network),
    )
