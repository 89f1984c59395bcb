"""What a report says to a person, apart from the mail that it brings back.

Owns where the report's words end and the returned mail begins, addresses in running text, and whether a mail was sent
by a machine. Detectors and `dsn` read on from here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailbot.mail.parse import Field, Message, Part, plain_fields

LONGEST = 64 * 1024
"""Characters of a notice that are looked at."""

LONGEST_FIELD = 2000
"""Characters of a field with addresses that are looked at where there is to be one."""

ADDRESS = (
    r"(?:\"[^\"\n]{1,64}\"|[^\s<>()\[\]:;,\"'`*|@\u3000-\u30ff\uff08\uff09\uff1a]{1,128})"
    r"@(?:[A-Za-z0-9][A-Za-z0-9.-]{0,251}[A-Za-z0-9]|\[[\d.]{7,15}\])"
)
"""A mail address in running text, as a pattern."""

_ADDRESS = re.compile(ADDRESS)
_MESSAGE_ID = re.compile(r"^message-id[ \t]*:\s*(<[^<>\s]{1,900}>|[^\s<>]{1,200})", re.IGNORECASE | re.MULTILINE)
_MARKS = (
    r".{0,24}(below|following).{0,30}(copy|header).{0,30}(message|mail|follow|original)",
    r"((this|here|enclosed|below) is )?(a|the) copy of (the|your) .{0,30}(message|mail)",
    r"(the )?headers? of the original message",
    (
        r"(original|unsent|returned|undelivered) (message|mail|e-?mail|text)( (headers?|text|body|details))?"
        r"( (follows?|is (below|attached)|as follows|begins?))?[ \t.:]*-*[ \t]*$"
    ),
    r"message (headers?|text|body) follows?",
    r"original message (headers?|follows?|details)",
    r"original mail info",
    (
        r"(元の|オリジナルの?|(送信|返送)された)(メール|メッセージ)"
        r"(の?(ヘッダー?|本文|内容|情報|コピー))?(は?(以下|次)[^\n。]{0,10})?[ \t:：。=*_-]*$"
    ),
)
_COPY = re.compile(rf"\n[-=_*> \t]{{0,80}}(?:{'|'.join(_MARKS)})", re.IGNORECASE | re.MULTILINE)
_RE = re.compile(r"\s*(re|aw|sv|antw|vs|odp|返信|回复|回覆)(\[\d+\])?\s?[:：]", re.IGNORECASE)
_HEADER_BLOCK = re.compile(
    r"\n(?:return-path|received|message-id|dkim-signature|x-originating-ip)[ \t]*:[^\n]*\n"
    r"(?:[ \t][^\n]*\n)*[\w-]{1,60}[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_SERVER = re.compile(
    r"(mailer[-_.]?daemon|mail[-_.]?delivery|post_?master|poostmaster|mdaemon|mail-?daemon)[^@]*", re.IGNORECASE
)
_DAEMON = re.compile(
    r"(mailer[-_.]?daemon|mail[-_.]?delivery|post_?master|poostmaster|mail\.delivery\.system|mdaemon|mail-daemon|daemon"
    r"|bounces?|no-?reply|do-?not-?reply|postoffice|delivery|mailadmin|maildaemon|auto-?answer|server"
    r"|majordomo|listserv)[^@]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Notice:
    """The words of a report, and what is known of the mail that came back."""

    text: str
    returned: tuple[Field, ...]
    """Header fields of the returned mail, as far as the report has them."""
    message_id: str
    """Message-ID of the returned mail, with its angle brackets, or empty."""


def read(message: Message) -> Notice:
    """Part a report into its words and what it brings back."""
    whole = "\n".join(_texts(message))[:LONGEST]
    text, rest = cut(whole)
    returned = _returned(message) or plain_fields(rest)
    return Notice(text, returned, _message_id(message, returned, whole))


def cut(text: str) -> tuple[str, str]:
    """Part text where the returned mail begins."""
    lines = f"\n{text}"  # a line's beginning is found by the end of the one before: a literal is what `re` is fast at
    first = len(lines) - len(lines.lstrip())  # a mail begins behind words: what stands first is the report's heading
    found = [match.start() for match in (_COPY.search(lines, first), _HEADER_BLOCK.search(lines)) if match]
    return (text[: min(found)], text[min(found) :]) if found else (text, "")


def addresses(text: str) -> list[str]:
    """Return the addresses in running text, in lower case, each once, in order."""
    return list(dict.fromkeys(found.lower() for found in typed(text)))


def typed(text: str) -> list[str]:
    """Return the addresses in running text in the letters that they have there."""
    return [found.strip(".'`") for found in _ADDRESS.findall(text[:LONGEST])]


def address(value: str) -> str:
    """Return the first address in a field's value, in lower case, or an empty string."""
    return next(iter(addresses(value)), "")


