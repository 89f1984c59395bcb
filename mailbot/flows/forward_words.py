"""What staff is told once a correspondent has written more than goes on in a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORDS = {
    "ja": (
        "転送を本日分で停止しました",
        "{who}からのメールが1日に{count}通を超えたため、これ以降は転送しません。メールはすべて保存されています。",
        "mailbot inbox list --class person で確認できます。",
        "お客様と特定できない方々",
    ),
    "en": (
        "No more mails are forwarded today",
        "More than {count} mails a day came from {who}. Further ones are kept and not forwarded.",
        "To read them: mailbot inbox list --class person",
        "people whom we cannot place",
    ),
}


def enough(who: str, *, count: int, customer: Mapping[str, str], locale: str) -> dict[str, Any]:
    """Return the content of that staff mail; `who` is the correspondent's address, empty for all strangers together."""
    heading, line, remedy, strangers = _WORDS.get(locale, _WORDS["en"])
    return {
        "what": "question.unheard",
        "customer": customer,
        "heading": heading,
        "lines": [line.format(who=who or strangers, count=count)],
        "facts": [],
        "remedy": remedy,
    }
