"""What one bounce says of one recipient, before it is judged.

Owns the value and how codes and SMTP commands are read out of a server's words. Detectors fill it in, `reason` judges.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

MOST = 100
"""Recipients of one report that are read; nobody sends one mail of ours to more."""

_STATUS = re.compile(r"(?<![\d.])([245]\.\d\.\d{1,3})(?![\d.]*\d)")
_CODE = re.compile(
    r"(?<![\d.#:/\[-])([245][0-5]\d)(?=[ \t-]|: |$|;)(?! ?(?:k?bytes|seconds|minutes|hours|days)\b)", re.MULTILINE
)
_REPLY = re.compile(
    r"(?<![\d.#:/\[-])[45][0-5]\d(?:-|:? +|:)(?=#?[45]\.\d\.\d{1,3}|[^\s\d])(?! ?(?:k?bytes|seconds"
    r"|minutes|hours|days)\b).*?(?=\n[ \t]*\n|\Z)",
    re.DOTALL,
)
_HOST = re.compile(
    r"(?:^|\b)(?:host:?|server|to|talking to|connected to) ([\w-]+(?:\.[\w-]+)+\.?[a-z])[.:]?(?=[\s\[(])", re.IGNORECASE
)
_EXPANDED = re.compile(
    r"\b(?:expanded|generated)\s{1,8}(?:from|by):?\s{1,8}<?([^\s<>@()]{1,128}@[^\s<>()]{1,255})", re.IGNORECASE
)
_GENERAL = frozenset({"", "4.0.0", "5.0.0", "2.0.0"})

_COMMANDS = (
    ("conn", r"refused to talk to me|after initial connection|while talking to me"),
    ("conn", r"did not like our (banner|greeting)|greeting failed"),
    ("ehlo", r"in reply to (ehlo|helo|lhlo)|(after|response to) (ehlo|helo|lhlo)|>>> (ehlo|helo)|my name was rejected"),
    ("ehlo", r"did not like our (ehlo|helo)|smtp command[^\w]+(ehlo|helo)\b"),
    ("mail", r"in reply to mail|after (pipelined )?mail from|>>> mail from|\[mail_?from\]|mail from command"),
    ("mail", r"sender was rejected|did not like our mail|smtp command[^\w]+mail\b|smtp:mail"),
    (
        "rcpt",
        r"in reply to rcpt|after (pipelined )?rcpt( to|:| command)|>>> rcpt to|\[rcpt_?to\]|does not like recipient",
    ),
    ("rcpt", r"did not like our rcpt|smtp:rcpt|smtp command[^\w]+rcpt\b|\(state 1[34]\)|for rcpt command"),
    (
        "data",
        r"in reply to (end of )?data|after (pipelined )?(sending )?(end of )?data|>>> (data|\.)$|\(state 1[5-9]\)",
    ),
    ("data", r"failed (after|when) i sent (the message|my message)|did not like our (final )?data|>>> data|smtp:data"),
    ("data", r"smtp command[^\w]+data\b|for (text|data) command|\[data\]|\[bodytext\]"),
)
_COMMAND = tuple((word, re.compile(pattern, re.MULTILINE)) for word, pattern in _COMMANDS)
"""Over lower case: a search for a word in any case is several times as slow."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient of a bounce, with what the servers said."""

    recipient: str
    """In lower case; empty where the report names nobody."""
    original: str = ""
    """Address that the mail was first sent to, where the report has it."""
    action: str = "failed"
    """failed, delayed, delivered, relayed or expanded (RFC 3464 §2.3.3)."""
    status: str = ""
    """Enhanced status code (RFC 3463), or empty."""
    code: str = ""
    """SMTP reply code, or empty."""
    command: str = ""
    """What the server was answering: conn, ehlo, mail, rcpt, data; empty where nobody says."""
    remote: str = ""
    """The host that refused, in lower case."""
    text: str = ""
    """The refusing server's words."""
    around: str = ""
    """What the reporting server wrote of it for a person."""
    comment: str = ""
    """What stands behind the status code in the report."""
    meaning: str = ""
    """The reason that bounces of this family have, whatever they say."""


def _with_reply(failure: Failure) -> Failure:
    """Part what the refusing server said from what the reporting one wrote around it."""
    if failure.text:
        return failure
    reply = _REPLY.search(failure.around)
    return replace(failure, text=reply[0]) if reply else failure


def status_in(text: str) -> str:
    """Return the first enhanced status code in a server's words, a general one only where no other stands there."""
    codes = _STATUS.findall(text)
    return next((code for code in codes if code not in _GENERAL), codes[0] if codes else "")


def code_in(text: str) -> str:
    """Return the first SMTP reply code of a refusal in a server's words."""
    codes: list[str] = _CODE.findall(text)
    return next((code for code in codes if code[0] in "45"), codes[0] if codes else "")


def command_in(text: str) -> str:
    """Return which command of SMTP was refused, as far as the words say it."""
    lower = text.lower()
    found = ((pattern.search(lower), word) for word, pattern in _COMMAND)
    return min(((match.start(), word) for match, word in found if match), default=(0, ""))[1]


def is_general(status: str) -> bool:
    """Say whether a status code says no more than that something failed."""
    return status in _GENERAL


def completed(failure: Failure) -> Failure:
    """Fill in from the words what no field of the report gave."""
    failure = _with_reply(failure)
    words = failure.text or failure.around
    host = _HOST.search(failure.around)
    expanded = _EXPANDED.search(failure.around)
    spoken = status_in(failure.text) or (status_in(failure.around) if is_general(failure.status) else "")
    status = spoken if is_general(failure.status) and spoken else failure.status
    return replace(
        failure,
        recipient=failure.recipient.lower(),
        original=failure.original or (expanded[1].lower() if expanded else ""),
        status=status,
        code=failure.code or code_in(words),
        remote=failure.remote or (host[1].lower() if host else ""),
        command=failure.command or command_in(failure.text) or command_in(failure.around),
    )
