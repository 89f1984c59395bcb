"""`/my/password`: a new password by the old one or by a mailed link; a customer without an account may set one too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.domain.company import REQUIRED
from mailbot.edges.web.guard import Guard, to_invitation, to_sign_in
from mailbot.edges.web.parts import client_of
from mailbot.edges.web.registration import GO, TICKED, is_shown
from mailbot.flows.own_password import NEW, OLD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from mailbot.edges.web.parts import Parts
    from mailbot.flows.session import Session

CHANGE, MAIL = "change", "mail"
"""Values of `go`."""

_FIELDS = (OLD, NEW)
_WRONG = "password_wrong"


class PasswordPages:
    """The page where a person or a customer changes the password."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._guard = Guard(parts)

    async def password(self, request: Request) -> Response:
        """Show the two fields; a press changes the password or mails a link."""
        session = self._parts.session(request)
        if session is None:
            return to_sign_in()
        if session.invited_id:
            return to_invitation()
        form = await self._guard.form(request)
        if request.method == "POST" and self._guard.seen_at(form, session) is None:
            return self._show(request, session, form, stale=True)
        go = form.get(GO)
        if go == MAIL and session.person_id is not None:
            return await self._mail(request, session, form)
        if go == CHANGE and self._asks(session) in (OLD, NEW):
            return await self._change(request, session, form)
        return self._show(request, session, form)

    def _asks(self, session: Session) -> str:
        return OLD if session.person_id is not None else self._parts.change_password.own.asks(session)

    async def _change(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        asked = _FIELDS if self._asks(session) == OLD else (NEW,)
        if problems := {name: REQUIRED for name in asked if not form.get(name)}:
            return self._show(request, session, form, problems=problems)
        problem = await self._parts.change_password.with_old(
            session, form.get(OLD, ""), form[NEW], network=client_of(request).network
        )
        if problem is not None:
            problems = {OLD if problem == _WRONG and OLD in asked else NEW: problem}
            return self._show(request, session, form, problems=problems)
        return self._show(request, session, {}, said="changed" if session.person_id is not None else "own_changed")

    async def _mail(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        if form.get(MAIL) != TICKED:
            return self._show(request, session, form, problems={MAIL: MAIL})
        await self._parts.change_password.mail_link(session.email, network=client_of(request).network)
        return self._show(request, session, {}, said="mailed")

    def _show(
        self,
        request: Request,
        session: Session,
        form: Mapping[str, str],
        *,
        problems: Mapping[str, str] | None = None,
        said: str = "",
        stale: bool = False,
    ) -> Response:
        return self._guard.answer(
            request,
            session,
            "password",
            "done" if said else "ready",
            asks=self._asks(session),
            typed={name: form.get(name, "") for name in _FIELDS},
            shown=is_shown(form),
            problems=problems or {},
            said=said,
            stale=stale,
        )
