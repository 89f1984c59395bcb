"""What a reply asks mailbot to do: 承認, 辞退, 受領, 再送, 一覧, 停止, 再開, 担当変更, or the same in English.

Owns the words and a small grammar around them. A command is the only thing of substance that a reply says: greetings,
thanks and a signature may stand around it. A question, a negation, a second command or any other sentence makes it
unclear, and what is unclear is a person's to read. Only the new words of a reply are given here; who may command what
is decided elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

from mailbot.domain import paper_code
from mailbot.domain.polite_words import is_polite, is_signature, names_sender, without_apology
from mailbot.domain.written import Misread, fold

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

LONGEST = 1000
"""Characters of a reply that may be a command; who writes more has more to say."""

LONGEST_CLAUSE = 100
"""Characters of one clause that may be a command."""

LONGEST_PAUSE = 90
"""Days for which reminders may be put off."""


class Deed(StrEnum):
    """What a reply may ask for."""

    APPROVE = "approve"
    DECLINE = "decline"
    RECEIVED = "received"
    NOT_RECEIVED = "not_received"
    RESEND = "resend"
    LIST = "list"
    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"
    SUCCESSOR = "successor"
    REDEEM = "redeem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing to do."""

    deed: Deed
    days: int = 0
    """Of a pause."""
    address: str = ""
    """Of a successor, as it was typed: not necessarily an address, and empty where none was."""
    paper_id: str = ""
    paper_password: str = field(default="", repr=False)


class Spoken(Enum):
    """What a reply is that gives no command."""

    UNCLEAR = "unclear"
    """It speaks of a command and does not plainly give one."""
    MISREAD = "misread"
    """It brings a temporary ID or password that cannot be read."""
    COURTESY = "courtesy"
    """It says thanks, or that it was read, and nothing else."""


UNCLEAR, MISREAD, COURTESY = Spoken.UNCLEAR, Spoken.MISREAD, Spoken.COURTESY

_SAY = (
    r"(?:を|と|に)?(?:し(?:ます|ました|た)|する|(?:いた|致)し(?:ます|ました)|済み?(?:です|でございます)?|です|でございます"
    r"|させて(?:いただき|頂き)(?:ます|ました|たく(?:存じます|思います|お願いします)?)"
    r"|(?:し|いたし|致し)たい(?:です|と(?:思い|存じ)ます)|(?:いた|致)したく(?:存じます|思います)?"
    r"|でお願い(?:し|いたし|致し)ます)?(?:ので|旨)?(?:ご(?:連絡|報告))?(?:(?:いた|致)?します|申し上げます|まで)?"
)
_ASK = (
    r"(?:(?:を|で|の(?:送付|手続き?)を)?(?:ご?(?:お願い(?:(?:いた|致)?します|申し上げます|したいです)?|希望(?:(?:いた|致)?します|です)?"
    r"|依頼(?:(?:いた|致)?します)?)|(?:して|送って|お送り)?(?:ください|下さい))"
    r"|(?:を)?(?:(?:いた|致)?します|する|です|したいです|(?:して|送って)(?:いただきたい(?:です|と(?:思い|存じ)ます)?"
    r"|(?:いただける|頂ける|もらえる)と(?:幸いです|助かります|ありがたいです|有難いです)|(?:ほしい|欲しい)です)))?"
)
_OF_INVITATION = (
    r"(?:(?:本件|上記|今回|こちら|この|ご?招待|ご?案内|請求書|電子化|電子(?:で)?の?受け?取り)"
    r"(?:につきまして|について|に関して|の件|の|は|を){0,2}){0,3}"
)
_OF_MAIL = (
    r"(?:(?:確かに|たしかに|無事|本日|先ほど|正に|ご?請求書|書類|メール|添付|pdf|データ|ファイル|リンク|url"
    r"|本件|上記|こちら|もう一度|再度)[のはをがに]?){0,4}"
)
_OF_REMINDERS = (
    r"(?:(?:この|リマインド|リマインダー|催促|督促|再度の|ご?案内|ご?連絡|通知|メール|配信|送信|しばらく|一時)"
    r"[のはを]?){0,4}"
)
_DAYS = r"(?:\(?(?P<n>[0-9]{1,3}|[一二三四七])(?P<unit>日間?|週間?|[かヶケカヵ箇]月間?)\)?)"
_OPENED, _CLOSED = r"[<(\[{〈《〔]", r"[>)\]}〉》〕]"
_DENIED = r"(?![^@]{0,40}(?:ない|ません|せず|ぬ|不要|無用|中止|取り?消|やめ|止め|\b(?:not?|never|don't)\b))"
_LABEL = r"(?:(?:後任|新)?(?:者|担当者?|の方)?の?)(?:(?:e-?)?mail|メール)?(?:アドレス)?"
_ADDRESS = (
    rf"{_DENIED}(?:[^<>@、,]{{0,30}}{_OPENED})?(?:{_LABEL}: ?)?(?:mailto:)?"
    r"(?P<address>[^\s<>()\[\]{}〈〉《》〔〕@、,:]{1,64}@[^\s<>()\[\]{}〈〉《》〔〕@、,]{1,255}?)"
    rf"{_CLOSED}?"
)
_MISTYPED = r"(?P<mistyped>[!-~]{1,80})?"

