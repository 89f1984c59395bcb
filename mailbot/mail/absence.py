"""What an automatic reply says of itself, and what somebody says who is away.

Owns those words, in the languages of our correspondents. They are read where no field of the header tells; which of
them decides when is `autoreply`'s to say.
"""

from __future__ import annotations

import re

LONGEST = 3000
"""Characters of a mail that are looked at."""

_THIS_MAIL = r"(?:この|本|当|こちらの)(?:自動)?(?:(?:電子|e-?|ｅ)?メール|メッセージ|返信|通知|ご?案内)"
_SO = r"(?:(?!暗号|分離|検査|保護|転送|翻訳|削除|スキャン|チェック)[^。、\n」]){0,6}?"
"""Japanese: a few characters, but none of what is done to people's mails on their way."""
_MADE = r"(?:sent|generated|created|produced|issued|delivered)"
_ITSELF = (
    # Japanese
    (
        rf"(?<![「『\"]){_THIS_MAIL}[はも、][^。\n「」『』]{{0,40}}自動(?:的に)?(?:で|にて)?、?{_SO}"
        r"(?:返信|応答|送信|配信|回答"
        r"|通知|発信|生成|作成|です|お送り)(?!(?:メール)?(?:です|でしょう)?か)"
    ),
    (
        r"^[\s※*＊(（【\[<＜-]{0,6}自動(?:返信|応答|送信|配信|回答)(?:メール|メッセージ)?"
        r"(?:です|でございます|となります|になります)?[\s。)）\]】>＞]*$"
    ),
    (
        r"自動(?:返信|応答|送信|配信)(?:メール|メッセージ|機能|システム)?(?:で|により|にて|から)(?:お?送|配信|ご?返信"
        r"|ご?連絡|ご?案内|ご?回答)"
    ),
    (
        rf"(?<![「『\"])(?:{_THIS_MAIL}|(?:この|本|当"
        rf"|こちらの)(?:メール)?アドレス)(?:アドレス)?[はも][^。\n「」]{{0,30}}(?:送信|配信)専用"
    ),
    r"(?:送信|配信)専用(?:の)?(?:メール)?アドレス(?:から|より|です|で、?お送り|により|となって)",
    (
        r"ご?返信(?:を?(?:いただ|頂|され)\w{1,4})(?:まして)?も、?[^。\n]{0,20}"
        r"(?:お?答え|お?返事|ご?返答|ご?回答|ご?対応|確認|受信|お受け)[^。\n]{0,12}(?:でき|出来|かね)"
    ),
    # English
    (
        r"\b(?:this|that) (?:is|was) an? (?:fully )?(?:auto(?:mated|matic|matically|reply|-reply|responder|-responder)?"
        r"|(?:system|computer|machine)[- ]generated)\b(?: generated)?"
    ),
    (
        rf"\b(?:this|the) (?:e-?mail|message|reply|response|notification) (?:was|is|has been) (?:automatically {_MADE}"
        rf"|auto-?{_MADE}|{_MADE} (?:automatically|by an auto))"
    ),
    (
        r"(?:please )?do not (?:reply|respond) (?:directly )?to this (?:automat\w+ |auto-?\w* )?(?:e-?mail|message"
        r"|address)"
    ),
    r"this (?:mailbox|e-?mail address|address|account) is (?:not monitored|unattended|unmonitored)",
    # German, Dutch, French, Spanish, Portuguese, Italian, Polish
    r"automatisch (?:generierte|erstellte|erzeugte|versendete|versandte) (?:e-?mail|nachricht|antwort)",
    (
        r"\bdies(?:e (?:e-?mail|nachricht|antwort))? (?:ist eine automatische (?:antwort|e-?mail|nachricht)"
        r"|(?:ist|wurde|wird) automatisch (?:generiert|erstellt|erzeugt|versandt|versendet|verschickt))"
    ),
    r"bitte antworten sie nicht (?:direkt )?auf diese|antworten auf diese .{0,24}werden nicht",
    r"automatisch (?:gegenereerd|verzonden|verstuurd)|dit is een automatisch(?:e)? (?:antwoord|bericht|e-?mail)",
    (
        r"(?:ceci est|il s'agit d'|c'est) ?une? (?:r[ée]ponse|message|courriel|e-?mail"
        r"|mail) (?:g[ée]n[ée]r[ée]e? )?automatique"
    ),
    r"(?:message|r[ée]ponse|e-?mail|courriel) (?:a [ée]t[ée] )?(?:g[ée]n[ée]r[ée]|envoy[ée])e? automatiquement",
    r"(?:merci|pri[èe]re) de ne pas r[ée]pondre [àa] ce",
    (
        r"(?:este|esta|[ée]ste) (?:es |[ée] )?(?:un[a]? |um[a]? )?"
        r"(?:mensaj\w|mensagem|correo|e-?mail|respuesta|resposta)"
        r"(?: de)?(?: respuesta| resposta)? (?:es |[ée] |fue |foi |ha sido )?(?:autom[áa]tic|generad|gerad)"
    ),
    r"no responda a este|n[ãa]o responda (?:a )?est[ea]",
    (
        r"(?:questo|questa|la presente) (?:[èe] )?(?:un[ao]? )?"
        r"(?:messaggio|e-?mail|mail|risposta) (?:[èe] )?(?:stat[oa] )?"
        r"(?:automatic[oa]\b|generat|inviat[oa] automatic)|non rispondere a quest"
    ),
    r"(?:to jest|ta) (?:wiadomo\w+ |odpowied\w+ )?automatyczn|wygenerowan\w{1,3} automatycznie",
    r"(?:prosimy|prosz[eę]) nie odpowiada[cć] na t",
    # Russian, Chinese, Korean
    r"(?:это|данное) (?:письмо |сообщение )?(?:автоматическ|сформирован|отправлено автоматич)|не отвечайте на это",
    (
        r"(?:此|本|该|這|这)(?:封|是)?(?:邮件|郵件|信件|消息|訊息|信|回复|回覆)[^。\n]{0,10}(?:自动|自動)"
        r"|系[统統](?:自动|自動)[发發回]"
    ),
    r"(?:请|請)(?:勿|不要)(?:直接)?(?:回复|回覆)(?:此|本|该|這)?",
    r"(?:이|본|해당) ?(?:메일|이메일|메시지)[은는이]?[^.\n]{0,16}자동|발신 ?전용|자동으로 (?:발송|회신|응답)",
)
_AWAY = (
    (
        r"(?:不在|休暇|休業|休み|出張|外出|離席|休職|産休|育休|育児休業|研修)(?:中|に(?:して|なり)|のため|となっ"
        r"|とさせ|を(?:いただ|頂|取得)|して(?:い|お)|です|でござ)"
    ),
    (
        r"(?:帰社|出社|復帰|出勤)(?:いたし|します|予定|後)|メール(?:を|の)(?:ご?確認|拝見|返信)[^。\n]{0,10}(?:でき"
        r"|出来|いたしかね)"
    ),
    (
        r"\b(?:am|i'm|is|are|be|i'll be|we're|currently|being) (?:\w+ ){0,3}(?:out of (?:the |my )?(?:office|town)"
        r"|away\b"
        r"|on (?:\w+ ){0,2}(?:leave|vacation|holidays?)|travel|absent|unavailable|closed|ooo\b|offline)"
    ),
    (
        r"^[\s*]*(?:currently )?(?:out of (?:the )?office|on (?:annual )?leave|on vacation|away) (?:until|till|from"
        r"|through|and)"
    ),
    r"(?:limited|no|sporadic|intermittent) access to (?:my )?e?-?mail|\b(?:i )?will (?:be back|return) (?:on|to|in)\b",
    r"\bbin (?:\S+ ){0,8}(?:nicht (?:im|am|in|erreichbar)|abwesend|im urlaub|au(?:ß|ss)er haus)|nicht weitergeleitet",
    (
        r"\b(?:suis|serai) (?:\S+ ){0,4}(?:absent|en (?:cong|vacances|d[ée]placement))|\bsono (?:\S+ ){0,3}(?:assente"
        r"|fuori)"
    ),
    r"\b(?:estoy|estar[ée]|estou|estarei) (?:\S+ ){0,3}(?:fuera|ausente|de (?:vacaciones|f[ée]rias)|fora)",
    (
        r"\bben (?:\S+ ){0,5}(?:afwezig|niet (?:aanwezig|op kantoor)|met vakantie)|\bjestem (?:\S+ ){0,3}(?:nieobecn"
        r"|na urlopie)"
    ),
    (
        r"\bär (?:\S+ ){0,3}(?:på semester|ledig|bortrest|inte på)|\ber (?:\S+ ){0,3}(?:på ferie|ikke på kontoret"
        r"|bortreist)"
    ),
    (
        r"(?:休假|出差|外出|不在办公室|不在辦公室)|(?:휴가|출장|부재|외근)\s?(?:중|입니다|로|기간)|(?:в отпуске"
        r"|отсутству|в командировке)"
    ),
)
_ASKS = (
    (
        r"[?？]|(?:please|kindly|can you|could you|would you) (?:\w+ ){0,2}(?:re-?send|send|forward|issue|correct"
        r"|let me have)"
    ),
    r"(?:sorry|apolog\w+) for (?:the|my|this|not)|\bi (?:was|am back)|\bwas (?:out of|away|on)",
    (
        r"再送|(?:お送り|送って|送付(?:して)?|ご(?:教示|送付|発行|対応|再発行))(?:し?て)?(?:ください|下さい|いただ|頂"
        r"|のほど|をお願)"
    ),
    (
        r"(?:遅く|遅れ)(?:て|まし|なり|なっ)|(?:いただけ|頂け)(?:ます|ない|ませ)|失礼(?:いたし|しま)した"
        r"|おりました(?:が|ので|ため)"
    ),
    r"承知|了解|確認(?:いたし|し)ました|receiv(?:ed|ing) (?:your|an?|this|the) auto",
    (
        r"\bbitte (?:\w+ ){0,4}(?:senden|schicken)|\bmerci de (?:\w+ )?(?:renvoyer|envoyer)|(?:env[íi]e\w*"
        r"|mand\w+) (?:la|a|de)\b"
    ),
)


def _any(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.MULTILINE)


_ASKED = re.compile(r"[^。\n.!?？]{0,60}(?:[?？]|(?:でしょう|です|ます)か(?=[。\s]|$))", re.MULTILINE)
"""How the sentence goes on of somebody who asks whether it is."""
_SAID_ITSELF, _SAID_AWAY, _SAID_ASKS = _any(_ITSELF), _any(_AWAY), _any(_ASKS)


def says_it_is_automatic(words: str) -> bool:
    """Say whether words call the mail in which they stand an automatic one, or one that nobody may answer."""
    plain = _plain(words)
    return any(_ASKED.match(plain, found.end()) is None for found in _SAID_ITSELF.finditer(plain))


def says_away(words: str) -> bool:
    """Say whether words tell that their writer is away, and ask for nothing, as nobody does who is not there."""
    plain = _plain(words)
    return _SAID_AWAY.search(plain) is not None and _SAID_ASKS.search(plain) is None


def _plain(words: str) -> str:
    return words[:LONGEST].lower().replace("\u2019", "'")
