"""What is said of servers and the way to them: no such host, no mail there, no answer, full, broken, misunderstood."""

from __future__ import annotations

_NOT_ABLE = r"(?:could not|can not|unable to|failed to|not able to)"

NO_MAIL = (
    r"no host found for existing smtp connection|null ?mx|no mx record found for domain",
    r"(?:find|found) a mail exchanger or ip",
    (
        r"(?:host|domain|address|@)(?: name)?(?: \S{1,80})? (?:does not|do not) (?:accept|receive|handle|want) "
        r"(?:any )?(?:email|mail|smtp)(?!s? (?:from|for))"
    ),
    r"^\d\d\d \S{1,80} does not accept e?mail\b(?! from)|accepts no mail|reject\w* all mail",
    r"(?:indicated|has|no) no? ?smtp service$",
    r"(?:indicated|has) no smtp service|an? \w+ record indicated no|malformed or unexpected name server reply",
    r"smtp protocol (?:returned )?a permanent error.{0,20}null|(?:is|are) not accepting (?:any )?mail(?: here)?$",
)

NO_TLS = (r"starttls|\btls\b|\bssl\b|encrypt(?:ion|ed).{0,16}(?:required|needed|fail|error)|certificate",)

SURELY_BROKEN = (
    r"delivery to (?:file|pipe) forbidden|several matches found",
    r"after multiple retries, giving up|best-preference mx|out of memory",
    r"mx (?:record|list).{0,60}(?:local host|points? back)",
)

SURELY_LATE = (
    r"(?:has been|was) frozen|host not reachable|5\.4\.316|could not find a gateway|connection died",
    (
        r"message expired(?!, dns)|connection refused(?![:,;]? (?:by|for|due|your|because|host in|host is|ip|client"
        r"|listed|black|rbl))"
    ),
)

LOOKUP_LATER = (
    r"lookup did not complete|cname lookup failed|host not found, try again|name service error.{0,80}try again",
    r"temporary failure in name resolution|name ?server (?:time|fail)|dns server (?:fail|time|error)|servfail",
)

NO_HOST = (
    r"all host address lookups failed permanently|hostunknown|no such (?:domain|host)",
    r"unknown (?:mail )?(?:host|domain)",
    (
        r"(?:domain|host)(?: ?name)?s? (?:[\w'@.-]{1,80} ){0,3}(?:unknown|not (?:be )?(?:found|resolved?|exist)"
        r"|non-?existent|invalid$)"
    ),
    r"mail ?server (?:\S{1,80} )?(?:is |was |could |can |does )*(?:unknown|not (?:be )?(?:found|resolved|exist))",
    rf"{_NOT_ABLE} (?:resolve|look ?up) (?:the |recipient )*address",
    r"no (?:mx|host|domain|dns|a or mx)\b (?:\w+ ){0,3}(?:found|for|record|exist)",
    r"no route (?:found|(?:was )?found|to (?:the )?(?:domain|destination))|could not find any host",
    r"domain (?:is )?(?:not reachable|unreachable)",
    r"host(?: name)? (?:is )?(?:unknown|not found|does not exist|invalid)",
    r"(?:domain|host)(?: name)?(?: \S{1,80}| @)? does not exist|^\d\d\d \S{1,80}\.\S{1,80} does not exist",
    (
        rf"{_NOT_ABLE} (?:be )?(?:find|resolve|look ?up|locate)(?: any| a| the| destination| recipient| remote| "
        r"mail)* (?:host|domain|server|mx)(?: named)?"
    ),
    (
        r"(?:domain|host)(?:'s|s)?(?: name| part(?: of the address)?)?(?: \S{1,80})? (?:could not be|was not|is not"
        r"|not|can not be|has not been) (?:found|resolv)"
    ),
    r"(?:illegal|invalid|bad) (?:host|domain)(?!\W*(?:\w+ )?(?:helo|sender))",
    r"host/domain name found|nxdomain|name or service not known|non-?existent (?:domain|host)",
    r"unroute?able (?:mail )?(?:address|domain)",
    r"no (?:valid )?(?:mx|a) (?:found|record|host|or )|mx records? .{0,20}(?:non-?existent|not found)|no mx\b",
    r"dns.{0,24}not found",
    r"recipient (?:domain|address).{0,20}(?:domain not found|invalid domain)|bad destination (?:system|host)",
    r"dns domain",
    r"host or domain name not found|domain not found|unable to route|no route to domain",
    (
        r"(?:ドメイン|ホスト|サーバー?)(?![ーに上内で])(?:名)?(?:(?!容量|エラー)[^。]){0,16}(?:存在し|見つか|不明"
        r"|解決でき|ありません)"
    ),
    r"(?:domaine|dom[ií]nio|dominio).{0,20}(?:inconnu|inexist|desconocid|n'existe|no existe|non esiste)|域名不存在",
)

