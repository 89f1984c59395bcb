"""Why a mail came back, in one word, and whether the address is dead.

Owns the order of what decides; what servers say stands in `phrases`, what their numbers mean in `codes`, what
particular ones mean by both in `hosts`. The words are those of the sisimai project, which operators know. What a server
says counts before its numbers: most soft failures carry a 5.x.x, and most numbers are general.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mailbot.mail.codes import BY_CODE, BY_COMMAND, BY_STATUS, SURE, UNLESS_SAID
from mailbot.mail.hosts import said_by_host
from mailbot.mail.phrases import REFUSED, USER, WORDS, surely_unknown

if TYPE_CHECKING:
    from mailbot.mail.failure import Failure

HARD = frozenset({"userunknown", "hostunknown", "hasmoved"})
"""Reasons that say that nothing will ever arrive there."""

LONGEST = 4000
"""Characters of a server's words that are looked at."""

_URL = re.compile(r"https?://\S+")
_JAPANESE = r"\u3000-\u30ff\uff08-\uff1e"
_ADDRESS = re.compile(
    rf"<?[^\s<>()\[\]:;,\"{_JAPANESE}]{{1,128}}@[^\s<>()\[\]:;,\"'{_JAPANESE}\u4e00-\u9fff\uac00-\ud7af]{{1,255}}>?"
)
_IP = re.compile(r"\[?\b\d{1,3}(?:\.\d{1,3}){3}\b\]?")
_CONTINUED = re.compile(r"(?<=\s)\d{3}[- ](?:[245]\.\d{1,3}\.\d{1,3}\s)?(?!\d)")
_SPACES = re.compile(r"\s+")
_QUOTED = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
_SPELLED = (
    ("can't", "can not"),
    ("cannot", "can not"),
    ("won't", "will not"),
    ("n't", " not"),
    ("e-mail", "email"),
    ("mail box", "mailbox"),
    ("mail-box", "mailbox"),
)
"""Words that are written in several ways, and the one in which the tables have them."""


def reason(failure: Failure) -> str:
    """Return the one word for what happened to a recipient."""
    steps = (
        _of_action,
        _of_family,
        said_by_host,
        _of_sure_status,
        _of_text,
        _of_around,
        _of_delay,
        _of_status,
        _of_refusal,
        _of_command,
        _of_code,
    )
    return next((word for step in steps if (word := step(failure))), "onhold" if failure.code else "undefined")


def hard(word: str, failure: Failure) -> bool:
    """Say whether the address is dead for that reason.

    A domain that takes no mail is as dead as an unknown one, unless its refusal was temporary.
    """
    return word in HARD or (word == "notaccept" and not (failure.status or failure.code).startswith("4"))


def plain(text: str) -> str:
    """Lay words out for the tables: one line of lower case in one spelling, without links and addresses."""
    line = _SPACES.sub(" ", _URL.sub("", text[:LONGEST].translate(_QUOTED).lower())).strip()
    line = _CONTINUED.sub("", _IP.sub("ip", _ADDRESS.sub("@", line)))
    for written, spelled in _SPELLED:
        line = line.replace(written, spelled)
    return line


def _of_action(failure: Failure) -> str:
    done = failure.action in {"delivered", "deliverable", "relayed", "expanded"}
    return "delivered" if done else ""


def _of_family(failure: Failure) -> str:
    return failure.meaning


def _of_delay(failure: Failure) -> str:
    return "expired" if failure.action == "delayed" else ""


def _of_sure_status(failure: Failure) -> str:
    return SURE.get(failure.status[2:], "")


def _of_text(failure: Failure) -> str:
    return _of_words(plain(failure.text), failure)


def _of_around(failure: Failure) -> str:
    return _of_words(plain(failure.around), failure) if failure.around else ""


def _of_words(words: str, failure: Failure) -> str:
    if surely_unknown(words):
        return "userunknown"
    found = _named(words)
    if found in _NOT_OF_USERS and failure.status in UNLESS_SAID and failure.command not in _BEFORE_RCPT:
        return UNLESS_SAID[failure.status]
    if found in {"", *_AFTER_USER} and USER.search(words):
        return _user_or_filter(failure)
    return "networkerror" if found == "hostunknown" and failure.status.startswith("4") else found


@lru_cache(maxsize=256)
def _named(words: str) -> str:
    """Return the reason whose phrases stand in the words; a server says the same of every recipient, so it is kept."""
    return next((word for word, pattern in WORDS if pattern.search(words)), "")


_BEFORE_RCPT = frozenset({"conn", "ehlo", "mail"})
"""What is asked before any recipient is named."""

_NOT_OF_USERS = frozenset(
    {"", "systemerror", "contenterror", "syntaxerror", "networkerror", "hostunknown", "policyviolation"}
    | {"securityerror", "systemfull", "mailererror"}
)
"""Reasons whose phrases say nothing of a mailbox or of the sender."""

_AFTER_USER = frozenset({"systemerror", "contenterror", "syntaxerror"})
"""Reasons whose phrases are too general to stand against an unknown user."""


def _user_or_filter(failure: Failure) -> str:
    """Tell an unknown user from a filter that pretends: whoever takes RCPT knows his users, and says so there."""
    known = failure.command == "rcpt" or failure.status[1:] in {".1.1", ".1.0", ".1.3", ".1.351", ".1.10"}
    if not known and failure.comment.startswith("mailbox disabled"):
        return "suspend"
    return "userunknown" if known else "filtered"


def _of_refusal(failure: Failure) -> str:
    return _user_or_filter(failure) if REFUSED.search(plain(failure.text)) else ""


def _of_status(failure: Failure) -> str:
    return "" if failure.command in _BEFORE_RCPT else BY_STATUS.get(failure.status[2:], "")


def _of_command(failure: Failure) -> str:
    return BY_COMMAND.get(failure.command, "") or BY_STATUS.get(failure.status[2:], "")


def _of_code(failure: Failure) -> str:
    """Return what stands in the numbers, however general."""
    return "securityerror" if failure.status[1:4] == ".7." else BY_CODE.get(failure.code, "")
