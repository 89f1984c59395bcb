"""What a pressed button sends: a small urlencoded form.

Owns reading it within bounds. Nothing on our pages uploads anything, so a body over 64 KB is nobody's press.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from mailbot.errors import MailbotError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Message, Receive, Scope

MAX_BODY = 64 * 1024
MAX_FIELDS = 32
_DIGITS = 20
"""Of a length that fits into 64 bits; more are zeros in front, and Python refuses to read thousands of them."""

MAX_DRAINED = 16 * 1024 * 1024
"""Bytes of a body that is too large which are read and thrown away, so that its sender gets to read the answer."""


class BodyTooLargeError(MailbotError):
    """A request's body is over the limit (HTTP 413)."""


class BoundedBody:
    """A request's `receive` that raises `BodyTooLargeError` once the body is over `MAX_BODY` bytes."""

    __slots__ = ("_left", "_receive")

    def __init__(self, receive: Receive, announced: int) -> None:
        """Bound `receive`; raises `BodyTooLargeError` at once where so many bytes are announced."""
        if announced > MAX_BODY:
            raise BodyTooLargeError("the request is too large")
        self._receive = receive
        self._left = MAX_BODY

    async def __call__(self) -> Message:
        """Return the next message (ASGI `receive`)."""
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise BodyTooLargeError("the request is too large")
        return message


async def drain(receive: Receive) -> None:
    """Read what is left of a body and keep nothing of it.

    A connection that is closed while its peer still writes is reset, and the answer is lost with it (RFC 9112 §9.6).
    """
    left = MAX_DRAINED
    while left > 0:
        message = await receive()
        if not message.get("more_body"):
            return
        left -= len(message.get("body", b""))


def announced(scope: Scope) -> int:
    """Return the bytes that `Content-Length` announces, 0 where it says nothing readable."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) <= _DIGITS else 0
    return 0


async def read_form(request: Request) -> dict[str, str]:
    """Read the fields of a form, the last value of each; whatever is no form has no fields."""
    body = await request.body()
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        return {}
