"""Delivery status notifications: the fields that servers write for servers.

Owns RFC 3464, and RFC 6533 for international addresses: per-message and per-recipient groups, wherever a server put
them. What the fields leave out is looked up in the words beside them.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace

from mailbot.mail.failure import MOST, Failure, completed
from mailbot.mail.notice import ADDRESS, Notice, address, addresses, is_automatic
from mailbot.mail.parse import Field, Message, Part, plain_fields

KINDS = frozenset({"message/delivery-status", "message/global-delivery-status"})
"""Media types of the report (RFC 3464 §2.1, RFC 6533 §4)."""

RECEIPT = "message/disposition-notification"
"""Media type of what became of a mail in the mailbox (RFC 8098 §3); some servers reject in that form."""

_RECIPIENT = frozenset({"final-recipient", "original-recipient", "x-actual-recipient"})
_REJECTED = re.compile(r"^your message to .{1,320} was automatically rejected:\s*(\S.*)", re.IGNORECASE | re.MULTILINE)
_UNREAD = re.compile(
    r"^disposition[ \t]*:[^;\n]*automatic-action[^;\n]*;\s*(deleted|denied|failed|dispatched)",
    re.IGNORECASE | re.MULTILINE,
)
_MORE = re.compile(r"[245]\d\d-")
_GROUPS = re.compile(r"\n[ \t]*\n")
_MACHINE = re.compile(
    r"^(?:--\S|(?:action|status|content-type|reporting-mta|arrival-date)[ \t]*:)", re.IGNORECASE | re.MULTILINE
)
_LOOSE = re.compile(r"^(?:final|original)-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
_UNITEXT = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_ROUTE = re.compile(r"^@[^:]*:")
_ANY_ADDRESS = re.compile(r"[^\s<>@]{1,128}@[^\s<>@]{1,255}")
_TYPE = re.compile(r"^\s*[\w/.-]+\s*;")
_FOR = re.compile(rf"\bfor <?({ADDRESS})>?")
_SELF_CLOSING = re.compile(r"\s*\([^()]*\)\s*$")


@dataclass(frozen=True, slots=True)
class Dsn:
    """A report as it stands."""

    failures: tuple[Failure, ...]
    envid: str = ""
    """Original-Envelope-Id (RFC 3464 §2.2.1)."""


def read(message: Message, notice: Notice) -> Dsn | None:
    """Read the report of a mail; `None` where it has none that names a recipient."""
    text = _text(message, notice)
    groups = [group for piece in _GROUPS.split(text.replace("\r", "")) for group in _parted(plain_fields(piece))]
    whole = {field.name: field.value for group in groups if not _names_somebody(group) for field in group}
    people = [{field.name: field.value for field in reversed(group)} for group in groups if _names_somebody(group)][
        :MOST
    ]
    found = [_named_somewhere(_failure({**whole, **fields}), message, notice) for fields in people]
    names = [failure.recipient for failure in found]
    failures = tuple(completed(_with_words(failure, notice.text, names)) for failure in found)
    return Dsn(failures, whole.get("original-envelope-id", "")) if failures else None


def _text(message: Message, notice: Notice) -> str:
    """Return the fields of the report.

    A server may wrap its report in another mail or write it without MIME. A person who does so asks about it.
    """
    text = _joined(_own(message))
    if not _LOOSE.search(text) and is_automatic(message):
        text = _joined(message.walk())
        text = text if _LOOSE.search(text) else notice.text
    return text if _LOOSE.search(text) else ""


def _joined(parts: list[Part]) -> str:
    return "\n\n".join(part.text() for part in parts if _is_report(part))


def _named_somewhere(failure: Failure, message: Message, notice: Notice) -> Failure:
    """Name a recipient whom the report only calls by a file or a program."""
    if failure.recipient:
        return failure
    return replace(failure, recipient=next(iter(elsewhere(message, notice)), ""))


def elsewhere(message: Message, notice: Notice) -> list[str]:
    """Return the recipients that a report's header fields name, else whom the returned mail was to."""
    named = addresses("\n".join(message.all("x-failed-recipients")))
    return (
        named
        or recipients_in(notice.returned, "x-envelope-to", "envelope-to", "x-rcpt-to")
        or recipients_in(notice.returned, "to")[:1]
        or _asked_for(notice.returned)
        or recipients_in(notice.returned, "x-original-to", "delivered-to", "x-apparently-to", "cc")[:1]
    )


