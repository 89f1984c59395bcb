"""All that reads and judges a mail, as one module: `hear` loads it with the first mail that comes in.

Owns nothing itself. The tables of phrases and families take a tenth of a second to compile, which no start waits for.
"""

from mailbot.flows.hearing.act import act
from mailbot.flows.hearing.origin import attribute
from mailbot.mail.authentication import author, vouched
from mailbot.mail.classify import classify
from mailbot.mail.enclosure import body, enclosures, opening
from mailbot.mail.notice import sender
from mailbot.mail.parse import LONGEST_HEADER, parse
from mailbot.mail.reply_text import new_words

__all__ = [
    "LONGEST_HEADER",
    "act",
    "attribute",
    "author",
    "body",
    "classify",
    "enclosures",
    "new_words",
    "opening",
    "parse",
    "sender",
    "vouched",
]
