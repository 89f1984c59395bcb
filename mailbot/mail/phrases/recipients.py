"""What is said of recipients: unknown, full, suspended, moved, busy, and refused without a word more."""

from __future__ import annotations

_WHO = (
    r"(?:users?|recipients?|mailbox(?:es)?|accounts?|address(?:es|ee)?|customer|subscriber|alias|mail ?drop|person"
    r"|local[- ]part|inbox|rcpt|employee|@)"
)
"""Who is spoken of."""
_WORDS = r"(?:[\w'@(),-]{1,40} ){0,4}"
"""A few words between two that belong together."""
_STATE = r"(?: @)?(?: (?:is|was|are|has|have|been|being|currently|temporarily|permanently|also|now|either|no)|'s)*"

BUSY = (
    r"receiving e?mail (?:at|too) .{0,24}(?:rate|quickly|fast)|recipient(?:'s)? (?:thread|rate|hourly|per hour)",
    r"recipient has exceeded .{0,40}(?:limit|rate)",
    r"too (?:quickly|fast|frequently|rapidly)|(?:very|too) (?:fast|frequent)\b|at a rate that",
)

FULL = (
    (
        r"\b(?:mailbox|mail ?dir|mail ?folder|folder|inbox|account|user|recipient|incoming mail|quota"
        rf"|storage)s?(?:'s)? {_WORDS}(?:full\b|over ?quota|over (?:its|the|his|her|their) (?:limit|quota)"
        r"|exc?eeded?s?\b(?!.{0,40}(?:rate|connect|message|per |hour|daily|send|attempt))|out of (?:\w+ )?(?:space"
        r"|storage|room))"
    ),
    r"full mailbox|mailbox_?full|not have (?:enough|sufficient) (?:\w+ )?(?:space|room|storage)",
    (
        r"(?:mailbox|folder|inbox|account|user|recipient|quota|storage)s?(?:'s)? (?:\w+ ){0,3}(?:reached|over|at"
        r"|beyond) (?:its|the|his|her|their|a)? ?(?!.{0,16}(?:sending|rate|message|daily|hourly|connection))(?:\w+ "
        r"){0,2}(?:limit|size|capacity|quota)"
    ),
    r"over[- ]?(?:(?:the|its|their|his|her|allowed|allotted|disk|storage|mailbox|user|email) )*quota",
    r"quota .{0,24}(?:exceed|full|reached|violat|over)|(?:disk|mail|user|storage|mailbox) quota|quota_?exceed",
    r"exceed\w* .{0,40}(?:quota|storage)|maximum (?:mailbox|storage)|exhausted .{0,20}(?:storage|space)",
    r"(?:not enough|insufficient|out of|no more|lack of|too little|not sufficient) (?:(?!system|server)\w+ )?storage",
    r"out of (?:\w+ )?quota|not enough disk space|mailbox (?:size |storage )?(?:limit |quota |has )*exc?eed",
    (
        r"(?:insufficient|not enough|no|out of|lack of|too little) (?:more |disk |storage |mailbox |free "
        r"|available )*(?:space|room|storage|capacity)\b.{0,30}(?:mailbox|recipient|user|account|inbox)"
    ),
    (
        r"(?:mailbox|recipient|user|account|inbox).{0,40}(?:insufficient|not enough|no|out of|too little) (?:more "
        r"|disk |storage |available |free )*(?:space|room|storage|capacity)"
    ),
    r"space (?:is )?(?:not enough|insufficient|exhausted)|dis[ck] quota",
    r"(?:space|storage|disk) (?:quota|limit|allocation|usage).{0,20}(?:exceed|reach|full|over)",
    r"(?:mail ?store|mail storage|message store|mail ?dir).{0,24}(?:exceed|full|over)",
    r"too (?:many|much) (?:stored |mail )?(?:messages?|mails?|data)\b(?: (?:in|on|waiting|stored|@)|$)",
    r"bo[iî]te.{0,40}(?:pleine|satur)|(?:casilla|buz[oó]n|cuenta).{0,30}llen[oa]|casella.{0,40}pien[ao]",
    r"caixa.{0,30}cheia|(?:postfach|mailbox|posteingang|speicher).{0,40}(?:voll\b|ueberschritten|überschritten)",
    r"postvak.{0,16}vol\b|przepe[lł]nion|skrzynka.{0,20}pe[lł]na|переполнен|превышен.{0,16}квот|ящик.{0,16}полон",
    (
        r"(?:メール|ボックス|受信|保存)?容量.{0,12}(?:一杯|いっぱい|満杯|満た|超|不足|足り|オーバー|あふれ|溢|上限"
        r"|なくな|ありません)"
    ),
    (
        r"(?:空き容量|保存領域|ディスク|空き).{0,8}(?:不足|ありません|がない|なくな|足り)|(?:上限|クォータ"
        r"|quota).{0,8}(?:超え|超過|達し|オーバー)"
    ),
    r"(?:メール|受信)?(?:ボックス|box|箱|トレイ).{0,12}(?:一杯|いっぱい|満杯|溢)",
    r"(?:邮箱|信箱|郵箱).{0,8}[满滿]|空[间間]不足|容量已?[满滿]|메일함.{0,12}(?:가득|초과)",
)

