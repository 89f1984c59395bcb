"""`/d/<pass>`: the PDF itself.

Owns the transfer, and the observation that its last byte arrived. This is a plain ASGI application: frameworks end
normally when a client reads a hundred bytes of eight megabytes and resets, so the end is read off the socket. The
answer closes its connection, because a client that has read all then closes in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from io import FileIO
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from mailbot.edges.web.arrival import PATIENCE, PROXY_HOLD, PROXY_PATIENCE, STALL, Meter, has_arrived
from mailbot.edges.web.parts import client_of, locale_of
from mailbot.edges.web.ranges import Arrivals, Part, UnsatisfiableError, wanted
from mailbot.edges.web.wire import wire_of
from mailbot.errors import Refused, StoreError
from mailbot.links import Purpose

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.types import Receive, Scope, Send

    from mailbot.edges.web.headers import Header
    from mailbot.edges.web.parts import Parts
    from mailbot.edges.web.wire import Wire
    from mailbot.flows.download import OpenFile

CHUNK = 128 * 1024


class Downloads:
    """Serves files to those who pressed a button."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._arrivals = Arrivals()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a GET or HEAD; raises `BadLink` for what is no pass of ours."""
        request = Request(scope, receive)
        link = self._parts.links.open(request.path_params["token"], Purpose.PASS)
        try:
            file = self._parts.download.open(link)
            part = _part(request, file)
        except Refused:
            await self._over(request)(scope, receive, send)
        except UnsatisfiableError:
            await Response(status_code=416, headers={"content-range": f"bytes */{file.size}"})(scope, receive, send)
        else:
            await self._serve(request, send, file, part)

    async def _serve(self, request: Request, send: Send, file: OpenFile, part: Part | None) -> None:
        status = 200 if part is None else 206
        start = {"type": "http.response.start", "status": status, "headers": _headers(file, part)}
        if request.method == "HEAD":
            await send(start)
        else:
            with await asyncio.to_thread(_checked, file) as source:
                await send(start)
                await self._bring(request, send, file, part or Part(0, file.size), source)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _bring(self, request: Request, send: Send, file: OpenFile, part: Part, source: FileIO) -> None:
        """Write a part, see whether it arrived, and count the download that this completes."""
        wire, proxied = wire_of(request.scope), client_of(request).proxied
        patience, hold = (PROXY_PATIENCE, PROXY_HOLD) if proxied else (PATIENCE, 0.0)
        try:
            meter = Meter(wire)
        except OSError:
            return  # the client has gone before the first octet: its socket is closed
        with meter:
            meter.begin()
            writing = _write(send, wire, source, part, hold=hold)
            acknowledged = await _transfer(wire, meter, writing, part.length, patience)
        if self._arrivals.add(file.press_id, Part(part.start, part.start + acknowledged), file.size):
            await self._parts.download.arrived(file.press_id, file.size)

    def _over(self, request: Request) -> Response:
        return self._parts.pages.answer(
            "download_over", locale_of(request), "expired", issuer=None, issuers=self._parts.issuers.values()
        )


def _part(request: Request, file: OpenFile) -> Part | None:
    """Return the part to serve; a HEAD, and an `If-Range` of another file, mean the whole (RFC 9110 §13.1.5, §14.2)."""
    condition = request.headers.get("if-range")
    if request.method != "GET" or condition not in (None, _etag(file)):
        return None
    return wanted(request.headers.get("range"), file.size)


async def _transfer(wire: Wire, meter: Meter, writing: Awaitable[None], length: int, patience: float) -> int:
    """Return how many of `length` octets are there for good once `writing` them has ended, well or not."""
    try:
        await writing
        if await has_arrived(wire, meter, length, patience=patience):
            return length
    except TimeoutError:
        wire.abort()
    # What was acknowledged may be resumed from; the last octet of a transfer that broke off is never believed.
    return min(meter.acknowledged(length), length - 1)


async def _write(send: Send, wire: Wire, source: FileIO, part: Part, *, hold: float) -> None:
    """Write a part, its last octet after `hold` seconds; raises `TimeoutError` when the client takes nothing.

    A proxy takes a small file whole and closes in order whatever becomes of it. Kept waiting for the last octet, it
    stays long enough to pass on that its client has broken off.
    """
    source.seek(part.start)
    left = part.length
    while left and not wire.ended.is_set():
        if hold and left == 1:
            await _linger(wire, hold)
            hold = 0.0
            continue
        chunk = await asyncio.to_thread(source.read, min(CHUNK, left - 1 if hold else left))
        left -= len(chunk)
        async with asyncio.timeout(STALL):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _linger(wire: Wire, seconds: float) -> None:
    """Wait, or until the connection has ended."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(wire.ended.wait(), seconds)


def _checked(file: OpenFile) -> FileIO:
    """Open a stored file whose bytes are those of its record; raises `StoreError` where they are not."""
    try:
        source = FileIO(file.path)
    except OSError as fault:
        raise StoreError(f"{file.path.name} cannot be read: {fault.strerror}") from fault
    if hashlib.file_digest(source, "sha256").hexdigest() != file.sha256:
        source.close()
        raise StoreError(f"{file.path.name} was altered")
    return source


def _headers(file: OpenFile, part: Part | None) -> list[Header]:
    headers = [
        (b"content-type", b"application/pdf"),
        (b"content-length", b"%d" % (part.length if part else file.size)),
        (b"content-disposition", _disposition(file.file_name)),
        (b"accept-ranges", b"bytes"),
        (b"etag", _etag(file).encode()),
        (b"x-accel-buffering", b"no"),
        (b"connection", b"close"),
    ]
    if part:
        headers.append((b"content-range", b"bytes %d-%d/%d" % (part.start, part.stop - 1, file.size)))
    return headers


def _etag(file: OpenFile) -> str:
    return f'"{file.sha256}"'


def _disposition(name: str) -> bytes:
    """Name the file twice: in full for browsers of this century, and in ASCII for the others (RFC 6266 §4.3)."""
    plain = "".join(letter for letter in name if letter.isprintable() and letter not in '/\\"')
    fallback = plain if plain.isascii() and "%" not in plain else "invoice.pdf"
    return f"attachment; filename=\"{fallback}\"; filename*=UTF-8''{quote(plain, safe='')}".encode()
