"""What is said of senders: nameless, unproven, ill-reputed, too many, refused, blocked, not to be relayed."""

from __future__ import annotations

_NO = r"(?:not| not|can not|never|no longer)"
_REFUSED = (
    r"(?:blocked|banned|refused|rejected|denied|disallowed|unwelcome|listed|prohibited|forbidden"
    rf"|{_NO} (?:be )?(?:allowed|permitted|accepted|authori[sz]ed|welcome))"
)

NAMELESS = (
    r"reverse[ -]?dns|\bptr\b|\br(?:ev)?dns\b|reverse (?:lookup|mapping|hostname|address|host ?name|ip|name)",
    r"can not find your (?:reverse )?(?:host ?name|host)|unverif[iy]+able (?:sending )?ips?",
    r"mismatch\w* (?:client )?ip",
    r"(?:does not|did not) (?:resolve|match|have).{0,16}(?:host ?name|reverse)|ip name (?:lookup|possibly) f",
    r"no (?:valid )?(?:reverse|hostname) |fcrdns",
    r"(?:dns|in-addr)\S* (?:lookup|entry).{0,24}(?:your|sending|client) (?:ip|host)",
    r"failure in dns look|逆引き",
)

UNPROVEN = (
    r"\bdmarc\b|\bspf\b|\bdkim\b.{0,60}(?:fail|not|invalid|missing|pass|align|bad)|sender policy framework",
    r"\bsender id\b",
    r"unauthenticated (?:email|message|mail|sender)",
    r"(?:sender|message|mail) (?:is )?(?:unauthenticated|not authenticated)",
    r"not have authentication information|authentication (?:checks|results)|domainkeys",
    r"authentication (?:level|requirements|policy)",
)

OVER_QUOTA = (
    (
        r"(?:daily|hourly|sending|submission|outbound|outgoing|relay) (?:\w+ )?(?:quota|limit|rate)\w* "
        r"?.{0,20}(?:exceed|reach)"
    ),
    (
        r"(?:exceeded|reached) .{0,20}(?:daily|hourly|sending|submission|per hour|per day)(?! relay).{0,20}(?:quota"
        r"|limit|rate)"
    ),
    r"submissionquota",
)

NO_RELAY = (
    r"(?<![.\w-])relay(?:ing|ed)?\b(?![.\w=-]| quota)",
    (
        r"relay(?:ing)?(?: access| of mail| mail| is| was| to @| attempt)*(?: \S{1,80})? ?(?:denied|not allowed"
        r"|not permitted|prohibited|forbidden|restricted|rejected|disallowed|disabled|allowed|refused)"
    ),
    r"relaying|mail relay|open ?relay",
    r"(?:deny|denies|denied|refuses?|unable|can not|will not|do not|does not|no|not an?|permit|for) (?:to |a )*relay",
    r"not? (?:permitted|allowed|authori[sz]ed) to relay|relay (?:not|is not|access|check)|as a relay",
    r"insecure mail relay|following smtp relay error|credentials for relay|email address is not verified",
    r"(?:domain|host) .{0,30}(?:list of allowed|my) (?:rcpt)?hosts|not a gateway|tenantattribution",
    (
        r"(?:does not|do not) handle mail for (?!th\w+ user)"
        r"|(?<!user is )(?<!account is )(?<!mailbox is )(?<!recipient is )not (?:a )?(?:local|hosted) (?:domain|here)"
        r"|non-accepted domain"
    ),
    r"authentication when attempting to send to a non-local|中継.{0,8}(?:拒否|許可|禁止)",
)

NOT_SIGNED_IN = (
    r"authentication (?:is )?(?:required|failed|failure|credentials|unsuccessful|needed|invalid)|authrequired",
    r"notauthenticated|(?:must|please|need to) (?:first )?(?:authenticate|log ?in)|(?:turn on|enable|use) smtp auth",
    r"not authenticated to send|policy violation|authentication (?:was |is )?(?:rejected|denied|refused)",
    r"(?:smtp[ -]?)?auth(?:entication)? (?:is )?(?:required|needed)",
    r"(?:user ?name|password).{0,24}(?:not accepted|incorrect|invalid)",
    r"\bauth(?:entication)?\b.{0,12}(?:fail|error|mechanism)|local user only",
    r"(?:client|user|session)(?: is| was)? not authenticated",
    r"receive your mail before|pop before smtp|local policy violation|認証(?:が必要|に失敗|エラー)",
)

ILL_REPUTED = (
    r"unexpected volume or user complaints|reputation|sender ?score|untrusted (?:host|ip|sender)|poorly reputed",
)

TOO_MANY = (
    r"(?:per|an|each|this) (?:hour|minute|day|connection)\b.{0,40}(?:exceed|allowed|limit|reached)",
    r"exceeded the max(?:imum)? ",
    (
        r"too many (?!received|header|hop|messages? (?:in|on))(?:\w+ )?(?:connect|session|recip|message|mails"
        r"|emails|invalid|open|smtp|error|simultan|concurrent|bad|command|unknown|failed)"
    ),
    r"too many (?:recip|connect|simultan|concurrent|errors)|too (?:frequent|many) (?:from|for) (?:your|this)",
    r"slow down",
    (
        r"(?:connection|session|recipient|message|mail|ip|sender|sending|hourly|delivery)s? (?:rate|frequency|count"
        r"|quantity)? ?(?:limit|throttl)"
    ),
    (
        r"(?:connection|session|message|mail|sending|rate|frequency|recipient)s?(?: rate| count| frequency)?s? "
        r"?(?:limit )?(?:is |was |has been |have been )?(?:exceeded|limited|reached)"
    ),
    r"max(?:imum)? (?:connections?|sessions?|recipients?)",
    r"rate[ -]?limit|throttl|concurren(?:t|cy)|unusual rate|excessive (?:volume|rate|number|connect)|high volume",
    (
        r"exceed\w* .{0,20}(?:maximum|max|allowed|allowable|number of) (?:number of |\w+ ){0,2}(?:connect|session"
        r"|recip|message|mail)"
    ),
    r"(?:hourly|daily) (?:message |mail )?limit|dictionary attack|送信(?:数|通数).{0,8}(?:超|制限)|频率|频繁",
)

