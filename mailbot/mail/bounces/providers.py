"""Large mail providers: Gmail, Google Groups, Yahoo, GMX and 1&1, Mail.ru, AOL, Zoho, Facebook, Verizon."""

from __future__ import annotations

from mailbot.mail.bounces.family import Family
from mailbot.mail.bounces.naming import LINE, words
from mailbot.mail.notice import ADDRESS

_GOOGLE = (("from", words(r"mailer-daemon@(google(mail)?|gmail)\.")),)

FAMILIES = (
    Family(
        "google groups",
        words(r"groups\.google\.com/support|google ?groups|group you tried to contact"),
        fields=_GOOGLE,
        recipient=words(r"(?!)()"),
        meaning="rejected",
    ),
    Family(
        "gmail",
        words(r"delivery to the following recipients? (failed|has been)|message (not delivered|blocked)|\*\* "),
        fields=_GOOGLE,
        recipient=words(
            rf"^[ \t]+({ADDRESS})[ \t]*$|wasn't delivered to +({ADDRESS})|delivering your message to ({ADDRESS})"
        ),
    ),
    Family(
        "yahoo",
        words(
            r"we were unable to deliver your message to the following address|message from"
            r" \S+\.\s+unable to deliver message"
        ),
        recipient=words(rf"^<({ADDRESS})>:"),
        closing=words(r"^--- (below|original)"),
    ),
    Family(
        "gmx",
        words(r"address(\(es\))?\s+failed:"),
        recipient=words(rf"^\"?({ADDRESS})\"?:"),
        closing=words(r"^--- the header of the original"),
        fields=(("from", words(r"gmx|kundenserver|1und1|1and1|web\.de|ionos")),),
    ),
    Family(
        "zoho",
        words(r"this is a permanent error\.\s|mail delivery software"),
        recipient=words(
            rf"address: *<?({ADDRESS})>?, responsecode|^\[?({ADDRESS})\]?,? (?=.*(invalid|error|mailbox|host|user|:))"
        ),
        fields=(("from", words(r"zoho")), ("x-mailer", words(r"zoho"))),
    ),
    Family(
        "verizon",
        words(r"error: |message details|undeliverable|error message below|could not be delivered"),
        recipient=words(rf"rcpt to: *<?({ADDRESS})>?|^[ \t]*to: *<?({ADDRESS})>?"),
        fields=(("from", words(r"vtext|vzw|verizon")),),
        reason_before=True,
    ),
    Family("james", words(r"error message below:"), recipient=words(rf"rcpt to: *<?({ADDRESS})>?"), reason_before=True),
    Family("facebook", words(r"automatically by facebook"), recipient=words(LINE)),
)
"""In the order in which they are tried."""
