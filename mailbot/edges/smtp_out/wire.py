"""The commands that open a mail's transaction, and its body as it stands on the wire.

Owns the syntax of RFC 5321, RFC 1870 (SIZE) and RFC 3461 (DSN). Knows no connection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mailbot.mail.envelope import Envelope

DATA = b"DATA\r\n"
RSET = b"RSET\r\n"
QUIT = b"QUIT\r\n"
DOT = b".\r\n"

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_PLAIN_PATH = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9.-]+")
_LINE_DOT = re.compile(rb"\n\.")  # on a mail without such a line half the time of `in`
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a relay offered in its answer to EHLO."""

    pipelining: bool = False
    dsn: bool = False
    sized: bool = False
    limit: int = 0
    """Bytes of the largest mail that it takes; 0: it does not say."""

    @classmethod
    def read(cls, extensions: Mapping[str, str]) -> Abilities:
        """Read the extensions, names in lower case, each with its parameters."""
        size = extensions.get("size", "").strip()
        return cls(
            pipelining="pipelining" in extensions,
            dsn="dsn" in extensions,
            sized="size" in extensions,
            limit=int(size) if size.isascii() and size.isdigit() else 0,
        )


def commands(envelope: Envelope, abilities: Abilities) -> tuple[bytes, bytes, bytes]:
    """Return MAIL, RCPT and DATA for `envelope`; raises `Rejected` where it cannot be sent to this relay at all."""
    size = len(envelope.content)
    if abilities.limit and size > abilities.limit:
        # RFC 1870 §6.1: told beforehand, we need not ask.
        raise Rejected(f"the mail has {size} bytes and the relay takes {abilities.limit}", code=552, enhanced="5.3.4")
    mail = f"MAIL FROM:<{path(envelope.sender) if envelope.sender else ''}>"
    rcpt = f"RCPT TO:<{path(envelope.recipient)}>"
    if abilities.sized:
        mail += f" SIZE={size}"
    if abilities.dsn:
        # RFC 3461 §4.1 to §4.4: we hear of failures and delays, with our own name for the mail in them.
        mail += " RET=HDRS"
        if envelope.envid:
            mail += f" ENVID={xtext(envelope.envid)}"
        rcpt += f" NOTIFY=FAILURE,DELAY ORCPT=rfc822;{xtext(envelope.recipient)}"
    return f"{mail}\r\n".encode("ascii"), f"{rcpt}\r\n".encode("ascii"), DATA


def path(address: str) -> str:
    """Write an address as it stands between angle brackets, its local part quoted where RFC 5321 §4.1.2 wants it.

    Old carrier addresses (`a..b@docomo.ne.jp`) are such. Raises `Rejected` for what cannot be written.
    """
    if _PLAIN_PATH.fullmatch(address):
        return address
    local, at, domain = address.rpartition("@")
    if not (address.isascii() and address.isprintable() and at and local and domain) or set("<> ") & set(domain):
        raise Rejected("the address cannot be written on an SMTP envelope", code=553, enhanced="5.1.3")
    if not _DOT_ATOM.fullmatch(local) and not _QUOTED.fullmatch(local):
        local = '"' + re.sub(r'(["\\])', r"\\\1", local) + '"'
    return f"{local}@{domain}"


def xtext(value: str) -> str:
    """Write `value` as xtext (RFC 3461 §4)."""
    return _NOT_XTEXT.sub(lambda found: "".join(f"+{byte:02X}" for byte in found[0].encode()), value)


def body(content: bytes) -> bytes:
    """Return `content` with its dots stuffed (RFC 5321 §4.5.2), the last line ended, and the final dot."""
    if content.startswith(b"."):
        content = b"." + content
    if _LINE_DOT.search(content):
        content = content.replace(b"\r\n.", b"\r\n..")
    return content + (DOT if content.endswith(b"\r\n") else b"\r\n" + DOT)
