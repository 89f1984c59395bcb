"""The octets of a mail between DATA and the lone dot (RFC 5321 §4.1.1.4), bounded in memory whatever is sent.

Lines may be of any length: RFC 5321 §4.5.3 asks for as few limits as can be, and a bounce that quotes a long line is
heard, too. Only CRLF ends a line, so that nobody can hide a second mail behind a bare line feed.
"""

from __future__ import annotations

from asyncio import LimitOverrunError, StreamReader

LONE_DOT = b".\r\n"
END = b"\r\n" + LONE_DOT


async def read_content(reader: StreamReader, *, limit: int) -> bytes | None:
    """Read up to the lone dot and return what stood before it; None where that is more than `limit` octets.

    What is too much is read all the same and dropped: the answer may only come after the dot.
    """
    most, too_much = limit * 4 // 3 + len(END), False  # one octet in four may be a dot that was doubled
    raw = bytearray(await reader.readexactly(len(LONE_DOT)))
    while raw != LONE_DOT and not raw.endswith(END):
        raw += await _more(reader, raw)
        if len(raw) > most:
            too_much = True
            del raw[: -len(END)]
    content = b"" if too_much else _undoubled(raw)
    return None if too_much or len(content) > limit else content


async def _more(reader: StreamReader, raw: bytearray) -> bytes:
    """Read up to the end, or as much as the reader holds; octet by octet where the end may have begun in `raw`."""
    if any(raw.endswith(END[:begun]) for begun in range(1, len(END))):
        return await reader.readexactly(1)
    try:
        return await reader.readuntil(END)
    except LimitOverrunError as overrun:
        return await reader.readexactly(overrun.consumed)


def _undoubled(raw: bytearray) -> bytes:
    """Take off the lone dot, and of each line the dot that was put before one (RFC 5321 §4.5.2)."""
    lines = b"\r\n" + raw.removesuffix(LONE_DOT)
    return lines.replace(b"\r\n.", b"\r\n")[2:]
