"""What any server may write: a machine says that a mail did not arrive."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from mailbot.mail.bounces.family import LINE, merged, words
from mailbot.mail.dsn import elsewhere
from mailbot.mail.failure import MOST, Failure, completed
from mailbot.mail.notice import ADDRESS, addresses, is_automatic, is_servers

if TYPE_CHECKING:
    from mailbot.mail.notice import Notice
    from mailbot.mail.parse import Message

_SUBJECT = words(
    r"undeliver|non-?deliver|not delivered|could not (be )?(deliver|send)|unable to deliver|delayed mail"
    r"|delivery (status|fail|notif|report|problem|error|has failed|incomplete|delay)"
    r"|(fail|return)\w* (notice|mail|message)"
    r"|(mail|message|delivery).{0,20}(blocked|rejected|bounced|returned|failed|failure)"
    r"|mail(er)? (system )?(error|fail)"
    r"|rejected (mail|message|posting)|bounced|(error|problem) (sending|delivering)"
    r"|non remis|[eé]chec de|unzustellbar|zustellung.{0,20}(fehl|nicht)|nicht zugestellt"
    r"|no entregad|devuelto|n[aã]o entreg"
    r"|mancata consegna|недоставлен|не доставлено|退信"
    r"|配信(不能|エラー|失敗|でき)|エラー(通知|メール)|メール.{0,6}エラー|不達|送信(でき|失敗|エラー)"
    r"|宛先不明|届(きません|けられ|きませ|かなか)"
)
_TEXT = words(
    r"(could|can|was|has|were|did|does)( ?not|n't|not been)( be| been)? (deliver|sent|reach|accept|arrive)"
    r"|(unable|failed|not able) to (deliver|send|reach)|delivery .{0,60}failed|delivery to the following"
    r"|undeliver|permanent (fatal )?error|failed recipient|following (address|recipient)|not delivered|not arrive"
    r"|returned to (you|sender)|rejected|user unknown|unknown user|mailbox (is )?full|over quota"
    r"|n'a pas pu|konnte nicht|no se (pudo|ha podido)|non [eè] stato possibile|n[aã]o (foi|p[oô]de)"
    r"|配信(でき|され|不能)|送信(でき|され|失敗)|届け(られ|るこ)|届きません|エラー"
)
_DELAY = words(r"delay|warning")
_LINE = words(LINE)
_NAMED = words(rf"(?:to|recipients?|for|address|user|宛先|rcpt to)[ :：<]+({ADDRESS})")


def read(message: Message, notice: Notice) -> tuple[Failure, ...]:
    """Read a report of an unknown kind: it comes from a server, says so in its subject and in its words."""
    failed = message.first("x-failed-recipients")
    if not (failed or _is_report(message, notice)):
        return ()
    action = "delayed" if _DELAY.search(message.first("subject")[:500]) else "failed"
    own = set(addresses(message.first("from")))
    to = addresses(message.first("to"))
    found = [match for match in islice(_LINE.finditer(notice.text), MOST) if match[1].lower() not in own]
    found = found or [match for match in islice(_NAMED.finditer(notice.text), MOST) if match[1].lower() not in own]
    if failed or not found:
        people = elsewhere(message, notice) or [who for who in addresses(notice.text) if who not in own | set(to)][:1]
        return tuple(completed(Failure(who, action=action, around=notice.text)) for who in people or [""])
    ends = [*(match.start() for match in found[1:]), len(notice.text)]
    whole = len(found) == 1
    return merged(
        completed(
            Failure(match[1].lower(), action=action, around=notice.text if whole else notice.text[match.start() : end])
        )
        for match, end in zip(found, ends, strict=True)
    )


def _is_report(message: Message, notice: Notice) -> bool:
    """Say whether a server reports; a program that is none must bring the mail back, for parcels fail too."""
    if not (is_servers(message) or (is_automatic(message) and notice.returned)):
        return False
    return bool(_SUBJECT.search(message.first("subject")[:500]) and (notice.returned or _TEXT.search(notice.text)))