_JAPANESE = (
    (Deed.DECLINE, rf"{_OF_INVITATION}(?:非承認|辞退){_SAY}"),
    (
        Deed.APPROVE,
        rf"{_OF_INVITATION}承認{_SAY}|(?:非承認|辞退)を?(?:取り?消し?|撤回)(?:を?お?願い?)?(?:(?:いた|致)?します)?",
    ),
    (
        Deed.NOT_RECEIVED,
        r"未受領(?:です|でした|でございます)?|受領を?(?:取り?消し?|撤回)(?:を?お願い)?(?:(?:いた|致)?します)?",
    ),
    (Deed.RECEIVED, rf"{_OF_MAIL}(?:(?:受領|拝受){_SAY}|受け?取り(?:ました|いたしました))"),
    (Deed.RESEND, rf"{_OF_MAIL}再(?:送信?|発送){_ASK}"),
    (Deed.LIST, rf"(?:(?:ご?請求書|未受領分|未払い分)の?)?一覧(?:表)?{_ASK}"),
    (Deed.RESUME, rf"{_OF_REMINDERS}(?:再開|停止を?解除){_ASK}"),
    (Deed.PAUSE, rf"{_OF_REMINDERS}停止を?{_DAYS}{_ASK}"),
    (Deed.PAUSE, rf"{_DAYS}(?:だけ|の)?{_OF_REMINDERS}停止{_ASK}"),
    (Deed.STOP, rf"{_OF_REMINDERS}停止{_ASK}"),
    (Deed.SUCCESSOR, rf"担当者?(?:の|を)?変更(?:を|は|先は?|:|→|⇒)?{_ADDRESS}(?:に|へ|まで|宛て?に)?{_ASK}"),
    (Deed.SUCCESSOR, rf"担当者?[をは]{_ADDRESS}(?:に|へ)変更{_ASK}"),
    (Deed.SUCCESSOR, rf"担当者?変更:?{_MISTYPED}{_ASK}"),
)
_WHO = r"(?:(?:i|we) )?(?:hereby )?"
_IT = (
    r"(?: (?:it|this|them|(?:the|your|this|these|my|our) (?:invitation|invoices?|links?|mails?|emails?|pdfs?|files?)))?"
)
_PLEASE = r"(?:please |kindly |pls )?"
_REMINDERS = r"(?: (?:the |these |all )?(?:reminders?|reminding(?: me| us)?|mails?|emails?))?"
_MINE = r"(?:the |all )?(?:my |our )?(?:open )?"
_FOR = r"(?P<n>[0-9]{1,3}|a|one|two)(?: (?P<unit>days?|weeks?|months?))?"
_ENGLISH = (
    (Deed.APPROVE, rf"{_WHO}approved?{_IT}"),
    (Deed.DECLINE, rf"{_WHO}declined?{_IT}"),
    (Deed.NOT_RECEIVED, r"not received"),
    (Deed.RECEIVED, rf"(?:(?:i|we)(?: have|'ve)? )?(?:well )?received{_IT}(?: (?:safely|with (?:many )?thanks))?"),
    (Deed.RECEIVED, r"(?:the |your )?(?:invoices?|mails?|emails?) (?:was |were |has been |have been )?received"),
    (Deed.RESEND, rf"{_PLEASE}re-?send{_IT}(?: (?:again|to me|to us))?|{_PLEASE}send{_IT} again"),
    (Deed.LIST, rf"{_PLEASE}(?:send )?(?:me |us )?(?:the |a )?(?:invoice )?list(?: of {_MINE}invoices)?"),
    (Deed.PAUSE, rf"{_PLEASE}(?:stop|pause|snooze|mute){_REMINDERS}(?: for)? {_FOR}"),
    (Deed.STOP, rf"{_PLEASE}(?:stop|mute){_REMINDERS}"),
    (Deed.RESUME, rf"{_PLEASE}(?:resume|start|restart|unmute)(?: (?:the )?(?:reminders?|mails?|emails?))?(?: again)?"),
    (Deed.SUCCESSOR, rf"{_PLEASE}(?:my |the )?successor(?: is|:)? ?{_ADDRESS}"),
    (Deed.SUCCESSOR, rf"successor:? ?{_MISTYPED}"),
)
_PATTERNS = tuple(
    (deed, re.compile(pattern if words is _JAPANESE else rf"(?:{pattern})(?: please)?"))
    for words in (_JAPANESE, _ENGLISH)
    for deed, pattern in words
)
_SPOKEN_OF = re.compile(
    r"承認|辞退|受領|再送|一覧|停止|再開|担当者?変更"
    r"|\b(?:approv\w*|declin\w*|re-?send\w*|successor)\b|^(?:received|list|stop|resume|start)\b"
    r"|\bnot (?:received|stop|resume)\b"
)
_NUMBERS = {"一": 1, "二": 2, "三": 3, "四": 4, "七": 7, "a": 1, "one": 1, "two": 2}
_UNITS = (("日", 1), ("day", 1), ("週", 7), ("week", 7), ("月", 30), ("month", 30))

