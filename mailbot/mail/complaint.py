"""Complaints: a person pressed "this is spam", and the provider tells (RFC 5965), or asked not to be written to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailbot.mail.bounces import ses
from mailbot.mail.notice import address, addresses
from mailbot.mail.parse import plain_fields

if TYPE_CHECKING:
    from mailbot.mail.notice import Notice
    from mailbot.mail.parse import Field, Message

KIND = "message/feedback-report"
"""Media type of the report (RFC 5965 §2)."""

_NAMES = ("original-rcpt-to", "removal-recipient")
_IN_RETURNED = ("x-hmxmroriginalrecipient", "x-apparently-to", "to", "x-original-to", "delivered-to")
_OF_PEOPLE = frozenset({"abuse", "fraud", "opt-out", "opt-out-list", "other", "miscategorized", "not-spam", "virus"})
_WELCOME = frozenset({"not-spam", "virus"})
"""What a report may say besides: that a mail was no spam after all, or what a scanner found."""

_JMRP = re.compile(r"complaint about message from", re.IGNORECASE)


def find(message: Message, notice: Notice) -> tuple[str, list[str]]:
    """Return the rule and who complained; an empty rule where a mail is no complaint."""
    report = _report(message)
    if report:
        return "arf", _complainers(report, notice)
    if _JMRP.search(message.first("subject")[:500]) and notice.returned:
        return "jmrp", _first_named(notice.returned)
    if message.first("x-apple-unsubscribe").lower() == "true":
        return "apple unsubscribe", addresses(message.first("from"))
    told = ses.complainers(notice)
    return ("ses", told) if told else ("", [])


def is_of_person(message: Message) -> bool:
    """Say whether a complaint means that its recipient does not want such mails.

    Reports of failed authentication (RFC 6591) and of scanners have the same form, and come from programs.
    """
    report = _report(message)
    kinds = {field.value.lower() for field in report if field.name == "feedback-type"}
    return not report or bool(kinds & (_OF_PEOPLE - _WELCOME))


def _report(message: Message) -> tuple[Field, ...]:
    for part in message.walk():
        if part.kind == KIND:
            return plain_fields(part.text())
    return ()


def _complainers(report: tuple[Field, ...], notice: Notice) -> list[str]:
    for name in _NAMES:
        found = [address(field.value) for field in report if field.name == name and _is_of_person(report)]
        if any(found):
            return [who for who in dict.fromkeys(found) if who]
    return _first_named(notice.returned)


def _is_of_person(report: tuple[Field, ...]) -> bool:
    """Say whether a person complained; a report of failed authentication names who asked for such reports."""
    return any(field.name == "feedback-type" and field.value.lower() in _OF_PEOPLE for field in report)


def _first_named(returned: tuple[Field, ...]) -> list[str]:
    for name in _IN_RETURNED:
        found = addresses("\n".join(field.value for field in returned if field.name == name))
        if found:
            return found
    return []
