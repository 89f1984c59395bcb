"""The headers that every answer carries.

Owns what a browser may do with our pages: run nothing, load nothing, be framed by nobody, store nothing, and tell no
other site where it came from. An answer that brings a header of its own (the sandbox frames mails) keeps it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Header = tuple[bytes, bytes]


class StandingHeaders:
    """The fixed headers, laid out as bytes once."""

    __slots__ = ("_standing",)

    def __init__(self, *, style_hash: str, https: bool) -> None:
        """Allow the one inline style whose base64 SHA-256 is `style_hash`; promise HTTPS where we are served by it."""
        policy = (
            f"default-src 'none'; style-src 'sha256-{style_hash}'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        self._standing: list[Header] = [
            (b"content-security-policy", policy.encode()),
            (b"cache-control", b"no-store"),
            (b"referrer-policy", b"no-referrer"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
        ]
        if https:
            self._standing.append((b"strict-transport-security", b"max-age=31536000"))

    def onto(self, headers: Iterable[Header]) -> list[Header]:
        """Return an answer's own headers followed by those standing ones that it does not set itself."""
        own = list(headers)
        names = {name.lower() for name, _ in own}
        return own + [header for header in self._standing if header[0] not in names]
