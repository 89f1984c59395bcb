"""Clients of a download that behave as real ones do: whole, broken off, slow, resumed."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from web_site import seen

from mailbot.links import Purpose

if TYPE_CHECKING:
    import httpx
    from web_site import Invoiced, Site

BIG = b"%PDF-1.7\n" + bytes(range(256)) * 4096 * 20
"""About 20 MB."""


async def press(site: Site, browser: httpx.AsyncClient, invoice: Invoiced) -> str:
    """Press the button as a person does, some seconds after the page came, and return where it leads."""
    path = site.link(Purpose.INVOICE, invoice.delivery_id)
    form = {"seen": seen(await browser.get(path))}
    site.later(seconds=5)
    answer = await browser.post(path, data=form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


@dataclass(slots=True)
class Raw:
    """One connection, byte by byte."""

    sock: socket.socket
    head: bytes = b""
    read: int = 0

    @classmethod
    async def get(cls, port: int, path: str, *fields: str) -> Raw:
        sock = socket.socket()
        sock.setblocking(False)  # noqa: FBT003 - the socket's own signature
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, ("127.0.0.1", port))
        lines = [f"GET {path} HTTP/1.1", "Host: testserver", *fields, "", ""]
        await loop.sock_sendall(sock, "\r\n".join(lines).encode())
        raw = cls(sock)
        while b"\r\n\r\n" not in raw.head:
            raw.head += await loop.sock_recv(sock, 4096)
        raw.head, _, rest = raw.head.partition(b"\r\n\r\n")
        raw.read = len(rest)
        return raw

    async def take(self, upto: int, *, at_once: int = 256 * 1024) -> None:
        """Read until `upto` octets of the body are here."""
        loop = asyncio.get_running_loop()
        while self.read < upto:
            piece = await loop.sock_recv(self.sock, min(at_once, upto - self.read))
            assert piece, "the server closed too early"
            self.read += len(piece)

    def reset(self) -> None:
        """Break the connection off, as a cancelled tab or a lost mobile network does."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self) -> None:
        """Close in order."""
        self.sock.close()