def sender(message: Message) -> str:
    """Return the address in From, in lower case, or an empty string.

    A display name may hold addresses too, in quotes or encoded words: what stands in angle brackets at the end counts
    (RFC 5322 §3.4), and without those the first one. Encoded words are read only where there is no address beside them.
    """
    written = next(iter(message.as_written("from")), "")
    return _of_one(written) or _of_one(message.first("from"))


def _of_one(value: str) -> str:
    value = value.strip()[-LONGEST_FIELD:]
    return address(value.rpartition("<")[2] if value.endswith(">") else value)


def is_automatic(message: Message) -> bool:
    """Say whether a mail claims to come from a program rather than from a person."""
    return is_servers(message) or any(_DAEMON.fullmatch(local) for local in _locals(message))


def is_answer(message: Message) -> bool:
    """Say whether somebody, be he the postmaster, answers a mail: his subject says "Re:", no field is a machine's."""
    answers = _RE.match(message.first("subject")) is not None and bool(message.first("in-reply-to"))
    return answers and not message.first("auto-submitted") and not message.first("x-failed-recipients")


def is_servers(message: Message) -> bool:
    """Say whether a mail claims to come from a mail server: it has no return path (RFC 5321 §4.5.5), or says so."""
    paths = message.all("return-path")
    if any(path.strip().strip("<>").lower() in {"", "null", "mailer-daemon"} for path in paths):
        return True
    return not message.first("from").strip("<> ") or any(_SERVER.fullmatch(local) for local in _locals(message))


def _locals(message: Message) -> list[str]:
    values = [value[:LONGEST_FIELD] for value in (message.first("from"), *message.all("return-path"))]
    return [
        address(value).partition("@")[0] or value.strip("<> ").partition("@")[0].rpartition("<")[2] for value in values
    ]


def _texts(part: Part) -> list[str]:
    """Return the texts that a reader of the mail sees, without those of the returned mail."""
    if not part.parts:
        readable = part.kind.startswith("text/") and part.kind != "text/rfc822-headers"
        return [part.text()] if readable or part.kind.startswith("multipart/") else []
    if part.is_mail:
        return []
    if part.kind == "multipart/alternative":
        plain = [inner for inner in part.parts if inner.kind != "text/html"]
        return [text for inner in plain or part.parts for text in _texts(inner)]
    texts: list[str] = []
    for inner in part.parts:
        if inner.kind.startswith("message/") or inner.kind in {"text/rfc822-headers", "text/rfc822-header"}:
            break
        texts += _texts(inner)
    return texts


def _returned(message: Message) -> tuple[Field, ...]:
    for part in message.walk()[1:]:
        if part.kind in {"text/rfc822-headers", "text/rfc822-header", "message/global-headers"}:
            return plain_fields(part.text())
    mails = [part.parts[0] for part in message.walk() if part.is_mail and part.parts]
    return mails[-1].fields if mails else ()


def _message_id(message: Message, returned: tuple[Field, ...], text: str) -> str:
    given = next((field.value for field in returned if field.name == "message-id" and field.value), "")
    spoken = _MESSAGE_ID.search(text)
    answered = message.first("in-reply-to")
    found = given or (spoken[1] if spoken else "") or answered
    return found.split()[0] if found else ""