def _asked_for(returned: tuple[Field, ...]) -> list[str]:
    """Return for whom servers on the way took the mail (RFC 5321 §4.4)."""
    traces = (_FOR.search(field.value) for field in returned if field.name == "received")
    return [trace[1].lower() for trace in traces if trace][:1]


def _is_report(part: Part) -> bool:
    return part.kind in KINDS or (part.kind == RECEIPT and _UNREAD.search(part.text()) is not None)


def _own(message: Part) -> list[Part]:
    """Return the reports of the mail itself, not those of a mail that it brings back."""
    if message.is_mail:
        return []
    return [*([message] if _is_report(message) else []), *(part for inner in message.parts for part in _own(inner))]


def _parted(group: tuple[Field, ...]) -> list[tuple[Field, ...]]:
    """Part a group in which several recipients stand without a blank line between them."""
    starts = [index for index, field in enumerate(group) if field.name == "final-recipient"]
    if len(starts) < 2:  # noqa: PLR2004  one is how it should be
        return [group]
    ends = [*starts[1:], len(group)]
    return [group[start:end] for start, end in zip([0, *starts[1:]], ends, strict=True)]


def _names_somebody(group: tuple[Field, ...]) -> bool:
    return any(field.name in _RECIPIENT and field.value for field in group)


def _failure(fields: dict[str, str]) -> Failure:
    final, original = _mailbox(fields.get("final-recipient", "")), _mailbox(fields.get("original-recipient", ""))
    actual = _mailbox(fields.get("x-actual-recipient", ""))
    diagnosis = fields.get("diagnostic-code", "")
    status = fields.get("status", "")
    return Failure(
        recipient=final or original or actual,
        original=original,
        action=fields.get("action", fields.get("ction", "failed")).split(";")[0].split(" ")[0].lower(),
        status=status[:8].split(" ")[0].strip("()"),
        remote=_named(fields.get("remote-mta", "") or fields.get("reporting-mta", "")).lower(),
        text=_said(diagnosis, status),
        comment=_comment(status),
    )


def _said(diagnosis: str, status: str) -> str:
    named = diagnosis if diagnosis.lower().startswith("x-unix") else _named(diagnosis)
    return named or _comment(status)


def _comment(status: str) -> str:
    """Return what some servers write behind the number: `5.4.4 (Illegal host/domain name found)`."""
    return status.partition("(")[2].rstrip(") ")


def _named(value: str) -> str:
    """Return a typed value without its type: `dns; mx.example.com`."""
    return _TYPE.sub("", value, count=1).strip()


def _mailbox(value: str) -> str:
    """Return the mailbox of a typed address; a source route names another one's machine, not the mailbox."""
    typed = _UNITEXT.sub(lambda found: chr(min(int(found[1], 16), 0x10FFFF)), _named(value))
    return "" if _ROUTE.match(typed) else address(typed) or _international(typed)


def _international(typed: str) -> str:
    """Return an address whose domain is not written in ASCII (RFC 6533 §3); in running text nobody knows its end."""
    found = _ANY_ADDRESS.search(typed)
    return found[0].lower() if found else ""


def _with_words(failure: Failure, text: str, names: list[str]) -> Failure:
    """Add what stands in the notice about a recipient: from his address to the next one's."""
    lower = text.lower()
    start = lower.find(failure.recipient) if failure.recipient else -1
    if start < 0:
        around = text if len(names) == 1 else ""
    else:
        others = [lower.find(name, start + 1) for name in names if name and name != failure.recipient]
        ends = [end for end in others if end > start]
        around = text[text.rfind("\n", 0, start) + 1 : min(ends, default=len(text))]
    around = _MACHINE.split(around, maxsplit=1)[0]
    rejected = _REJECTED.search(text)
    return replace(failure, text=rejected[1] if rejected else _continued(failure.text, text), around=around[:4000])


def _continued(said: str, text: str) -> str:
    """Add the further lines of an answer of which the report gives the first only, where the dialogue shows them."""
    if not _MORE.match(said):
        return said
    lines = text.partition(f"<<< {said}")[2].splitlines()[1:]
    answer = itertools.takewhile(lambda line: line.startswith(f"<<< {said[:3]}"), lines)
    return " ".join([said, *(line[4:] for line in answer)])


def recipients_in(fields: tuple[Field, ...], *names: str) -> list[str]:
    """Return the addresses in the header fields of the given names."""
    return addresses("\n".join(field.value for field in fields if field.name in names))
