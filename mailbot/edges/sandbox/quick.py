"""The one-word answers that a mail of the sandbox is offered: those that do something for it, in its language.

Owns which mails get which. What the words do is `domain.reply_command`'s; whoever writes more uses the text box.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mailbot.edges.sandbox.mailbox import Kept
    from mailbot.edges.sandbox.reading import Letter


@dataclass(frozen=True, slots=True)
class Quick:
    """What may be pressed below a mail."""

    words: tuple[str, ...] = ()
    """One button each."""
    successor: str = ""
    """The word that an address stands behind; empty where nobody can be named."""
    greeting: str = ""
    """How an answer in the mail's language begins."""


_INVITED = ("invitation",)
_BILLED = ("notice", "reminder", "replaced")
_TALKED = ("answer", "probe", "announcement", "change", "withdrawn")
_WORDS: Mapping[str, Mapping[tuple[str, ...], Quick]] = {
    "ja": {
        _INVITED: Quick(("承認", "辞退")),
        _BILLED: Quick(("受領", "再送", "一覧", "停止", "停止 7日", "再開"), "担当変更"),
        _TALKED: Quick(("一覧", "停止", "再開"), "担当変更"),
    },
    "en": {
        _INVITED: Quick(("approve", "decline")),
        _BILLED: Quick(("received", "resend", "list", "stop", "stop 7 days", "resume"), "successor"),
        _TALKED: Quick(("list", "stop", "resume"), "successor"),
    },
}
_GREETINGS = {"ja": "お世話になっております。…", "en": "Hello, …"}
_LANGUAGE = re.compile(r'<html lang="(ja|en)')
_KANA = re.compile(r"[\u3041-\u30fa]")


def quick(kept: Kept, letter: Letter) -> Quick:
    """Return what a mail is offered; no words for kinds in whose answers none acts."""
    language = _language(letter)
    offered = next((found for kinds, found in _WORDS[language].items() if kept.kind in kinds), Quick())
    return replace(offered, greeting=_GREETINGS[language])


def _language(letter: Letter) -> str:
    said = _LANGUAGE.search(letter.html or "")
    if said is not None:
        return said[1]
    return "ja" if _KANA.search(letter.text or "") else "en"
