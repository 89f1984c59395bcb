"""Why a mail came back, in one word, and whether the address is dead.

Owns the order of what decides; what servers say stands in `phrases`, what particular ones mean in `hosts`. The words
are those of the sisimai project, which operators know. What a server says counts before its numbers: most soft
failures carry a 5.x.x, and most numbers are general.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailbot.mail.hosts import said_by_host
from mailbot.mail.phrases import REFUSED, SURELY_USER, USER, WORDS

if TYPE_CHECKING:
    from mailbot.mail.failure import Failure

HARD = frozenset({"userunknown", "hostunknown", "hasmoved"})
"""Reasons that say that nothing will ever arrive there."""

_SURE_STATUS = {
    "2.2": "mailboxfull",
    "2.3": "exceedlimit",
    "1.6": "hasmoved",
    "1.7": "rejected",
    "1.8": "rejected",
    "3.4": "mesgtoobig",
    "7.13": "suspend",
    "7.17": "hasmoved",
    **dict.fromkeys(("7.20", "7.21", "7.22", "7.23", "7.24", "7.26", "7.29", "7.30", "7.509"), "authfailure"),
    "7.25": "requireptr",
    "7.27": "notaccept",
}
"""Numbers that are given for one thing only (RFC 3463, 7372, 7505 and the IANA registry), without their class."""

_BY_STATUS = {
    "1.0": "userunknown",
    "1.1": "userunknown",
    "1.2": "hostunknown",
    "1.3": "userunknown",
    "1.4": "filtered",
    "1.6": "hasmoved",
    "1.7": "rejected",
    "1.8": "rejected",
    "1.9": "systemerror",
    "1.10": "notaccept",
    "2.0": "filtered",
    "2.1": "filtered",
    "2.2": "mailboxfull",
    "2.3": "exceedlimit",
    "2.4": "filtered",
    "3.0": "systemerror",
    "3.1": "systemfull",
    "3.2": "notaccept",
    "3.3": "systemerror",
    "3.4": "mesgtoobig",
    "3.5": "systemerror",
    "4.0": "networkerror",
    "4.1": "expired",
    "4.2": "expired",
    "4.3": "systemerror",
    "4.4": "hostunknown",
    "4.5": "systemfull",
    "4.6": "networkerror",
    "4.7": "expired",
    "5.1": "syntaxerror",
    "5.2": "syntaxerror",
    "5.3": "toomanyconn",
    "5.4": "syntaxerror",
    "5.5": "syntaxerror",
    "5.6": "syntaxerror",
    "6.0": "contenterror",
    "6.1": "contenterror",
    "6.2": "contenterror",
    "6.3": "contenterror",
    "6.5": "contenterror",
    "6.6": "contenterror",
    "6.7": "contenterror",
    "6.9": "contenterror",
    "7.2": "rejected",
    "7.4": "securityerror",
    "7.5": "securityerror",
    "7.6": "securityerror",
    "7.7": "securityerror",
    "7.8": "securityerror",
    "7.9": "securityerror",
}
"""What a number says where the words say nothing (RFC 3463 §3)."""

_BY_COMMAND = {"conn": "blocked", "ehlo": "blocked", "mail": "rejected", "data": "filtered"}
"""What a refusal without a word means, by what was refused."""

LONGEST = 4000
"""Characters of a server's words that are looked at."""

_URL = re.compile(r"https?://\S+")
_ADDRESS = re.compile(r"<?[^\s<>()\[\]:;,\"]{1,128}@[^\s<>()\[\]:;,\"']{1,255}>?")
_IP = re.compile(r"\[?\b\d{1,3}(?:\.\d{1,3}){3}\b\]?")
_CONTINUED = re.compile(r"(?<=\s)\d{3}[- ](?:[245]\.\d{1,3}\.\d{1,3}\s)?(?!\d)")
_SPACES = re.compile(r"\s+")
_QUOTED = str.maketrans("\u2018\u2019", "''")


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
    )
    return next((word for step in steps if (word := step(failure))), "onhold" if failure.code else "undefined")


def hard(word: str, failure: Failure) -> bool:
    """Say whether the address is dead for that reason.

    A domain that takes no mail is as dead as an unknown one, unless its refusal was temporary.
    """
    return word in HARD or (word == "notaccept" and not (failure.status or failure.code).startswith("4"))


def plain(text: str) -> str:
    """Lay words out for the tables: one line of lower case, without links, mail addresses and IP addresses."""
    line = _SPACES.sub(" ", _URL.sub("", text[:LONGEST].translate(_QUOTED).lower())).strip()
    return _CONTINUED.sub("", _IP.sub("ip", _ADDRESS.sub("@", line)))


def _of_action(failure: Failure) -> str:
    done = failure.action in {"delivered", "deliverable", "relayed", "expanded"}
    return "delivered" if done else ""


def _of_family(failure: Failure) -> str:
    return failure.meaning


def _of_delay(failure: Failure) -> str:
    return "expired" if failure.action == "delayed" else ""


def _of_sure_status(failure: Failure) -> str:
    return _SURE_STATUS.get(failure.status[2:], "")


def _of_text(failure: Failure) -> str:
    return _of_words(plain(failure.text), failure)


def _of_around(failure: Failure) -> str:
    return _of_words(plain(failure.around), failure) if failure.around else ""


def _of_words(words: str, failure: Failure) -> str:
    if SURELY_USER.search(words):
        return "userunknown"
    found = next((word for word, pattern in WORDS if pattern.search(words)), "")
    if found in {"", *_AFTER_USER} and USER.search(words):
        return _user_or_filter(failure)
    return "networkerror" if found == "hostunknown" and failure.status.startswith("4") else found


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
    return "" if failure.command in {"conn", "ehlo", "mail"} else _BY_STATUS.get(failure.status[2:], "")


def _of_command(failure: Failure) -> str:
    return _BY_COMMAND.get(failure.command, "") or _BY_STATUS.get(failure.status[2:], "")