MOVED = (
    r"(?:user|address|account|recipient|mailbox|person|he|she|who)(?: @)?(?: has| have| is)? ?(?:been )?moved\b",
    r"moved to @|has (?:been )?(?:replaced|changed) (?:by|to|his|her|their)|new (?:email )?address (?:is|:)",
    r"address (?:has |was )?(?:been )?changed|no longer (?:uses|using) (?:this|that)|mailbox_?moved",
    r"メールアドレス.{0,8}変更(?:しま|にな|され)|nouvelle adresse|neue (?:email-?)?adresse|ha cambiado",
    r"[eè] cambiato",
)

SUSPENDED = (
    (
        rf"(?:{_WHO}|domain(?: \S{{1,80}})?|name){_STATE} (?:disabled|suspended|inactive|deactivated|frozen|locked"
        rf"|discontinued"
        r"|terminated|cancell?ed|closed|expired|dormant|on hold|archived|retired)"
    ),
    (
        r"(?:users?|recipients?|mailbox|accounts?|address|customer) (?:\w+ ){0,3}(?:disabled|suspended|inactive"
        r"|deactivated|discontinued|dormant|de-?activated)"
    ),
    r"(?:account|mailbox|user|customer)(?: @)?(?: is| has been| was)* (?:blocked|restricted)",
    r"(?:status is|(?:is|are|was|been) now|receiving|delivery|service) (?:disabled|locked|suspended|inactive)",
    (
        r"(?:disabled|suspended|inactive|deactivated|frozen|dormant|discontinued|closed|locked|expired|terminated) "
        rf"(?:email )?{_WHO}"
    ),
    r"\[suspend\]|\b(?:account|user|mailbox)_?(?:disabled|suspended|inactive)",
    r"that you tried to reach is (?:disabled|inactive)|due to inactivity|not currently (?:active|(?:being )?accept)",
    r"(?:account|user|mailbox) (?:is )?not (?:been )?(?:active|activated|enabled)",
    r"not in service\b|(?:not|no longer) accept\w* for this|no longer accept\w* (?:any )?(?:e?mail|messages)",
    r"not (?:currently )?accepting (?:any )?(?:e?mail|messages) for",
    r"d[eé]sactiv|inacti(?:f|ve)\b|compte.{0,20}(?:clos|ferm|suspendu|bloqu)|cuenta.{0,20}(?:suspendid|bloquead)",
    r"ha expirado|bloccat|disatt?tivat|scadut|expirad[ao]|deaktivier",
    r"(?:konto|postfach).{0,20}(?:gesperrt|geschlossen)",
    r"zablokowan|nieaktywn|заблокирован|отключен|неактив|gedeactiveerd|geblokkeerd",
    r"(?:アカウント|メールアドレス|ご利用|ユーザ).{0,12}(?:停止|休止|凍結|解約|無効)",
    r"(?:帐号|账号|用户|邮箱).{0,6}(?:冻结|停用|禁用|锁定)",
)

SURELY_FILTERED = (
    (
        r"(?:users?|recipients?|subscribers?)(?:'s|s')? (?:own |personal |mail |email )*(?:filters?|rules?|preferences?"
        r"|filter settings?)"
    ),
    r"user rejects?\b|user refuses|because the recipient is only accepting mail from|restricted sms",
    r"受信(?:拒否|制限)|指定受信|ドメイン指定",
)

FILTERED = (
    r"can not route mail to user|refused by (?:the )?(?:recipient|user)'s",
    r"(?:message|mail) (?:was |has been )?filtered",
    (
        r"(?:user|recipient|subscriber)(?:'s|s)? (?:own |personal |mail |email )*(?:filters?|rules?|preferences?"
        r"|settings?)"
    ),
)

_GONE = (
    r"(?:unknown|gone\b|nonexist\w*|non-?existent|incorrect|undeliverable|unavailable|invalid|misspelled|removed"
    r"|deleted"
    r"|unrecogni[sz]ed|wrong|undefined|no exist|(?:not|never|no longer|nt) (?:be |been |a |an |in |our |currently "
    r"|yet |found in |listed in |the |any |to be )*(?:found|known|listed|recogni[sz]ed|valid|exists?"
    r"|available|here|registered|correct|resolved|match|in use|database|directory|have|hosted|local|defined|user"
    r"|recipient|verified|validated|located|permitted user|ok\b))"
)

