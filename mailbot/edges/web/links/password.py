"""The page behind a mailed link that sets a new password, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.domain.company import REQUIRED
from mailbot.edges.web.registration import GO, HIDE, SHOW, is_shown

if TYPE_CHECKING:
    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts, Visit
    from mailbot.flows.credentials import PasswordPage

NEW = "new"
"""Name of the one field."""


class PasswordLink:
    """Shows the field, and sets the password."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, visit: Visit) -> Response:
        """Show the field, or what became of the link."""
        return self._answer(visit, self._parts.change_password.look(visit.link))

    async def press(self, visit: Visit) -> Response:
        """Set the password, or mail a new link where this one works no more."""
        page, new = self._parts.change_password.look(visit.link), visit.form.get(NEW, "")
        if page.state in ("expired", "superseded"):
            await self._parts.change_password.mail_link(page.email, network=visit.network)
            return self._answer(visit, page, look="renewed")
        if page.state != "ready" or visit.form.get(GO) in (SHOW, HIDE):
            return self._answer(visit, page)
        if not new:
            return self._answer(visit, page, problems={NEW: REQUIRED})
        page = await self._parts.change_password.set(visit.link, new)
        if page.problem is not None:
            return self._answer(visit, page, problems={NEW: page.problem})
        response = self._answer(visit, page)
        if page.session_id is not None:
            self._parts.cookie.put(response, self._parts.sign_in.cookie(page.session_id))
        return response

    def _answer(
        self, visit: Visit, page: PasswordPage, *, look: str = "", problems: dict[str, str] | None = None
    ) -> Response:
        link = visit.link
        return self._parts.pages.answer(
            "password_link",
            page.locale,
            page.state,
            # A renewal is a press that succeeded, though the link itself stays as it is.
            status=200 if look else None,
            look=look or page.state,
            page=page,
            issuer=page.issuer,
            zone=page.issuer.time_zone,
            seen=self._parts.seen.sign(link.purpose, link.ids[0], visit.network),
            typed={NEW: visit.form.get(NEW, "")},
            shown=is_shown(visit.form),
            problems=problems or {},
            signed_in=page.session_id is not None or self._parts.session(visit.request) is not None,
        )
