"""The new words of a reply: what its writer put on top, without what he quotes and how he signs.

Owns how mail programs announce a quotation and how people sign, in Japanese, English and the main European languages.
What the words ask for is the domain's.
"""

from __future__ import annotations

import re

LONGEST = 20_000
"""Characters of a mail that are looked at."""

_ATTRIBUTIONS = (
    (
        r"(on|am|le|el|il|em|den|op)\b.{4,200}\n?.{0,120}"
        r"\b(wrote|schrieb|[ée]crit|escribi[óo]|ha scritto|escreveu|skrev|schreef).{0,80}:"
    ),
    r"\d{2}\.\d{2}\.\d{4}.{0,160}\n?.{0,160}(написал|wrote|schrieb).{0,80}:",
    r".{0,160}\d.{0,160}(wrote|書きました|のメール|のメッセージ|さんは|様は).{0,20}[:：]",
    r"\d{4}[年/-]\d{1,2}[月/-]\d{1,2}.{0,160}@.{0,120}[:：]",
)
"""What stands above a quotation whose lines are marked: a writer may answer below it."""

_HEADINGS = (
    r"-{2,} ?(original|forwarded) (message|mail).{0,40}|begin forwarded message:",
    r"-{2,} ?(urspr[üu]ngliche nachricht|message d'origine|元のメッセージ|元のメール|転送メッセージ).{0,40}",
    r"_{8,}",
    (
        r"\*?(from|von|de|差出人|送信元|送信者)\*? ?[:：].{1,200}\n[ \t]{0,8}\*?"
        r"(sent|date|to|cc|gesendet|datum|envoy[ée]|送信日時|日時|日付|宛先)\*? ?[:：]"
    ),
)
"""What stands above a mail that is quoted as it was: all that follows is somebody else's."""

_SIGNATURES = (
    r"-- ?|[-=_*~+＊━─═―‐☆★◇◆□■○●◎･・.#]{5,80}.{0,40}",
    r"(sent from my|get outlook for|von meinem|envoy[ée] de mon|enviado desde mi).{0,60}",
    r"(iphone|ipad|android|スマートフォン|outlook).{0,12}から送信.{0,20}",
)
_ANNOUNCED = re.compile(rf"^[ \t]{{0,8}}(?:{'|'.join(_ATTRIBUTIONS + _HEADINGS)})", re.IGNORECASE | re.MULTILINE)
_HEADED = re.compile(rf"^[ \t]{{0,8}}(?:{'|'.join(_HEADINGS)})", re.IGNORECASE | re.MULTILINE)
_SIGNED = re.compile(rf"^[ \t]{{0,8}}(?:{'|'.join(_SIGNATURES)})[ \t]{{0,8}}$", re.IGNORECASE | re.MULTILINE)
_QUOTED = re.compile(r"^[ \t]{0,8}(?:[>＞|｜].*|[A-Za-z]{1,4}>.*)$", re.MULTILINE)


def new_words(text: str) -> str:
    """Return what stands on top; where a writer answers below his quotation, what stands there."""
    text = text[:LONGEST].replace("\r\n", "\n").replace("\u00a0", " ").replace("\u200b", "")
    return _above(text) or _above(_below(text))


def _above(text: str) -> str:
    """Return the words before the first quotation, announcement or signature."""
    found = [match.start() for pattern in (_ANNOUNCED, _QUOTED, _SIGNED) if (match := pattern.search(text))]
    return text[: min(found, default=len(text))].strip()


def _below(text: str) -> str:
    """Return the words behind a quotation that stands on top; nothing where the mail below is not marked as one."""
    quoted = list(_QUOTED.finditer(text))
    return text[quoted[-1].end() :] if quoted and not _HEADED.search(text, 0, quoted[-1].start()) else ""
