"""What any server may write: a machine says that a mail did not arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.mail.bounces.naming import named, words
from mailbot.mail.dsn import elsewhere
from mailbot.mail.failure import Failure, completed
from mailbot.mail.notice import addresses, is_automatic, is_servers

if TYPE_CHECKING:
    from mailbot.mail.notice import Notice
    from mailbot.mail.parse import Message

_SUBJECT = words(
    r"undeliver|non-?deliver|not delivered|could not (be )?(deliver|send)|unable to deliver|delay(ed)? mail|delayed \d"
    r"|delivery (status|fail|notif|report|problem|error|has failed|incomplete|delay)|warning: (message|mail|could not)"
    r"|(fail|return)\w* (notice|mail|message)|mail delivery|message you sent|postmaster notify|errors from"
    r"|(mail|message|delivery|recipient).{0,20}(blocked|rejected|bounced?|returned|failed|failure|refused|error)"
    r"|mail(er)? (system )?(error|fail)|user unknown|mailbox (is )?full|quota exceeded|address not found"
    r"|rejected (mail|message|posting)|bounced|(error|problem) (sending|delivering)"
    r"|non remis|non distribu|[eé]chec de|unzustellbar|zustellung.{0,20}(fehl|nicht)|nicht zugestellt|onbestelbaar"
    r"|no entregad|no se (pudo|ha podido) (entregar|enviar)|imposible (entregar|enviar)|devuelto|n[aã]o entreg"
    r"|rebotad|niet (af)?gelever|kunde inte levereras|niedostarcz"
    r"|mancata consegna|impossibile recapit|недоставлен|не доставлен|не удалось доставить|退信|系统退信|投递失败|반송"
    r"|(配信|配送|配達|送信|送達|転送)[^。\n]{0,6}(不能|不可|エラー|失敗|でき|出来|拒否|保留|されませ|障害|遅延|遅れ)"
    r"|不達|未達"
    r"|エラー(通知|メール|レポート)|メール.{0,6}エラー|(返送|返戻|差し?戻し?|リターン)(通知|メール|され|のお知らせ)"
    r"|宛て?先(不明|エラー|が見つ|が存在)|(ユーザー?|アドレス).{0,4}(不明|存在しま|見つか)|届[^。\n]{0,6}(ません"
    r"|なかっ)"
)
_TEXT = words(
    r"(could|can|was|has|were|did|does)( ?not|n't|not been)( be| been)? (deliver|sent|reach|accept|arrive)"
    r"|(unable|failed|not able) to (deliver|send|reach)|delivery .{0,60}failed|delivery to the following"
    r"|undeliver|permanent (fatal )?error|failed recipient|following (address|recipient)|not delivered|not arrive"
    r"|returned to (you|sender)|rejected|user unknown|unknown user|mailbox (is )?full|over quota|transcript of session"
    r"|\b[45]\d\d[ -][45]\.\d\.\d|not (yet )?been delivered|n'a pas pu|konnte nicht|no se (pudo|ha podido)"
    r"|non [eè] stato possibile|n[aã]o (foi|p[oô]de)|не удалось|не может быть доставлен|投递|退回"
    r"|(配信|配送|配達|送信|送達|転送|到達|受信|保存|届)[^。\n]{0,10}(ません|なかっ|不能|不可|失敗|拒否)|エラー"
    r"|不達|宛て?先不明"
    r"|\b(unknown|no such|not exist|quota|full|limit|invalid|reject\w*|refus\w+|denied|disabled|expired|timed out)\b"
    r"|容量|存在し|見つか|タイムアウト|いっぱい|一杯|満杯|登録され|誤り|間違|不明|no existe|desconoc|unbekannt|inconnu"
    r"|introuvable|sconosciut|inexist|onbekend|не найден|неизвест|не существ"
)
_SURELY = words(
    r"(could|can|was|has|did)( ?not|n't| not been| not yet been)( be| been)? (deliver|reach the (following|recipient))"
    r"|(unable|failed|not able) to deliver|delivery .{0,60}failed|undeliverable|following recipient|failed recipient"
    r"|(user|recipient|mailbox) (is )?(unknown|not found|full)|[45]\d\d [45]\.\d\.\d{1,3} |\b55[0-4][ -]"
    r"|mailbox is full|n'a pas pu [eê]tre (remis|distribu|livr)|konnte nicht zugestellt|no se (pudo|ha podido) entregar"
    r"|non [eè] stato possibile (consegnare|recapitare)|не (удалось доставить|доставлено)"
    r"|(配信|配送|配達|送達|送信)[^。\n]{0,10}(ませんでし|できません|出来ません|なかっ|不能|不可)|届け(られませ"
    r"|ることがで)"
    r"|送り返し|返送(し|いた|され)"
)
_REASONED = words(
    r"^[ \t◆■●・○*【\[<-]*(理由|原因|エラー(内容)?|詳細|状態|reason|diagnos\w+|error|grund|motif|motivo|причина"
    r"|reden|사유)"
    r"(】|\]|>)?[ \t]*[:：=＝ ]"
)
"""How a report says why, beside whom it is about."""
_DELAY = words(r"delay|warning|遅延|遅れ")


def read(message: Message, notice: Notice) -> tuple[Failure, ...]:
    """Read a report of an unknown kind: it comes from a server, says so in its subject and in its words."""
    if not (message.first("x-failed-recipients") or _is_report(message, notice)):
        return ()
    action = "delayed" if _DELAY.search(message.first("subject")[:500]) else "failed"
    own = {*addresses(message.first("from")), *addresses(message.first("to"))}
    found = named(notice.text, own)
    people = (
        [] if found else elsewhere(message, notice) or [who for who in addresses(notice.text) if who not in own][:1]
    )
    return tuple(
        completed(Failure(who, action=action, around=around))
        for who, around in found or [(who, notice.text) for who in people or [""]]
    )


def _says_why(text: str) -> bool:
    return bool(_TEXT.search(text) or _REASONED.search(text) or named(text, set()))


def _is_report(message: Message, notice: Notice) -> bool:
    """Say whether a server reports; a program that is none must bring the mail back, for parcels fail too."""
    told = _SUBJECT.search(message.first("subject")[:500])
    if is_servers(message):
        return bool(
            (told and (notice.returned or _says_why(notice.text)))
            or (_SURELY.search(notice.text) and (notice.returned or _REASONED.search(notice.text)))
        )
    return bool(told and notice.returned and is_automatic(message))
