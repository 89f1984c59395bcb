"""How reports name whom they are about, in running text.

Owns the ways to name a recipient, the surest first, and who is none: reporters, and those who may be asked about it.
"""

from __future__ import annotations

import re
from itertools import islice

from mailbot.mail.failure import MOST
from mailbot.mail.notice import ADDRESS

LINE = rf"^[ \t>*•・-]*(?:<|\"|&lt;|'|「|『)?(?:(?:smtp|mailto):)?({ADDRESS})(?:>|\"|&gt;|'|」|』)?"
"""A line that begins with a recipient."""

_FLAGS = re.IGNORECASE | re.MULTILINE


def words(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of a notice: any case, `^` and `$` at lines."""
    return re.compile(pattern, _FLAGS)


_BEFORE = (
    r"(?<!reply )(?<!write )(?<!mail )(?<!forwarded )to|recipients?(?: address)?|for|(?:email |mail )?address|user"
    r"|mailbox|account"
    r"|宛て?先|あて先|宛名|受信者|受取人|送信先|配信先|送付先|お?届け先|(?:メール)?アドレス|ユーザー?"
    r"|收件人|收件地址|邮箱|郵箱|수신자|받는 ?사람"
    r"|empf[aä]nger(?:adresse)?|adresse|destinataire|destinatari[oa]s?|direcci[oó]n|indirizzo|ontvanger|adresat"
    r"|получател[ьяю]"
)
_BETWEEN = (
    r"(?:[ \t]*[)）】\]」][ \t]*)?[ :：=＝<＜\[(（「『\"'は\t]{1,9}\s{0,4}[<＜\[(（「『\"']?(?:(?:smtp|mailto"
    r"|rfc822)[:;] ?)?"
)
_WAYS = (
    words(LINE),
    words(rf"rcpt to: *<?({ADDRESS})>?"),
    words(rf"(?:{_BEFORE}){_BETWEEN}({ADDRESS})"),
    words(
        rf"({ADDRESS})[>＞)）」』\"']?[ \t]?(?:さん|様)?[ \t]?(?:宛|あて|への|へ送信|に送信|に配信|に送ら|は存在"
        rf"|が存在|は見つ|が見つ)"
    ),
)
_STAFF = re.compile(
    r"(?:post_?master|mailer-?daemon|mail-?daemon|abuse|help-?desk|(?:it-?)?support|hostmaster|admin|administrator"
    r"|no-?reply)@",
    re.IGNORECASE,
)


def named(text: str, own: set[str]) -> list[tuple[str, str]]:
    """Return whom words name by the surest way in which they do, each with the words about him.

    `own` are the addresses of who reports and who is reported to. Somebody who may be asked about a mail is recipient
    only where nobody else is.
    """
    for way in _WAYS:
        found = [match for match in islice(way.finditer(text), MOST) if match[1].lower() not in own]
        people = [match for match in found if not _STAFF.match(match[1])]
        if found:
            return _with_words(people or found, text)
    return []


def _with_words(found: list[re.Match[str]], text: str) -> list[tuple[str, str]]:
    """Give each recipient what follows wherever he is named, up to the next one; a single one has it all."""
    about: dict[str, str] = {}
    for match, end in zip(found, [*(match.start() for match in found[1:]), len(text)], strict=True):
        who = match[1].lower()
        about[who] = about.get(who, "") + text[match.start() : end]
    return list(about.items()) if len(about) > 1 else [(who, text) for who in about]
