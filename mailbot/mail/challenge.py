"""Challenges: a sender is asked to prove that he is a person. mailbot is none, and answers none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailbot.mail.notice import Notice
    from mailbot.mail.parse import Message

_FIELDS = (
    ("x-tmda-fingerprint", re.compile(r"\S")),
    ("x-spamarrest-request", re.compile(r"\S")),
    ("x-bluebottle-request", re.compile(r"\S")),
    ("x-boxbe-request", re.compile(r"\S")),
    ("x-challenge", re.compile(r"\S")),
    ("x-asp-request", re.compile(r"\S")),
    ("x-uol-request", re.compile(r"\S")),
    (
        "from",
        re.compile(
            r"@(\w+\.)*(spamarrest|boxbe|bluebottle|0spam|mailblocks|choicemail\w*|vanquish|uolantispam)\.",
            re.IGNORECASE,
        ),
    ),
)
_SUBJECT = re.compile(
    r"(please )?confirm (your |that you |you )?(sent |are |message|e-?mail|delivery|request to)"
    r"|verification (required|needed)|sender (address )?verification|(requires|require) (your"
    r" )?confirmation|antispam uol|challenge"
    r"|送信者(の)?(確認|認証)|メール送信の確認",
    re.IGNORECASE,
)
_TEXT = re.compile(
    r"(to|in order to) (prove|verify|confirm) (that )?(you are|you're|your) (a )?(human|person|not a"
    r" (robot|machine|spam))|(click|follow|visit|reply).{0,80}(to|so that|and) (your|the|this)"
    r" (message|mail|e-?mail)( will|can)? (be )?(deliver|releas)"
    r"|(held|waiting|pending|quarantin).{0,120}(confirm|verif|approv|authenticat)|(anti-?spam|spam"
    r" (protection|filter|blocker)).{0,200}(confirm|verif|click|reply)|approved senders? list"
    r"|reconhecid|送信者.{0,20}確認.{0,60}(クリック|返信|アクセス)",
    re.IGNORECASE | re.DOTALL,
)


def find(message: Message, notice: Notice) -> str:
    """Return the rule by which a mail is a challenge, or an empty string."""
    for name, said in _FIELDS:
        if any(said.search(value) for value in message.all(name)):
            return name
    asks = _SUBJECT.search(message.first("subject")[:500]) and _TEXT.search(notice.text[:4000])
    return "words" if asks else ""