_HEADLINE = re.compile(r"(?P<word>担当者?変更|successor)[ \t]{0,9}[:は]?[ \t]{0,9}\n\s{0,9}(?=\S{1,64}@|[^\n@]{0,40}<)")
_BETWEEN = re.compile(r"(?<=[。!?])|(?<!\bmr)(?<!\bms)(?<!\bdr)(?<!\bmrs)\.(?=\s|$)|[、,;]")
_ENDS = " \t　.。!・:;-–—*_~〜…<>()[]\"'“”‘’→●○■□◆◇"
_MARKS = str.maketrans("", "", '「」『』【】“”"')
_QUESTION = re.compile(r"\?|ですか$|ますか$|でしょうか$|ませんか$|ますでしょうか")
_LOOSE = re.compile(r"(?<=[^!-~]) | (?=[^!-~])")
"""A space beside a Japanese letter, which says nothing; between two words of an address it does."""
_JAPANESE_LETTER = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def read(words: str, *, names: Collection[str] = ()) -> Command | Spoken | None:
    """Read the new words of a reply; None where they are a person's and speak of no command.

    `names` are those of the sender: a line that holds nothing else is a signature.
    """
    codes = _codes(words)
    if codes is not None:
        return codes
    text = fold(words).casefold()
    if not text or len(text) > LONGEST:
        return None
    return _judge(list(_clauses(_HEADLINE.sub(r"\g<word> ", text), [fold(name).casefold() for name in names])))


def _judge(clauses: list[Command | str | None]) -> Command | Spoken | None:
    """Judge what the clauses of a reply are: commands, other words, or None for those without substance."""
    commands = {clause for clause in clauses if isinstance(clause, Command)}
    others = [clause for clause in clauses if isinstance(clause, str)]
    if len(commands) == 1 and not others:
        return commands.pop()
    if commands or any(_SPOKEN_OF.search(other) for other in others if len(other) <= LONGEST_CLAUSE):
        return UNCLEAR
    return None if others or not clauses else COURTESY


def _clauses(text: str, names: list[str]) -> Iterator[Command | str | None]:
    """Yield what each clause is; a line that only says who writes, or to whom, is of no substance."""
    for line in text.split("\n"):
        clauses = [clause.strip() for clause in _BETWEEN.split(line)]
        found = [each for clause in clauses if clause for each in _found(clause, names)]
        if any(isinstance(each, str) for each in found) and (is_signature(line) or names_sender(line, names)):
            continue
        yield from found


