"""Office servers: Exchange of every age, Lotus Domino, GroupWise, IMail, MDaemon."""

from __future__ import annotations

from mailbot.mail.bounces.family import Family
from mailbot.mail.bounces.naming import words
from mailbot.mail.notice import ADDRESS

FAMILIES = (
    Family(
        "exchange 2003",
        words(r"did not reach the following recipient\(s\)|following recipient\(s\) could not be reached"),
        recipient=words(rf"^[ \t]*(?:'?[^\n@]{{0,60}}[<(])?({ADDRESS})[>)]?'? (?:on|am|at) "),
    ),
    Family(
        "exchange 2007",
        words(
            r"delivery has failed to these recipients|rejected your message to the following"
            r"|diagnostic information for administrators"
            r"|[eé]chec de la remise|fehler bei der nachrichtenzustellung|no se pudo entregar"
            r"|impossibile recapitare|für administratoren"
        ),
        recipient=words(rf"^({ADDRESS})[ \t]*$"),
        closing=words(r"^(original message headers|en-t[êe]tes de message|ursprüngliche nachrichtenkopf)"),
    ),
    Family(
        "domino",
        words(r"delivery failure report|^your (document|message) ?:?[ \t]*$|was not delivered to:"),
        recipient=words(rf"was not delivered to:\s*({ADDRESS})|^to:?[ \t]*({ADDRESS})"),
        fields=(("subject", words(r"delivery failure|配信不能")), ("x-mailer", words(r"lotus|domino|notes"))),
    ),
    Family(
        "notes",
        words(r"-+ failure reasons? *-+"),
        recipient=words(rf"^[ \t]*<?({ADDRESS})>?[ \t]*$"),
        closing=words(r"-+ returned message"),
        reason_before=True,
    ),
    Family(
        "mailmarshal",
        words(r"could not be delivered because of"),
        recipient=words(rf"^[ \t]+<?({ADDRESS})>?[ \t]*$"),
        closing=words(r"^additional information"),
        reason_before=True,
    ),
    Family(
        "groupwise",
        words(r"the message that you sent was undeliverable|undeliverable to the following"),
        recipient=words(rf"^[ \t]*({ADDRESS})[ \t]*(?:\(|$)"),
    ),
    Family(
        "imail",
        words(
            r"^ ?(unknown (host|user)|user mailbox exceeds|invalid final delivery|delivery failed"
            r"|undeliverable to|message to:|unable to)"
        ),
        recipient=words(
            rf"(?:undeliverable to|unknown (?:user|host)|exceeds allowed size|userid|message to"
            rf"|delivery failed \d+ attempts)"
            rf":?\s*<?({ADDRESS})>?"
        ),
        fields=(("x-mailer", words(r"imail|smtp32")),),
    ),
)
"""In the order in which they are tried."""
