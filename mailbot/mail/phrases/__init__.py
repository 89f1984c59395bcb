"""What servers say when they refuse, in the order in which it decides: the particular before the general.

Owns the order; the phrases stand beside this, by what they are about: recipients, senders, contents, servers. They are
patterns over a line of lower case in which mail addresses read `@`, IP addresses `ip` and words are spelled one way
("can not", "email", "mailbox"; see `reason.plain`). Most put who is spoken of beside what is said of him, with a few
words between, for there are more ways to say it than anybody has seen; none is about one mail. What operators publish
of their own answers went in: Google, Microsoft, Yahoo, Apple, GMX, Comcast, Cox, NetEase, Tencent, Mimecast, GoDaddy.
"""

from __future__ import annotations

import re

from mailbot.mail.phrases import abroad, contents, recipients, senders, servers

_ORDER: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("delivered", (r"^2\d\d 2\.\d\.\d",)),
    ("speeding", recipients.BUSY),
    ("toomanyconn", senders.OVER_QUOTA),
    ("requireptr", senders.NAMELESS),
    ("authfailure", senders.UNPROVEN),
    ("virusdetected", contents.VIRUS),
    ("mailboxfull", recipients.FULL),
    ("mesgtoobig", contents.BIG),
    ("exceedlimit", contents.BIG_FOR_ONE),
    ("notaccept", servers.NO_MAIL),
    ("hasmoved", recipients.MOVED),
    ("suspend", recipients.SUSPENDED),
    ("norelaying", senders.NO_RELAY),
    ("securityerror", senders.NOT_SIGNED_IN),
    ("failedstarttls", servers.NO_TLS),
    ("notcompliantrfc", contents.AGAINST_STANDARD),
    ("badreputation", senders.ILL_REPUTED),
    ("toomanyconn", senders.TOO_MANY),
    ("spamdetected", contents.SPAM),
    ("systemerror", servers.SURELY_BROKEN),
    ("policyviolation", contents.SURELY_POLICY),
    ("expired", servers.SURELY_LATE),
    ("filtered", recipients.SURELY_FILTERED),
    ("rejected", senders.REFUSED),
    ("blocked", senders.BLOCKED),
    ("networkerror", servers.LOOKUP_LATER),
    ("hostunknown", servers.NO_HOST),
    ("networkerror", servers.NO_WAY),
    ("mailererror", servers.PROGRAM),
    ("expired", servers.LATE),
    ("systemfull", servers.FULL),
    ("policyviolation", contents.POLICY),
    ("systemerror", servers.BROKEN),
    ("contenterror", contents.MALFORMED),
    ("filtered", recipients.FILTERED),
    ("syntaxerror", servers.SYNTAX),
)

WORDS = tuple((word, re.compile("|".join(phrases))) for word, phrases in _ORDER)
"""Each reason with what is said of it; a reason may come twice, with particular and with general phrases."""

USER = re.compile("|".join(recipients.UNKNOWN))
"""What is said of recipients who do not exist, and by filters of those who do."""

REFUSED = re.compile("|".join(recipients.REFUSED))
"""What is said of recipients who are refused for whatever reason."""

SURELY_USER = re.compile("|".join(recipients.SURELY_UNKNOWN))
"""What only those say who know their users."""

_ABROAD = re.compile("|".join(abroad.UNKNOWN))


def surely_unknown(words: str) -> bool:
    """Say whether words, laid out as the tables want them, are of a recipient whom the server knows not to exist."""
    if SURELY_USER.search(words):
        return True
    foreign = not words.isascii() or any(stem in words for stem in abroad.STEMS)
    return foreign and _ABROAD.search(words) is not None
