"""A relay whose every answer takes 20 ms, as one in another country: prints its port and serves until it is ended."""

from __future__ import annotations

import asyncio

import uvloop

DELAY_S = 0.020
EHLO = b"250-distant.test\r\n250-PIPELINING\r\n250-SIZE 50000000\r\n250 ENHANCEDSTATUSCODES\r\n"


class Distant(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Greet."""
        self._transport = transport
        self._waiting = b""
        self._in_body = False
        self._answer(b"220 distant.test ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer all that came together, together."""
        self._waiting += data
        answers = b"".join(self._answers())
        if answers:
            self._answer(answers)

    def _answers(self) -> list[bytes]:
        answers: list[bytes] = []
        while True:
            end = b"\r\n.\r\n" if self._in_body else b"\r\n"
            unit, found, rest = self._waiting.partition(end)
            if not found:
                return answers
            self._waiting = rest
            answers.append(self._judge(unit))

    def _judge(self, unit: bytes) -> bytes:
        if self._in_body:
            self._in_body = False
            return b"250 2.0.0 Ok\r\n"
        verb = unit[:4].upper()
        if verb == b"DATA":
            self._in_body = True
            return b"354 go on\r\n"
        return EHLO if verb == b"EHLO" else b"221 bye\r\n" if verb == b"QUIT" else b"250 2.1.0 Ok\r\n"

    def _answer(self, answers: bytes) -> None:
        asyncio.get_running_loop().call_later(DELAY_S, self._write, answers)

    def _write(self, answers: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answers)
            if answers.startswith(b"221"):
                self._transport.close()


async def main() -> None:
    """Serve on a free port."""
    server = await asyncio.get_running_loop().create_server(Distant, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await server.serve_forever()


uvloop.run(main())