UNKNOWN = (
    (
        r"\b(?:unknown|nonexist\w*|no|not|dead|invalid|undefined|unrecogni[sz]ed|bad|illegal|incorrect|wrong"
        r"|unavailable"
        r"|improper|nosuch) (?:(?:or|and|a|an|our|any|such|valid|known|to|email|mail|local|virtual|illegal"
        r"|destination|final|one|with|this|that|the|current|longer|active|here|have|exist|match|know|recogni[sz]ed?"
        rf"|of) ){{0,5}}{_WHO}"
    ),
    r"no such (?:id|name|one|local|thing)|unknown(?:or|user|recipient|address)|invalid-?(?:recipient|user|address)",
    rf"{_WHO}(?:\(s\))?[ :(\[<>-]{{1,3}}{_WORDS}{_GONE}",
    (
        r"(?:does|do|did)(?: not| ?nt) (?:have|like|exists?|match|know|recogni[sz]e|accept mail for|look like|handle "
        rf"mail for)(?: an?| any| the| this| that)* ?(?:{_WHO}|here|exist|$)"
    ),
    r"(?:user|account|mailbox|address|recipient).{0,40}not exist",
    (
        r"(?:can|could|was|were|unable|failed)(?: not)? (?:to )?(?:be )?(?:find|found|locate|resolve|verify"
        r"|verified|accept|deliver to) (?:(?:any|a|an|the|this|that|alias|mail|for|email|local|such|recipient"
        rf"|your) )*(?:{_WHO}|at\b)"
    ),
    r"user ?(?:is )?unknown|unknown (?:or|user|address|local|recipient|to address)|nosuchuser|no_?such_?user",
    r"user_unknown",
    r"no longer (?:exist|valid|available|active|works|employed|at|with|on|here|in use|a|an)\b",
    r"nobody (?:here|by|with)|(?:does|do) not appear (?:in|on)\b|is not known (?:here|at|on|by|to)\b",
    r"left the (?:company|organi[sz]ation)|no one (?:here )?(?:by|with)|possibly incorrect|check the recipient",
    r"user not local|unroute?able (?:mailbox|user|recipient)|not a member of domain",
    r"recip\w*not_?found|(?:invalid|no valid|bad|all) recipients?|addressee",
    r"removed from (?:our|this|the) (?:system|server)",
    r"(?:requested|request) (?:mail )?action (?:not taken|aborted)[:,]? ?(?:no such|mailbox)|callout verification",
    r"incorrectly addressed|not found in (?:ldap|directory)|can not deliver mail for|not (?:found )?in ldap",
    r"(?:destinataire|utilisateur|adresse|compte|bo[iî]te).{0,24}(?:inconnu|invalide|introuvable|n'existe|inexistant)",
    r"adressat unbekannt",
    r"unbekannt|nicht (?:bekannt|gefunden|vorhanden|g[uü]ltig)|existiert nicht|ung[uü]ltige.{0,12}(?:adresse|empf)",
    r"usuario (?:desconocid|no)",
    (
        r"\b(?:destinat[aá]rio|cuenta|buz[oó]n|conta|usu[aá]rio|caixa|direcci[oó]n)\b.{0,24}(?:desconocid"
        r"|desconhecid|no existe|n[aã]o existe|inexistente|inv[aá]lid|no encontrad|errat)"
    ),
    r"sconosciut|indirizzo.{0,16}errat|(?:non esiste|inesistente)|onbekend|bestaat niet|nieznan",
    r"nie (?:istnieje|ma takiego)|neexistuje|ok[aä]nd",
    r"не (?:найден|существует|зарегистр)|такого (?:пользовател|адрес)|неизвестн|несуществующ",
    r"(?:用户|用戶|收件人|邮箱|郵箱|帐号|账号|地址).{0,8}(?:不存在|不正确|未找到|无效)|不存在|查无此人|該当",
    r"存在しま(?:せん|しない)|存在しない|見つかりません(?:でした)?",
    r"宛先不明|존재하지",
)

REFUSED = (
    (
        r"(?:recipient|address|mailbox|user|rcpt|@)s?(?: address| @)?(?: is| was| has been)? ?(?:rejected|refused"
        r"|denied|not allowed|not accepted)"
    ),
)

SURELY_UNKNOWN = (
    r"not (?:listed|found) in .{0,30}domino",
    (
        r"\breason: (?:unknown (?:user|recipient)|user unknown|no such user)|(?:user|mailbox"
        r"|recipient).{0,24}(?<!is )\bnot local\b"
    ),
    r"not (?:listed|found) in .{0,30}(?:name ?(?:&|and) ?address|address ?book|directory|public)",
    r"user .{0,60}not listed",
    r"account or domain may not exist|invalid final delivery userid|recipient name is not recogni[sz]ed",
    r"recip\w*notfound|nosuchuser|user_unknown|unknown recipient|unable to find recipient|000c05a6",
    r"was not found at|could not be found, or is unable to receive|access denied\. as",
    r"(?:email )?address.{0,40}(?:was not|could not be) found|recipient address rejected: access denied",
)
