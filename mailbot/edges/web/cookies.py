"""The session cookie.

Owns its name and attributes; what its value means is `sign_in`'s matter. Over HTTPS the name has the `__Host-`
prefix, so that no other host of the domain can set it (RFC 6265bis §4.1.3.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

NAME = "mailbot_session"


class SessionCookie:
    """Reads, sets and removes the cookie of one installation."""

    __slots__ = ("_secure", "name")

    def __init__(self, *, https: bool) -> None:
        self._secure = https
        self.name = f"__Host-{NAME}" if https else NAME

    def read(self, request: Request) -> str | None:
        """Return the token that the browser sent, if any."""
        return request.cookies.get(self.name)

    def put(self, response: Response, token: str) -> None:
        """Hand the browser a token to keep until it is closed."""
        response.set_cookie(self.name, token, path="/", secure=self._secure, httponly=True, samesite="lax")

    def remove(self, response: Response) -> None:
        """Tell the browser to forget the token."""
        response.delete_cookie(self.name, path="/", secure=self._secure, httponly=True, samesite="lax")
