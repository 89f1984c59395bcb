"""Bounces that follow no standard: one small description for each family of servers.

Owns the ordered table of families. A family is a few marks to know it by, and where in its words the recipients stand;
`family` reads them all the same way. The particular ones come first, what any server may write comes last.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mailbot.mail.bounces import anyones, appliances, japan, offices, providers, ses, unix
from mailbot.mail.bounces.family import read
from mailbot.mail.notice import is_answer, is_automatic
from mailbot.mail.reply_text import new_words

if TYPE_CHECKING:
    from mailbot.mail.bounces.family import Family
    from mailbot.mail.failure import Failure
    from mailbot.mail.notice import Notice
    from mailbot.mail.parse import Message

FAMILIES: tuple[Family, ...] = (
    *japan.FAMILIES,
    *providers.FAMILIES,
    *offices.FAMILIES,
    *appliances.FAMILIES,
    *unix.FAMILIES,
)
"""In the order in which they are tried."""


def find(message: Message, notice: Notice) -> tuple[str, tuple[Failure, ...]]:
    """Return the family that a bounce is of and what it says of each recipient; an empty name where it is none."""
    told = ses.read(notice)
    if told:
        return "ses", told
    answers = is_answer(message)
    if answers:  # some servers write "Re:", too; a person who does so quotes what servers wrote
        notice = replace(notice, text=new_words(notice.text))
    automatic = is_automatic(message)
    for family in FAMILIES:
        failures = read(family, message, notice) if automatic or family.person else ()
        if failures:
            return family.name, failures
    failures = () if answers else anyones.read(message, notice)
    return ("any", failures) if failures else ("", ())
