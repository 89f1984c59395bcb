"""The same thing said in many words: sentences put together from who is spoken of and what is said of him."""

from __future__ import annotations

import pytest

from mailbot.mail.failure import Failure, completed
from mailbot.mail.reason import reason

WHO = "user; recipient; mailbox; account; address; email address; this mailbox; <a@b.c>; the e-mail account"
SENDER = "sender; sender address; sender domain; your sender address; envelope sender"
MACHINE = "your IP address; client host; 192.0.2.1; IP 192.0.2.1; your server; host 192.0.2.1; your mail server"
MAIL = "message; mail; this message; your email; your message"

SENTENCES = (
    (
        "userunknown",
        "rcpt",
        WHO,
        (
            "unknown; not found; does not exist; doesn't exist; could not be found; cannot be found; is not known here"
            "; is invalid; is not valid; not recognized; no longer exists; not available; has been deleted; was removed"
            "; is not registered; not in our database; is undeliverable; isn't known at this site; couldn't be located"
            "; not listed; is not defined"
        ),
    ),
    (
        "userunknown",
        "rcpt",
        (
            "no such; unknown; invalid; nonexistent; cannot find; could not find; no; not a valid; not a known; bad"
            "; we have no; there is no; unable to find; unrecognized; wrong"
        ),
        "user; recipient; mailbox; account; address; email address; mailbox by that name; local user",
    ),
    (
        "mailboxfull",
        "rcpt",
        "mailbox; user mailbox; the recipient's mailbox; inbox; account; user's mail folder; recipient",
        (
            "is full; over quota; has exceeded its quota; exceeded storage limit; is out of space"
            "; has reached its limit; has no space left; is over its storage limit; does not have enough space"
            "; is overquota"
        ),
    ),
    (
        "suspend",
        "rcpt",
        "user; account; mailbox; this account; the recipient mailbox; user account; email account",
        (
            "is disabled; has been suspended; is inactive; has been deactivated; is locked; temporarily disabled"
            "; has been closed; is not active; was terminated; is blocked; expired; has been frozen"
        ),
    ),
    (
        "hostunknown",
        "",
        "domain example.invalid; host; the domain; domain name; hostname; recipient domain; mail server x.example",
        "not found; does not exist; is unknown; could not be resolved; cannot be resolved; was not found in DNS",
    ),
    (
        "norelaying",
        "rcpt",
        "relaying; relay; relay access; mail relay; relaying mail",
        "denied; not allowed; not permitted; prohibited; is forbidden; refused; is not permitted here; disabled",
    ),
    (
        "rejected",
        "mail",
        SENDER,
        (
            "rejected; not allowed; denied; is not accepted; refused; is invalid; unknown; does not exist"
            "; cannot be verified"
        ),
    ),
    (
        "blocked",
        "conn",
        MACHINE,
        (
            "is blocked; has been blocked; is blacklisted; was rejected; is on our blocklist; not allowed; is banned"
            "; denied; is not welcome"
        ),
    ),
    (
        "spamdetected",
        "data",
        MAIL,
        (
            "rejected as spam; looks like spam; was classified as SPAM; contains spam; considered unsolicited"
            "; looks like junk mail; appears to be unsolicited bulk email"
        ),
    ),
    (
        "mesgtoobig",
        "data",
        f"{MAIL}; attachment",
        (
            "too large; is too big; exceeds maximum size; exceeds the limit; is larger than the allowed size"
            "; exceeded the maximum message size"
        ),
    ),
    (
        "policyviolation",
        "data",
        MAIL,
        (
            "rejected due to policy; rejected by policy; violates our policy; refused for policy reasons"
            "; rejected due to security policy; is against our policy"
        ),
    ),
    ("virusdetected", "data", MAIL, "contains a virus; is infected; contains malware; has a virus"),
    (
        "networkerror",
        "",
        "connection; connection with mx.example; the connection",
        "was reset by peer; lost; was closed unexpectedly; is broken; was interrupted",
    ),
    ("expired", "", "connection; operation; the conversation with mx.example", "timed out; timed out while waiting"),
    (
        "toomanyconn",
        "conn",
        "too many; exceeded maximum number of; you have exceeded the number of allowed",
        "connections; concurrent connections; sessions; recipients",
    ),
)
"""Reason, the command that was refused, who is spoken of, and what is said."""


def parts(phrases: str) -> list[str]:
    return [phrase.strip() for phrase in phrases.split(";")]


@pytest.mark.parametrize(
    ("word", "command", "subjects", "predicates"), SENTENCES, ids=[f"{row[0]}-{row[2][:8]}" for row in SENTENCES]
)
def test_a_sentence_may_be_said_in_many_words(word: str, command: str, subjects: str, predicates: str) -> None:
    said = [f"550 {subject} {predicate}" for subject in parts(subjects) for predicate in parts(predicates)]
    found = {text: reason(completed(Failure("a@b.c", command=command, text=text))) for text in said}
    assert {text: other for text, other in found.items() if other != word} == {}
