"""Amazon SES by way of SNS: a bounce as JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mailbot.mail.failure import MOST, Failure, completed
from mailbot.mail.notice import address

if TYPE_CHECKING:
    from mailbot.mail.notice import Notice

_MARK = re.compile(r"\"(notification|event)Type\"")
_DEEP = (RecursionError, ValueError)


def told(notice: Notice) -> dict[str, Any]:
    """Return the notification that a mail carries, or nothing."""
    start = notice.text.find('{"')
    if start < 0 or not _MARK.search(notice.text):
        return {}
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(notice.text[start:])
    except _DEEP:
        return {}
    return found if isinstance(found, dict) else {}


def kind(notification: dict[str, Any]) -> str:
    """Return what is notified: bounce, complaint, delivery."""
    return str(notification.get("notificationType") or notification.get("eventType") or "").lower()


def read(notice: Notice) -> tuple[Failure, ...]:
    """Read the bounced recipients of a notification."""
    notification = told(notice)
    if kind(notification) == "bounce":
        return tuple(_failure(who) for who in _people(notification, "bounce", "bouncedRecipients"))
    if kind(notification) == "delivery":
        people = _people(notification, "delivery", "recipients")
        return tuple(Failure(address(str(who)), action="delivered", status="2.0.0") for who in people)
    return ()


def complainers(notice: Notice) -> list[str]:
    """Return who complained, by the notification that a mail carries."""
    notification = told(notice)
    if kind(notification) != "complaint":
        return []
    people = _people(notification, "complaint", "complainedRecipients")
    return [address(str(who.get("emailAddress", ""))) for who in people if isinstance(who, dict)]


def _people(notification: dict[str, Any], section: str, name: str) -> list[Any]:
    found = notification.get(section)
    people = found.get(name) if isinstance(found, dict) else None
    return people[:MOST] if isinstance(people, list) else []


def _failure(who: object) -> Failure:
    said = who if isinstance(who, dict) else {}
    words = str(said.get("diagnosticCode", "")).partition(";")
    return completed(
        Failure(
            address(str(said.get("emailAddress", ""))),
            action=str(said.get("action", "failed")),
            status=str(said.get("status", "")),
            text=(words[2] or words[0]).strip(),
        )
    )
