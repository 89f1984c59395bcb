"""The page behind the last link of a reminder: stop reminders, put them off, or have them again.

Owns that nothing is chosen before somebody chooses: a machine that presses the button changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.flows.mute import PAUSES, RESUME, STOP

if TYPE_CHECKING:
    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts, Visit
    from mailbot.flows.mute import MutePage

CHOICE = "reminders"
"""Name of the field that somebody chooses in."""

CHOICES = (*PAUSES, STOP, RESUME)


class MuteLink:
    """Shows how reminders stand, and changes that."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, visit: Visit) -> Response:
        """Show whether this address gets reminders, and what may be chosen."""
        return self._answer(visit, self._parts.mute.look(visit.link))

    async def press(self, visit: Visit) -> Response:
        """Do what was chosen; where nothing was, say so."""
        assert visit.seen_at is not None  # noqa: S101 - dispatch lets no other press through
        page, choice = self._parts.mute.look(visit.link), visit.form.get(CHOICE, "")
        if choice not in CHOICES:
            problems = {CHOICE: "choose"} if page.state in ("ready", "done") else {}
            return self._answer(visit, page, problems=problems)
        return self._answer(
            visit, await self._parts.mute.act(visit.link, choice=choice, seen_at=visit.seen_at), pressed=True
        )

    def _answer(
        self, visit: Visit, page: MutePage, *, problems: dict[str, str] | None = None, pressed: bool = False
    ) -> Response:
        link = visit.link
        return self._parts.pages.answer(
            "mute",
            page.locale,
            page.state,
            page=page,
            issuer=page.issuer,
            choices=CHOICES[:-1] if page.stands == "on" else CHOICES,
            problems=problems or {},
            pressed=pressed,
            seen=self._parts.seen.sign(link.purpose, link.ids[0], visit.network),
        )