def _found(clause: str, names: list[str]) -> list[Command | str | None]:
    """Say what one clause is; where it is nothing as a whole, what each of its words is."""
    whole = _one(clause, names)
    if not isinstance(whole, str) or " " not in clause or not _JAPANESE_LETTER.search(clause):
        return [whole]
    each = [_one(word, names) for word in clause.split()]
    return [whole] if any(isinstance(found, str) for found in each) else each


def _one(clause: str, names: list[str]) -> Command | str | None:
    if _QUESTION.search(clause):
        return clause
    bare = without_apology(clause.translate(_MARKS).strip(_ENDS))
    if not bare or is_polite(bare) or names_sender(bare, names):
        return None
    return (_command(bare) if len(bare) <= LONGEST_CLAUSE else None) or clause


def _command(bare: str) -> Command | None:
    spelled = _LOOSE.sub("", " ".join(bare.split()))
    for deed, pattern in _PATTERNS:
        found = pattern.fullmatch(spelled)
        if found is not None:
            return _with_values(deed, found.groupdict())
    return None


def _with_values(deed: Deed, values: dict[str, str | None]) -> Command | None:
    if deed is Deed.PAUSE:
        days = _days(values["n"] or "", values["unit"] or "")
        return Command(deed=deed, days=days) if 0 < days <= LONGEST_PAUSE else None
    return Command(deed=deed, address=(values.get("address") or values.get("mistyped") or "").rstrip("."))


def _days(number: str, unit: str) -> int:
    count = _NUMBERS.get(number) or int(number)
    return count * next((days for name, days in _UNITS if name in unit), 1)


_CODE = re.compile(
    r"(?<![0-9A-Za-z@.-])[0-9A-Za-z]{4}(?P<gap>[-‐‑‒–—―−ー ]?)[0-9A-Za-z]{4}(?P=gap)[0-9A-Za-z]{4}(?![0-9A-Za-z@-])"
)
_ID_NAMED = re.compile(r"仮\s?id|temporary id", re.IGNORECASE)
_PASSWORD_NAMED = re.compile(r"パスワード|password", re.IGNORECASE)
_DIGIT = re.compile(r"[0-9]")
_GROUPS = re.compile(
    r"(?<![0-9A-Za-z@.-])(?=[A-Za-z-]{0,8}[0-9])[0-9A-Za-z]{3,5}-[0-9A-Za-z]{3,5}(?:-[0-9A-Za-z]{1,5})?"
)


def _codes(words: str) -> Command | Spoken | None:
    """Find a temporary ID and a temporary password; in this order, unless the words before them say otherwise."""
    text = fold(words)
    named = bool(_ID_NAMED.search(text) or _PASSWORD_NAMED.search(text))
    found = [match for match in _CODE.finditer(text) if _is_code(match, named=named)]
    if not found or (len(found) == 1 and not named):
        return MISREAD if _is_mistyped(text) else None
    if len(found) != 2:  # noqa: PLR2004  an ID and a password
        return MISREAD
    first, second = found
    typed = [paper_code.read(first[0]), paper_code.read(second[0])]
    if _PASSWORD_NAMED.search(text[: first.start()]) and not _PASSWORD_NAMED.search(text[first.end() : second.start()]):
        typed.reverse()
    return Command(deed=Deed.REDEEM, paper_id=typed[0], paper_password=typed[1])


def _is_mistyped(text: str) -> bool:
    """Tell whether a text names an ID and a password, and has something in it that is nearly one."""
    return bool(_ID_NAMED.search(text) and _PASSWORD_NAMED.search(text) and _GROUPS.search(text))


def _is_code(match: re.Match[str], *, named: bool) -> bool:
    """Tell a code from three words of four letters, and from a number."""
    if match["gap"] == " " and not (named and _DIGIT.search(match[0])):
        return False
    if not named and not (_DIGIT.search(match[0]) and re.search(r"[A-Za-z]", match[0])):
        return False
    try:
        paper_code.read(match[0])
    except Misread:
        return False
    return True
