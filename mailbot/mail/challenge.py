"""Challenges: a sender is asked to prove that he is a person. mailbot is none, and answers none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailbot.mail.reply_text import new_words

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
_LINK = re.compile(r"https?://", re.IGNORECASE)
_DO = (
    r"(?:click|follow|visit|press|open|go to|reply|respond|クリック|アクセス|返信|开|点击|點擊|klicken|cliquez"
    r"|cliquer|haga clic|clique"
    r"|cliccare|clicca)"
)
_SO_THAT = (
    r"(?:(?:message|mail|e-?mail|it)\b.{0,24}(?:deliver|releas|get through|reach|accept|arriv|read)"
    r"|(?:deliver|releas|unblock)\w*.{0,16}(?:your|this) (?:message|mail|e-?mail)"
    r"|(?:prove|verify|confirm|show|ensure)\w* .{0,40}(?:human|person|robot|spammer|legitimate)"
    r"|(?:whitelist|allow(?:ed)? list|approved senders?|guest ?list)"
    r"|(?:配信|配送|お?届け|受信|受け取)|zugestellt|zustell|[dr][ée]livr|entreg|consegn|送达|送達)"
)
_MACHINE = (
    r"(?:spam|verif(?:y|ication)|challenge|captcha|human|not a (?:robot|machine|bot)|protected by|first time"
    r"|unknown sender|whitelist"
    r"|迷惑メール|スパム|送信者(?:の)?(?:確認|認証)|垃圾)"
)
_ASKED = re.compile(rf"{_DO}.{{0,120}}{_SO_THAT}|{_SO_THAT}.{{0,120}}{_DO}", re.IGNORECASE | re.DOTALL)
_PROTECTED = re.compile(_MACHINE, re.IGNORECASE)


def find(message: Message, notice: Notice) -> str:
    """Return the rule by which a mail is a challenge, or an empty string."""
    for name, said in _FIELDS:
        if any(said.search(value) for value in message.all(name)):
            return name
    words = notice.text[:4000]
    if _SUBJECT.search(message.first("subject")[:500]) and _TEXT.search(words):
        return "words"
    return "words" if _LINK.search(words) and _asks(new_words(words)) else ""


def _asks(words: str) -> bool:
    """Say whether words want something done that a mail be let in, and speak of what keeps it out."""
    return _PROTECTED.search(words) is not None and _ASKED.search(words) is not None
