"""Mail addresses as people type them, made into addresses that mail can be sent to.

Owns what is accepted and what is said where it is not. Syntax is email-validator's, without DNS; the forms that
Japanese carriers once gave out and that break RFC 5321 (`a..b@docomo.ne.jp`) are ours.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from mailbot.errors import Refused

LONGEST = 254
"""Characters of an address: a path of 256 octets without its angle brackets (RFC 5321 §4.5.3.1.3)."""

LONGEST_TYPED = 1000
"""Characters that are looked at; beyond this nobody meant an address and a display name."""

LONGEST_LOCAL_PART = 64
"""RFC 5321 §4.5.3.1.1."""

CARRIERS = ("docomo.ne.jp", "ezweb.ne.jp", "au.com")
"""Domains that gave out local parts with dots where RFC 5321 §4.1.2 has none, and deliver to them still."""

_TYPED = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},  # full-width ASCII, ＠ among it
    **dict.fromkeys(map(ord, "\u3000\u00a0"), " "),
    **dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"), None),  # unseen, they come along with a paste
    **dict.fromkeys(map(ord, "\u2010\u2011\u2212"), "-"),
    **dict.fromkeys(map(ord, "。｡"), "."),
}
_IN_BRACKETS = re.compile(r"[^<>]*<([^<>]*)>")
_BETWEEN = re.compile(r"[\s;,、；，]+")
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_QUOTED = re.compile(r'"([^"\\]*)"')


@dataclass(frozen=True, slots=True)
class Address:
    """One address that passed."""

    email: str
    """As it stands on the envelope: ASCII, an international domain in its `xn--` form."""
    key: str
    """Equal for the same mailbox."""
    warning: str = ""
    """A sentence where the address is taken and may still not work; else empty."""


def read(typed: str) -> Address:
    """Read one address as a person typed or pasted it.

    Full-width letters, spaces around, unseen characters, `mailto:` and angle brackets are taken for what they mean.
    Raises `Refused` with a sentence that says what is wrong with it.
    """
    if len(typed) > LONGEST_TYPED:
        raise Refused(f"{_short(typed[:100])} is too long for a mail address")
    local, domain = _parted(_plain(typed))
    odd = _is_carrier(domain.lower()) and _DOT_ATOM.fullmatch(local) is None
    ascii_domain = _checked(_without_odd_dots(local) if odd else local, domain)
    email = f"{local}@{ascii_domain}"
    if len(local) > LONGEST_LOCAL_PART or len(email) > LONGEST:
        raise Refused(f"{_short(email)} is too long for a mail address")
    return Address(email, key(email), _warning(ascii_domain, odd=odd))


def split(cell: str) -> list[str]:
    """Part a cell of several addresses: spaces, semicolons or commas stand between them, full-width ones too."""
    return [part for part in _BETWEEN.split(cell.translate(_TYPED)) if part]


def key(email: str) -> str:
    """Return what is equal for two spellings of the same mailbox: no case, no quotes that were not needed."""
    local, _, domain = email.strip().rpartition("@")
    return f"{_unquoted(local)}@{domain.rstrip('.')}".casefold()


def mask(email: str) -> str:
    """Hide an address for a log: `t***@example.com`."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}***@{domain}"


def path(email: str) -> str:
    """Write an address for MAIL, RCPT and header fields.

    A local part that is no dot-atom is quoted (RFC 5321 §4.1.2).
    """
    local, _, domain = email.rpartition("@")
    if _DOT_ATOM.fullmatch(local) or _QUOTED.fullmatch(local):
        return email
    escaped = local.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"@{domain}'


def _plain(typed: str) -> str:
    """Fold what an input method, a spreadsheet or a mail program adds around an address."""
    text = typed.translate(_TYPED).strip()
    found = _IN_BRACKETS.fullmatch(text)
    text = (found[1] if found else text).strip()
    return text[7:] if text[:7].lower() == "mailto:" else text


def _parted(text: str) -> tuple[str, str]:
    if not text:
        raise Refused("there is no mail address here")
    local, at, domain = text.rpartition("@")
    if not at:
        raise Refused(f"{_short(text)} is no mail address: it has no @")
    if "@" in local or _BETWEEN.search(text):
        raise Refused(f"{_short(text)} is no single mail address")
    return _unquoted(local), domain


def _checked(local: str, domain: str) -> str:
    """Return the domain in ASCII, or raise `Refused` in the library's words."""
    if not local.isascii():
        strange = next(character for character in local if not character.isascii())
        raise Refused(f"{strange!r} before the @: not every mail server takes such an address; please give another one")
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415  70 ms that few processes need

    try:
        found = validate_email(f"{local}@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise Refused(f"{_short(f'{local}@{domain}')} is no mail address: {error}") from error
    return found.ascii_domain


def _is_carrier(domain: str) -> bool:
    return domain.endswith(CARRIERS) and domain.removesuffix(next(filter(domain.endswith, CARRIERS)))[-1:] in {"", "."}


def _without_odd_dots(local: str) -> str:
    return re.sub(r"\.+", ".", local).strip(".")


def _unquoted(local: str) -> str:
    found = _QUOTED.fullmatch(local)
    return found[1] if found else local


def _warning(domain: str, *, odd: bool) -> str:
    if odd:
        return "its dots break the rules of mail: the carrier delivers it, other servers may refuse to pass it on"
    return "names under .test are reserved: no mail reaches them (RFC 6761 §6.2)" if domain.endswith(".test") else ""


def _short(text: str) -> str:
    shown = "".join(" " if unicodedata.category(character)[0] == "C" else character for character in text)
    return shown if len(shown) <= 60 else f"{shown[:60]}…"  # noqa: PLR2004  about what a table's cell shows