REFUSED = (
    r"different address or alias|rejected by recipients",
    r"(?:not in|restricted by) .{0,30}(?:allowed[- ]senders|allowlist)",
    r"all recipient addresses rejected|notauthorized|usernotingroup|purported responsible",
    r"not a registered gateway user",
    (
        r"(?:sender|mail from)(?:'s)? ?(?:address|domain|@|email|name)*(?: @)?(?: was| is| has been| are)? "
        rf"?(?:{_REFUSED}|verify|verification|(?:un|in)valid)"
    ),
    r"(?:sender|from)\b.{0,10} (?:verify|verification|callout).{0,8}fail|den(?:y|ies) the sender",
    r"domain of sender|sender'?s? domain|domain may not exist|sender(?:'s)? address",
    r"sender.{0,16}(?:unknown|not exist|not in|invalid|unvalidated|fake)",
    (
        r"(?:invalid|bad|illegal|unknown|forged|fake|spoofed|unresolvable|unverified|blacklisted) (?:sender|from"
        r"|return|envelope|reverse|mail from)"
    ),
    r"spoof(?:ed|ing)|verify (?:the |your )?sender|mail from invalid",
    r"address rejected: @: sender|only (?:\w+ )?members|non-?members?|subscribers?\b|moderat",
    r"not a member(?! of domain)|not subscribed",
    (
        r"(?<!addresses are )(?<!address is )not (?:allowed|authori[sz]ed|permitted).{0,12}(?:send|post|submit|mail"
        r"|message|deliver)"
    ),
    (
        r"permission to (?:post|send)|allowed to (?:post|send)|sending to/from an address"
        r"|accept e?mail from (?!(?:your |this |the )?(?:dynamic|ip|host|server|network|dial|residential))"
    ),
    r"blocked by the recipient|only accepts? (?:e?mail|messages) from|does not want|(?:has|have) blocked you",
    r"not permitted to receive|protected address|sender.{0,12}(?:black|block|deny) ?list",
    r"resolver\.rst\.\w*(?:restrict|sender)",
    r"from: domain|valid from\b|does not exist as sender|requires valid sender|送信者.{0,8}拒否",
    r"差出人.{0,12}(?:拒否|不正|存在)",
)

_MACHINE = r"(?:ip|host|server|network|connections?|client|machine|domain|helo|isp|address range|country|range)"

BLOCKED = (
    r"black ?list|block[- ]?list|deny ?list|\brbl\b|dnsbl|spamhaus|spamcop|sorbs|barracudacentral|uceprotect",
    r"mailspike|\bbann(?:ed|ing)\b|\bblack (?:ip|mail address)|white ?list|\(bl\)|\[bl\d\d\]|ブラックリスト|黑名单",
    (
        rf"\b{_MACHINE}(?: name| address(?:es)?)?s?(?: ip| \[ip\]| \S{{1,60}})?(?: is| was| has been| are| will| "
        rf"have been)?(?: not| currently| temporarily| permanently| be)* (?:{_REFUSED}|allowed|permitted|accepted)"
    ),
    r"\bip (?:found|is) (?:in|on)|(?<!not )listed (?:in|at|on|by|with)",
    r"<?\[?ip\]?>? (?:is |was |has been )?(?:currently |temporarily )?(?:blocked|denied|rejected|banned|listed)",
    (
        rf"{_REFUSED} (?:using|by|due to|because of|for|from) .{{0,30}}(?:ip|list|host|address|server|network|abuse"
        r"|rbl|database)"
    ),
    r"client host|client address|connecting (?:host|ip|server)",
    r"your (?:ip|isp|server|network|host|mail ?server|access)",
    r"smtp server of your isp|invalid (?:ip|domain name|helo|ehlo)|(?:bad|invalid) (?:helo|ehlo)",
    r"(?:helo|ehlo) command|helohost",
    r"(?:helo|ehlo)(?: name| argument| host)? (?:is )?(?:invalid|not|reject|must|error)",
    r"(?:dynamic|residential|generic)(?:ally)?(?: assigned)? (?:ip|address|host)|dial-?up|residential|relay quota",
    r"ip=ip|\bip ?/|no access (?:from|for)",
    r"access denied.{0,40}\bip\b",
    r"(?:mail|messages?|access|connections?) from (?:this |your |the )?(?:ip|host|network|server|isp)",
    r"not allowed to (?:connect|send (?:mail )?(?:from|to) this)|blocked for abuse|for abuse|unauthorized interface",
    (
        r"(?:connection|connect) (?:was |is )?(?:dropped|not accepted|rejected|denied) (?:by|due|for|from"
        r"|because)(?! remote host)"
    ),
    r"(?:temporarily|temporary) block|bad ip|in prison|from your location|not accepting connections|go away",
    r"gr[ae]y-?list|@:blocked|:blocked\)|sender address blocked",
    r"unfortunately, messages from|may not be mail exchanger",
)
