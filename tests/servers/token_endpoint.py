"""A token endpoint (RFC 6749 §6) on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(slots=True)
class Endpoint:
    """What it gives out, and to whom; may be changed at any time."""

    tokens: set[str] = field(default_factory=set)
    """Access tokens that are good now; a server that believes in them shares the set."""
    lives: object = 3600
    """Seconds for which its tokens are said to live."""
    refusal: tuple[int, object] | None = None
    rotates: bool = False
    refresh_token: str = "refresh-0"  # noqa: S105  # of an endpoint that lives for seconds
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Endpoint]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/token"
        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(re.findall(r"(?i)content-length: (\d+)", head)[0])
        form = parse_qs((await reader.readexactly(length)).decode())
        status, answer = self._answer({name: values[0] for name, values in form.items()})
        body = json.dumps(answer).encode()
        writer.write(f"HTTP/1.1 {status} .\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    def _answer(self, form: dict[str, str]) -> tuple[int, object]:
        self.asked.append(form)
        if self.refusal is not None:
            return self.refusal
        if form["grant_type"] != "refresh_token" or form["refresh_token"] != self.refresh_token:
            return 400, {"error": "invalid_grant", "error_description": "expired"}
        token = f"access-{len(self.asked)}"
        self.tokens.add(token)
        answer: dict[str, object] = {"access_token": token, "token_type": "Bearer", "expires_in": self.lives}
        if self.rotates:
            self.refresh_token = f"refresh-{len(self.asked)}"
            answer["refresh_token"] = self.refresh_token
        return 200, answer
