"""What an automatic reply says of its writer: away for a while, or gone for good.

Owns the words by which people and their employers say that somebody has left or has another post, in the languages of
our correspondents. That a mail is an automatic reply is `autoreply`'s to say.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailbot.mail import notice

if TYPE_CHECKING:
    from mailbot.mail.parse import Message

LONGEST = 4000
"""Characters of a reply that are looked at."""

_LEFT = (
    # Japanese: retirement, leaving the company, transfers; 退社 is also the end of a working day.
    r"退職(?:いた|致|し|とな|に伴|のた|の為|後|済|され|を)|退社(?:いた|致)しました",
    r"(?:[月日]|付け?)(?:を?もっ?て|で|に|にて)?退(?:社|任)|在籍して(?:おりません|いません|ない)",
    r"異動(?:いた|致|し(?:まし|た)|とな|に伴|のた|の為|後|済|に(?:な|よ))",
    r"(?:転籍|転出|転任|離任|退任)(?:いた|致|し|とな|に伴|のた|の為|され)|後任(?:者?は|の(?!方|アドレス|宛先|メール)[^\s、。]{1,8}(?:が|に|まで|へ|と))",
    r"担当(?:者)?(?:が|は).{0,20}(?:変更|交代|替わり|変わり|代わり)(?:になり|となり|いたし|致し|し)?ました",
    r"(?:弊社|当社|会社|部署)を(?:離れ|去り|退き)",
    (
        r"(?:この|当|本|旧)(?:メール)?アドレスは.{0,24}"
        r"(?:(?:使用|利用)され(?:なく|てお?りません|ません)|廃止|閉鎖|(?:使え|使用でき|ご?利用(?:でき|いただけ))(?:なく|ません))"
    ),
    # English
    (
        r"no longer (?:\w+ ){0,3}(?:with|works?|working|employed|employee|at|part of|a member"
        r"|in (?:this|that|my) (?:role|position|post))\b"
    ),
    (
        r"(?:not|n't) (?:\w+ ){0,2}(?:employed (?:by|at|with)|work(?:s|ing)? (?:for|at|with|here)) "
        r".{0,30}(?:any ?more|any longer|now)\b"
    ),
    (
        r"(?:has|have|i've|he's|she's|'ve|had) (?:now |since |recently |already )?(?:left|departed|retired|resigned)\b"
        r"(?! (?:you|it|behind|early|already|(?:\w+ ){0,3}(?:office|building|desk|message|note|phone|for the|vacation"
        r"|holiday)))"
    ),
    r"(?:left|leaving|departed|departing) (?:the |our |this )?(?:company|organi[sz]ation|firm|business|team)\b",
    (
        r"(?:has|have|i've|'ve) (?:been )?(?:moved|transferred|changed|transitioned) (?:on |over )?(?:to|into) "
        r"(?:a |an |the )?(?:\w+ )?(?:new|different|another|other) (?:role|position|job|post|department|company|team)"
    ),
    r"(?:my|his|her|their) (?:last|final) (?:working )?day (?:was|at|with)|i (?:am|'m) (?:now )?retired\b",
    r"(?:employment|contract) .{0,40}(?:has ended|ended|terminated)",
    r"(?:mailbox|address|account|email) is no longer (?:\w+ )?(?:monitored|in use|active|used|valid)",
    # German, French, Spanish, Italian, Portuguese, Dutch
    (
        r"nicht (?:mehr|l[aä]nger) (?:\w+ ){0,5}(?:besch[aä]ftigt|t[aä]tig|angestellt|mitarbeiter|im unternehmen"
        r"|bei (?:uns|der|dem))"
    ),
    r"(?:unternehmen|firma|unser haus) verlassen|ausgeschieden|im ruhestand|in (?:den )?ruhestand",
    r"ne (?:travaille|fait|fais|suis|est|occupe) plus|a quitt[eé] (?:la|l'|le|notre|ses)|j'ai quitt[eé]",
    r"plus (?:partie|salari[eé]|en poste)|partie? [aà] la retraite",
    r"ya no (?:trabaja|trabajo|forma|formo|pertenec|labora)|ha dejado (?:la|de trabajar|nuestra)|se ha jubilado",
    r"dej[oó] de trabajar|non (?:lavora|lavoro|fa|faccio|[eè]) pi[uù]|[eè] andat[oa] in pensione",
    r"ha lasciato (?:l'|la |il |questa )|n[aã]o (?:trabalha|trabalho|faz|fa[cç]o|pertence|est[aá]) mais",
    r"j[aá] n[aã]o (?:trabalha|trabalho|faz|fa[cç]o)|deixou (?:a |de trabalhar)|se aposentou",
    r"niet (?:meer|langer) (?:\w+ ){0,4}(?:werkzaam|in dienst)|werkt niet (?:meer|langer)|uit dienst",
    # Russian, Chinese, Korean
    r"больше не работа|уволил|已(?:经)?(?:离职|離職|调离|退休)|不再(?:任职|担任|在职|负责)|퇴사|퇴직(?:하|했|한)",
)
_ELSE = (
    r"(?:let|tell|inform) us if .{0,40}(?:no longer|left)|if you .{0,30}no longer",
    r"(?:may|might|could) (?:have|be) .{0,20}(?:left|no longer)",
    r"no longer (?:in|at) the office (?:today|this)|no longer at (?:my|the) desk",
    r"退職(?:金|者|所得|給付)|異動(?:届|願|時期)|\bif (?:\w+ ){1,6}(?:has|have|had) (?:left|moved|changed)",
    r"(?:退職|退社|異動|転出|担当)[^。、\n]{0,24}(?:場合|とき|際に?は|でしたら|ましたら|方は)",
    r"本日(?:は|の|分)[^。]{0,12}退社|(?:既に|すでに|もう)退社|時[^。]{0,4}に退社",
)
"""What says the same words of something else."""
_GONE = re.compile("|".join(_LEFT), re.IGNORECASE)
_ASIDE = re.compile("|".join(_ELSE), re.IGNORECASE)
_QUOTED = re.compile(r"^[ \t]{0,8}[>＞|].*$", re.MULTILINE)
_SPACES = re.compile(r"\s+")
_JAPANESE_BREAK = re.compile(r"(?<=[\u3040-\u30ff\u4e00-\u9fff])\s+(?=[\u3040-\u30ff\u4e00-\u9fff])")
_QUOTES = str.maketrans("\u2018\u2019", "''")


def tells(message: Message) -> bool:
    """Say whether an automatic reply, in its subject or its words, tells that its writer has left for good."""
    return left(f"{message.first('subject')}\n{notice.read(message).text}")


def left(text: str) -> bool:
    """Say whether the new words of an automatic reply tell that its writer has left, or changed post, for good.

    What is quoted in it, and what it says of the case that somebody has left, does not count.
    """
    line = _SPACES.sub(" ", _QUOTED.sub("", text[:LONGEST].translate(_QUOTES)))
    return _GONE.search(_ASIDE.sub("", _JAPANESE_BREAK.sub("", line))) is not None
