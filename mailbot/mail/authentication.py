"""Whether the server that took a mail in vouches for its sender: Authentication-Results (RFC 8601).

Owns which of these fields is believed and what its results are worth. Only the topmost one of the server that is
configured counts: whoever writes a mail can put such fields into it, below. What a verdict permits is others' matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mailbot.mail import notice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mailbot.mail.parse import Message

FIELD = "authentication-results"

LONGEST = 8192
"""Characters of the field that are read."""

LONGEST_FROM = notice.LONGEST_FIELD
"""Characters of a From that has an author; no mail program writes so many."""

LABELS = 2
"""Labels that a signing domain has at least, for the domains below it to be aligned with it."""

DEEPEST = 10
"""Comments within comments that are read."""

_QUOTED = re.compile(r'"(?:[^"\\]++|\\.)*+("|\\?\Z)')
"""What is quoted, up to the end where the quotation has none: so no character is looked at twice."""
_ASIDE = "\0"
"""Stands for what was quoted, which strangers may have chosen: it says nothing."""

_COMMENT = re.compile(r"\([^()]*\)")
_QUOTES_WITHIN = re.compile(rf"\([^()]*[{_ASIDE}\\]")
_TWO_WAYS = re.compile(r'[()"\\]')
_RESULT = re.compile(r"\s*([\w-]+)\s*(?:/\s*\d+\s*)?=\s*([\w-]+)")
_PROPERTY = re.compile(r"(?<![^\s])([\w-]+)\s*\.\s*([\w-]+)\s*=\s*([^\s;]+)")


@dataclass(frozen=True, slots=True)
class _Result:
    method: str
    result: str
    properties: Mapping[str, str]
    """By `ptype.property`, in lower case."""


def author(message: Message) -> str:
    """Return the one address in From, in lower case; empty where there is none, or more than one (RFC 7489 §6.6.1).

    Also where encoded words, once decoded, would make another address of it (RFC 2047 §6.2 has them decoded last), or
    letters that others take for Latin ones.
    """
    written, values = message.as_written("from"), message.all("from")
    if len(values) != 1 or max(len(written[0]), len(values[0])) > LONGEST_FROM:
        return ""
    found = [_QUOTED.sub(" ", each) for each in (written[0], values[0])]
    named, named_decoded = map(notice.addresses, found)
    return named[0] if named == named_decoded and len(named) == 1 and _is_plain(found[0]) else ""


def _is_plain(value: str) -> bool:
    """Tell whether the address in a field is ASCII as it was typed: lower case of a Kelvin sign is a `k`."""
    return all(typed.isascii() for typed in notice.typed(value))


def vouched(message: Message, authserv_id: str) -> Literal["pass", "fail", "none"]:
    """Say whether the server `authserv_id` found the author's domain to have sent this mail.

    `pass`: by DMARC, where the server says for which domain; or, for a domain without a policy, by a signature or an
    envelope of the same domain. `fail`: it found otherwise. `none`: it says nothing.
    """
    results = _results(message, authserv_id)
    domain = author(message).rpartition("@")[2] if results else ""
    if not domain:
        return "none"
    spoken = [each for each in results if each.method == "dmarc" and each.result != "none"]
    named = {each.properties.get("header.from", "").rpartition("@")[2] for each in spoken}
    if any(each.result != "pass" for each in spoken) or named - {"", domain}:
        return "fail"
    if domain in named or any(_is_aligned(each, domain) for each in results):
        return "pass"
    failed = any(each.result in {"fail", "softfail"} for each in results)
    return "fail" if failed and not spoken else "none"


def _is_aligned(found: _Result, domain: str) -> bool:
    if found.result != "pass":
        return False
    if found.method == "dkim":
        return _covers(found.properties.get("header.d", ""), domain)
    if found.method == "spf":
        return _covers(found.properties.get("smtp.mailfrom", "").rpartition("@")[2], domain)
    return False


def _covers(proved: str, domain: str) -> bool:
    """Tell whether a proved domain speaks for the author's: the same one, or one that this lies below."""
    return proved == domain or (proved.count(".") + 1 >= LABELS and domain.endswith(f".{proved}"))


def _results(message: Message, authserv_id: str) -> list[_Result]:
    """Return what the topmost field of that server says (RFC 8601 §5: those of other servers are not to be trusted)."""
    for value in message.all(FIELD):
        name, *results = _parts(value[:LONGEST].lower())
        if name.split()[:1] == [authserv_id.lower()]:
            return list(_read(results))
    return []


def _parts(value: str) -> list[str]:
    """Part a field at its semicolons, in lower case, without its comments (RFC 8601 §2.2).

    Where quotes and comments can be read in two ways, only the server's name is returned.
    """
    text = _QUOTED.sub(lambda found: _ASIDE if found[1] == '"' else '"', value.replace(_ASIDE, " "))
    for _ in range(DEEPEST):
        if _QUOTES_WITHIN.search(text):
            break
        text = _COMMENT.sub(" ", text)
    return text.split(";") if not _TWO_WAYS.search(text) else [text.partition(";")[0]]


def _read(parts: list[str]) -> Iterator[_Result]:
    for part in parts:
        found = _RESULT.match(part)
        if found is not None:
            named = _PROPERTY.findall(part[found.end() :])
            yield _Result(found[1], found[2], {f"{kind}.{name}": value for kind, name, value in named})