NO_WAY = (
    r"name lookup failure|no route to host|network (?:is )?unreachable|network (?:error|problem|failure)",
    r"unreachable for too long",
    (
        r"\b(?:dns|name ?server|mx (?:lookup|record|host)|domain name system)\b(?!\.).{0,40}(?:error|fail|temporar"
        r"|time ?out|no relevant answer|no answer|problem)"
    ),
    (
        r"connection (?:with \S{1,80} |to \S{1,80} |is |was |has been )*(?:reset|closed|lost|interrupted|dropped"
        r"|aborted|terminated|broken)"
    ),
    r"lost connection",
    r"connection unexpectedly|unexpectedly (?:closed|dropped|disconnect)|(?<!suspected mail )loop(?:s|ing)?\b",
    r"too many hops|hop count",
    r"maximum (?:number of )?(?:hops?|allowed times)|more than the maximum allowed times|exceeded \d+ hops",
    r"mail already passed",
    r"routing error",
    (
        r"was not able to establish an smtp connection|unable to connect to (?:mx|the)|all relevant mx"
        r"|\bhost (?:\S{1,80} )?is down"
    ),
    r"communications? (?:failure|error|problem)|(?:bounce|forwarded) between",
    r"(?:could not|can not) (?:connect|reach)|host not responding|malformed name server|address family",
)

LATE = (
    r"connection timed? ?out|timed out|time-?out",
    (
        r"(?:message|mail|retry|delivery|queue|time|delivery time|retry time).{0,16}(?:expired|timeout exceeded"
        r"|not reached|limit)"
    ),
    r"queued (?:for )?too long|(?:in|on) the queue (?:for |too )?(?:too long|more than|longer)",
    r"could not (?:be delivered|send) .{0,20}(?:for|within|in|past)\b",
    r"failing for a long time|failed \d+ attempts|gave up|giving up(?! on)|not (?:yet )?been delivered",
    r"will be deleted from queue|undeliverable (?:for|after)|not delivered (?:within|for|after)",
    r"(?:for|within|past|after) (?:the )?(?:past |last )?\d+ (?:hours?|days?)\b",
    r"(?:was|has been) delayed|(?:message|mail|delivery).{0,20}(?:delayed|still undelivered)",
    r"recipient server did not",
    r"will (?:be retried|retry|keep trying)|did not accept our requests to connect|initiate smtp|connection refused",
    r"タイムアウト",
    r"期限切れ",
)

FULL = (
    r"disk (?:is )?full|file ?system (?:is )?full|no space left|out of disk|not enough disk|queue is full",
    r"no space left on device",
    r"insufficient (?:system|disk)(?: storage| space| resource)|(?:mail )?system (?:is )?full",
)

PROGRAM = (
    r"\|/|pipe to|error (?:from|in|running) (?:mailer|program)|local delivery (?:agent )?(?:failed|exit)|procmail",
    r"^x-unix; \D",
    r"command (?:failed|died|output|time)|exit(?:ed)? (?:with )?(?:status|code)|operating system error|mailer error",
    r"unknown mailer|child (?:process|crashed)|x-unix; ?(?:1|2|6[4-8]|7[0-3]|75|1[2-3]\d)\b",
    r"program (?:failed|died|exit|returned)",
)

BROKEN = (
    r"queue file write error",
    r"service (?:is )?(?:currently |temporarily )?(?:unavailable|not available|refused|refuse)",
    r"temporar(?:y|ily) (?:error|problem|unavailable|system|local|lookup|server|reject|defer)",
    r"temporary \w{1,12} error|temporarily (?:rejected|deferred|unable)",
    r"internal .{0,10}(?:error|fail)|system error|(?:error|fail\w*) (?:writing|storing|opening)|could not be stored",
    r"(?:server|local|mail system|software|configuration|database) (?:error|problem|failure|misconfig)",
    r"error in processing|insufficient permission|resources? (?:temporarily )?(?:unavailable|exhausted|limit)",
    r"(?:please )?try (?:again )?later|server (?:is )?(?:too )?(?:busy|unavailable|down|overload)",
    r"(?:too|currently) busy|load (?:is )?too high|too much load|can not create",
    r"(?:can|could|fail\w*) (?:not|to) (?:create|open|write|append|access|update|lock)",
    r"unable to (?:write|open|create|process|switch)",
    r"verification in progress|unverified address|i/o error|input/output error|transient",
    r"(?:transport|agent|mailer) (?:is )?unavailable|\.(?:qmail|forward)\b|lmtp|ldap|database|lookup fail",
    r"critical|aliasing|proxy|system (?:is )?(?:busy|overload)|システムエラー|サーバー?(?:エラー|障害)",
    r"系统(?:错误|繁忙)",
)

SYNTAX = (
    r"angle-brackets nested|expected word or|domain missing in source-routed|protocol (?:error|violation)",
    r"synchroni[sz]ation error",
    r"^50[0-4][ -](?!5\.[1-367])|malformed address|may not follow|(?:improper|bad) (?:sequence|command)",
    r"(?:syntax|sequence) error",
    r"command (?:unrecognized|not (?:recognized|implemented|supported))|bad (?:address )?syntax",
    r"unrecognized command|need (?:rcpt|mail)|please say (?:helo|mail|rcpt)",
)
