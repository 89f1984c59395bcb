"""What servers say when they refuse, in the order in which it decides: the particular before the general.

Owns the phrases, as patterns over a line of lower case in which mail addresses read `@` and IP addresses `ip` (see
`reason.plain`). Each stands here because servers in use say it; none is about one mail.
"""

from __future__ import annotations

import re

_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "delivered",
        (r"^2\d\d 2\.\d\.\d",),
    ),
    (
        "requireptr",
        (
            r"reverse[ -]?dns|\bptr\b|\br(ev)?dns\b|reverse (lookup|mapping|hostname|address|host name|ip)",
            r"can ?not find your (reverse )?(host ?name|host)|unverif[iy]+able sending ips?|mismatches client ip",
            r"(does not|doesn'?t) resolve to (a )?host|ip name (lookup|possibly) f|no (valid )?(reverse|hostname) ",
        ),
    ),
    (
        "authfailure",
        (
            r"\bdmarc\b|\bspf\b|\bdkim\b.{0,40}(fail|not|invalid|missing)|unauthenticated (e-?mail|message|sender)",
            r"(sender|message) (is )?(unauthenticated|not authenticated)|sender policy framework",
            r"does not have authentication information|authentication (checks|results)",
        ),
    ),
    (
        "virusdetected",
        (r"\bvirus(es)?\b|malware|\btrojan|\binfected\b|malicious (code|content|file)|ウイルス",),
    ),
    (
        "mailboxfull",
        (
            (
                r"(mail ?box|mail ?dir|mail ?folder|inbox|account|mailbox of user|user|incoming mail) ?(@ )?(is "
                r"|was |has been )?(too )?full"
            ),
            r"full mail ?box",
            r"over (the |its |their |his |her |allowed |allotted |disk |storage |mail ?box |user )*quota|overquota",
            r"over-quota",
            r"quota (size |limit |has been |is |was |would be |will be )*(exceeded|full|reached|violation|over)",
            (
                r"exceed(s|ed|ing)? (the |his |her |its |their |your |mail ?box |mail |user |disk |storage "
                r"|allocated |allowed |a |e-?mail )*(quota|storage)"
            ),
            r"out of (e-?mail |mail ?box |disk )*(quota|storage)",
            r"mail ?box (size |storage )?(limit |quota |has )*exceed",
            r"(mail|message) ?(store|storage|quota) .{0,20}(exceed|full|over)",
            (
                r"(insufficient|not enough|no|out of) (disk |storage |mail ?box |free |available )*(space|room"
                r"|storage) .{0,30}(mail ?box|recipient|user|account)"
            ),
            (
                r"(mail ?box|recipient|user|account).{0,40}(insufficient|not enough|no|out of|too little) (more "
                r"|disk |storage |available )*(space|room|storage)"
            ),
            r"(space|storage|disk) (quota|limit|allocation|usage).{0,20}(exceed|reach|full|over)",
            r"(disk|mail|user|storage) quota|not enough disk space|quota exceed|exceeded quota|quotaexceeded",
            r"quota_exceeded|maximum (mail ?box|storage)|too (many|much) (messages|mail|data) (in|on|waiting|stored)",
            r"bo[iî]te.{0,30}pleine|casilla llena|buz[oó]n.{0,30}lleno|casella.{0,30}piena|postfach.{0,30}voll",
            r"caixa.{0,30}cheia|メール(ボックス|容量)?.{0,16}(一杯|いっぱい|満杯|容量を?超|容量オーバー)|保存容量|容量が.{0,10}(不足|超)|信箱.{0,8}已?[满滿]",
            r"邮箱.{0,8}满|空间不足",
        ),
    ),
    (
        "mesgtoobig",
        (
            r"(message|mail|msg|body|content|data|attachment)s?( file)?( size)?( is)? (too|to) (big|large|long)",
            (
                r"(message|mail|msg|data|content|e-?mail)( \w+)? ?(size)? .{0,20}(exceeds|exceeded|greater than"
                r"|larger than|bigger than|over) .{0,40}(size|limit|maximum|max|allowed)"
            ),
            r"exceeds? .{0,30}(maximum|fixed|max\.?) .{0,20}(message|mail|size)|size limit (exceeded|for)",
            r"too (big|large) (message|mail|for (this|the) (server|system))|message header size, or recipient list",
            r"メール?(の)?サイズ.{0,16}(超|大き)",
        ),
    ),
    (
        "exceedlimit",
        (r"message length exceeds|(message|mail) too large for (this|the) (recipient|mail ?box)",),
    ),
    (
        "notaccept",
        (
            r"no host found for existing smtp connection",
            r"null ?mx|no mx record found for domain|(find|found) a mail exchanger or ip",
            (
                r"(host|domain|address|@)( name)? (does not|doesn'?t) (accept|receive|handle|want) (any )?(e-?mail"
                r"|mail|smtp)(?! from)"
            ),
            r"(indicated|has) no smtp service|no smtp service|malformed or unexpected name server reply",
            r"does not accept mail \(nullmx\)|smtp protocol (returned )?a permanent error.{0,20}null",
            r"(is|are) not accepting (any )?mail( here)?$",
        ),
    ),
    (
        "hasmoved",
        (
            r"(user|address|account|recipient|mail ?box|person|he|she|who)( @)?( has| have)? ?(been )?moved",
            r"moved to @|has (been )?(replaced|changed) (by|to|his|her|their)|new (e-?mail )?address (is|:)",
            r"(e-?mail )?address (has )?changed|no longer (uses|using) (this|that)",
        ),
    ),
    (
        "suspend",
        (
            (
                r"(account|mail ?box|user|recipient|address|e-?mail|customer|domain|alias)( @)?( address| account|"
                r" name)?( @)?( is| has been| was| has|'s)?( currently| temporarily| permanently| also| now| been|"
                r" either)* (disabled|suspended|inactive|deactivated|frozen|locked|discontinued|terminated"
                r"|cancell?ed|closed|expired|dormant)"
            ),
            (
                r"(disabled|suspended|inactive|deactivated|frozen|dormant|discontinued|closed|locked|expired"
                r"|terminated) (e-?mail )?(account|mail ?box|user|recipient|address)"
            ),
            r"that you tried to reach is (disabled|inactive)",
            r"(account|user|mailbox) (is )?not (been )?(active|activated|enabled)",
            r"(account|mail ?box) (is |has been )?blocked|not currently (active|accepting)",
            r"compte.{0,20}(clos|ferm|inacti|suspendu|bloqu|d[eé]sactiv)|(アカウント|メールアドレス|ご利用).{0,12}(停止|休止|凍結|解約)",
            r"domain (is )?(expired|suspended)",
        ),
    ),
    (
        "norelaying",
        (
            (
                r"relay(ing)?( access| of mail| mail)?( is| was| not| to @)?( \S+)? ?(denied|not allowed|not"
                r" permitted|prohibited|forbidden|restricted|rejected|disallowed|disabled|allowed)"
            ),
            r"e-?mail address is not verified|following smtp relay error|unable to relay|cannot relay|can't relay",
            r"can not relay|won't relay|refuse to relay|not? (permitted|allowed|authori[sz]ed) to relay",
            r"insecure mail relay|open relay|relaying|mail relay|no relay|not a relay|relay (not|is not|access)",
            r"as a relay|(domain|host) .{0,30}(list of allowed|my) rcpthosts",
            r"authentication when attempting to send to a non-local|not (a )?(local|hosted) (domain|here)",
            r"not a gateway|(does not|don't|do not) handle mail for",
        ),
    ),
    (
        "securityerror",
        (
            r"policy violation",
            r"authentication (is )?(required|failed|failure|credentials|unsuccessful|needed|invalid)|authrequired",
            r"notauthenticated|must authenticate",
        ),
    ),
    (
        "failedstarttls",
        (r"starttls|\btls\b|\bssl\b|encryption (is )?(required|needed)",),
    ),
    (
        "notcompliantrfc",
        (
            r"duplicate header|headers? (fail|failed) syntax|multiple (addresses|from|headers|instances)",
            r"(messages? )?(not|violates?|isn't|is non-?) ?(rfc|compl(y|iant)).{0,12}(rfc|53?22|2822|822|compl)?",
            r"rfc ?(5322|2822|822)\b(?![;/])",
            (
                r"\b(missing|no|invalid|bad|malformed|without|lacks)( a| valid| or)* .{0,14}(from|date|message-id"
                r"|subject|to|sender)(:| header)"
            ),
            r"bare (lf|cr|linefeed|newline|line ?feed)s?",
        ),
    ),
    (
        "badreputation",
        (r"unexpected volume or user complaints|reputation|sender ?score|untrusted (host|ip|sender)",),
    ),
    (
        "toomanyconn",
        (
            r"(per|an|each) (hour|minute|day)\b.{0,40}(exceed|allowed|limit)|exceeded the max(imum)? ",
            (
                r"too many (connect|session|recip|message|simultaneous|concurrent|mails|e-?mails|invalid recip|open"
                r"|smtp|incoming)"
            ),
            (
                r"(connection|session|recipient|message|mail|ip|sender|sending|hourly|delivery)s? (rate|frequency"
                r"|count|quantity)? ?(limit|throttl)"
            ),
            (
                r"(connection|session|message|mail|sending|rate|frequency|recipient)s?( rate| count| frequency)?s?"
                r" ?(limit )?(is |was |has been |have been )?(exceeded|limited|reached)"
            ),
            r"rate[ -]?limit|throttl|concurren(t|cy)|unusual rate",
            r"exceeded .{0,20}(maximum|max|allowed|allowable) (number of )?(connect|session|recip|message|mail)",
        ),
    ),
    (
        "speeding",
        (
            r"receiving mail (at|too) .{0,24}(rate|quickly|fast)|(too|very) (fast|quickly|frequent(ly)?|rapidly)",
            r"at a rate that",
        ),
    ),
    (
        "spamdetected",
        (
            r"\bspam(s|my|my-looking)?\b(?!haus|cop)|\bspammy\b|spam-like|spamassassin|antispam",
            r"(message|mail|e-?mail)?,? ?content (was |has been |is )?(rejected|refused|denied|filtered|blocked)",
            r"rejected .{0,20}content|blacklisted (url|link|uri)|uribl|surbl|\bdbl\b|unsolicited|\bjunk\b",
            r"\bbulk (e-?)?mail|\bphish|rejected due to (suspicious|content)|迷惑メール",
        ),
    ),
    (
        "systemerror",
        (
            r"delivery to (file|pipe) forbidden|several matches found",
            r"after multiple retries, giving up|best-preference mx|out of memory",
        ),
    ),
    (
        "policyviolation",
        (
            r"not accepted for policy reasons|header error|denied by policy",
            r"(due to|by) (our |the |a )?(local|organi[sz]ation) polic",
        ),
    ),
    (
        "expired",
        (
            r"(has been|was) frozen|host not reachable",
            r"message expired(?!, dns)|connection refused(?! (by|for|due))|5\.4\.316|could not find a gateway",
        ),
    ),
    (
        "rejected",
        (
            r"different address or alias|rejected by recipients|(not in|restricted by) .{0,30}allowed-senders",
            r"all recipient addresses rejected",
            (
                r"sender('s)? ?(address|domain|@|e-?mail)*( @)?( was| is| has been)? ?(rejected|refused|denied|not"
                r" allowed|blocked|verify|not accepted|invalid|verification)"
            ),
            r"(sender|from) (verify|verification|address verification|callout) fail|callout verification",
            r"domain of sender|sender domain|sender address|sender.{0,16}(unknown|not exist|invalid)",
            r"(invalid|bad|illegal|unknown|forged|unresolvable) (sender|from|return|envelope|reverse|mail from)",
            r"address rejected: @: sender",
            (
                r"(not|isn't|aren't) (allowed|authori[sz]ed|permitted|accept).{0,12}(send|post|submit|mail|message"
                r"|deliver)"
            ),
            r"only members|non-?members?|subscribers?|moderat|not a member|permission to (post|send)",
            r"allowed to (post|send)|purported responsible|sending to/from an address|not a registered gateway user",
        ),
    ),
    (
        "blocked",
        (
            r"black ?list|block ?list|deny ?list|\brbl\b|dnsbl|spamhaus|spamcop|sorbs|barracudacentral|uceprotect",
            r"mailspike|\bbanned\b|\bbanning\b",
            (
                r"(ip|host|server|network|connection|client|machine|domain|helo)( name| address)?s?( ip| \[ip\]|"
                r" \S{1,60})?( is| was| has been| are)?( not| currently| temporarily| permanently)* (blocked|banned"
                r"|refused|rejected|denied|allowed|permitted|accepted|disallowed|unwelcome|listed)"
            ),
            r"listed (in|at|on|by|with)",
            (
                r"(blocked|denied|rejected|refused) (using|by|due to|because of|for|from) .{0,30}(ip|list|host"
                r"|address|server|network)"
            ),
            r"client host|client address|connecting (host|ip|server)|your (ip|isp|server|network|host|mail ?server)",
            r"smtp server of your isp|invalid (ip|domain name|helo|ehlo)|bad helo|helo command",
            r"(helo|ehlo)( name| argument)? (is )?(invalid|not|reject)|dynamic(ally)?( assigned)? (ip|address|host)",
            r"dial-?up|residential|\(bl\)|relay quota|ip=ip|\bip ?/|no access from|access denied.{0,40}\bip\b",
            r"not allowed to (connect|send (mail )?(from|to) this)",
            r"(connection|connect) (was |is )?(dropped|not accepted|rejected|denied) (by|due|for|from|because)",
            r"(temporarily|temporary) block|not accepting connections|go away|gr[ae]y-?list|@:blocked|:blocked\)",
            r"unfortunately, messages from|may not be mail exchanger",
        ),
    ),
    (
        "networkerror",
        (
            r"host lookup did not complete|lookup did not complete|cname lookup failed",
            r"host not found, try again|name service error.{0,80}try again",
        ),
    ),
    (
        "hostunknown",
        (
            r"all host address lookups failed permanently",
            r"domain (is )?(not reachable|unreachable)|host (is )?(unknown|not found|does not exist)|unknown host",
            r"hostunknown|(domain|host)( name)?( \S{1,80}| @)? (does not|doesn'?t) exist",
            r"^\d\d\d \S{1,80}\.\S{1,80} does not exist",
            r"(couldn't|could not|cannot|can't|unable to|failed to) find (any |a )?(host|domain|server)( named)?",
            r"(couldn't|could not|cannot|can't|unable to|failed to) (resolve|look ?up) (the )?(host|domain|address)",
            r"no such (domain|host)",
            (
                r"(domain|host)( name)?( \S{1,80})? (could not be|couldn't be|wasn't|was not|is not|not|cannot be)"
                r" (found|resolv)"
            ),
            r"illegal host|invalid host|host/domain name found|nxdomain|name or service not known",
            r"non-?existent domain|unknown domain|unknown mail domain|unroute?able (mail )?(address|domain)",
            r"no (valid )?mx (found|record|host|or a)|mx records? .{0,20}(non-?existent|not found)",
            r"recipient (domain|address).{0,20}(domain not found|invalid domain)|bad destination (system|host)",
            r"host or domain name not found|domain not found|unable to route|no route to domain",
        ),
    ),
    (
        "networkerror",
        (
            r"name lookup failure|no route to host|network (is )?unreachable|network error|unreachable for too long",
            (
                r"\b(dns|name server|mx (lookup|record|host)|domain name system)\b(?!\.).{0,40}(error|fail|temporar"
                r"|timeout|no relevant answer|no answer|problem)"
            ),
            r"connection (was )?(reset|closed|lost|interrupted|dropped|aborted|terminated|broken)|lost connection",
            r"connection unexpectedly|unexpectedly (closed|dropped|disconnect)",
            r"(mail|message|routing|forwarding|mailer|mx)? ?(loop|loops) (detected|back|count|error)?|too many hops",
            r"hop count|maximum (hop|allowed times)|more than the maximum allowed times|looping|loops back",
            r"wasn't able to establish an smtp connection|unable to connect to (mx|the)|all relevant mx|host is down",
            r"(couldn't|could not|can't|cannot) (connect|reach)|bad address|host not responding",
            r"malformed name server|address family",
        ),
    ),
    (
        "expired",
        (
            r"connection timed? ?out|timed out|timeout|time-out",
            (
                r"(message|mail|retry|delivery|queue|time|delivery time|retry time).{0,16}(expired|timeout exceeded"
                r"|not reached)"
            ),
            r"(has been |been )?(in the|on the) queue (too long|for too long)|could not be delivered (for|within|in)",
            r"failing for a long time|failed \d+ attempts|gave up|giving up(?! on)|not (yet )?been delivered",
            r"will be deleted from queue|undeliverable (for|after)|not delivered (within|for|after)|retry timeout",
            r"(was|has been) delayed|(message|mail|delivery).{0,20}(delayed|still undelivered)",
            r"will (be retried|retry|keep trying)|did not accept our requests to connect|connection refused",
            r"recipient server did not",
        ),
    ),
    (
        "systemfull",
        (
            r"disk (is )?full|file ?system (is )?full|no space left",
            r"insufficient (system|disk)( storage| space| resource)|(mail )?system (is )?full|out of disk",
            r"not enough disk",
        ),
    ),
    (
        "mailererror",
        (
            r"\|/|pipe to|error (from|in|running) (mailer|program)|local delivery failed|procmail|^x-unix; \D",
            r"command (failed|died|output|time)|exit (status|code)|operating system error|mailer error",
            r"unknown mailer|child (process|crashed)|x-unix; ?(1|2|6[4-8]|7[0-3]|75|1[2-3]\d)\b",
        ),
    ),
    (
        "policyviolation",
        (
            r"denied by|by policy|policy (reason|violation|restrict|reject)|for policy|due to policy",
            r"administrative(ly)? (prohibit|den|reject)|header error",
            (
                r"(attachment|file)( type| name| extension)?s?.{0,24}(not allowed|blocked|prohibit|reject|denied"
                r"|illegal|forbidden|not accept)"
            ),
            r"security (issue|policy|risk|reason)|illegal attachment|prohibited|host network not allowed",
            r"not authori[sz]ed to send|sending (to|from) this address",
        ),
    ),
    (
        "systemerror",
        (
            r"queue file write error",
            r"service (is )?(currently |temporarily )?(unavailable|not available|refused|refuse)",
            r"temporar(y|ily) (error|problem|unavailable|system|local|lookup|server)",
            r"internal (server |system |software |processing )?error|system error",
            r"(server|local|mail system|software|configuration) (error|problem|failure|misconfig)",
            r"error in processing|insufficient permission|resources? (temporarily )?(unavailable|exhausted|limit)",
            r"please try (again )?later|try again later|server (is )?(busy|unavailable|down)|can't create",
            r"cannot create|could not create|unable to (write|open|create|process)|lmtp|ldap|database|lookup fail",
            r"critical|aliasing|proxy",
        ),
    ),
    (
        "contenterror",
        (
            (
                r"(8-?bit|8bitmime|mime|charset|character|encoding|content-type).{0,40}(not|error|invalid|support"
                r"|improper|malformed|illegal)"
            ),
            r"improper use of 8",
            r"(invalid|malformed|bad|improper|illegal) (mime|header|content|message format|format|charset)",
            r"message (format|header)s? (error|invalid|reject)|too many \"?(received|header)|(too )?long lines?",
            r"line too long|media error|conversion",
        ),
    ),
    (
        "filtered",
        (
            r"cannot route mail to user",
            r"(message|mail) (was |has been )?filtered",
        ),
    ),
    (
        "syntaxerror",
        (
            r"angle-brackets nested|expected word or|domain missing in source-routed",
            r"^503 |malformed address|may not follow|improper (sequence|command)|syntax error",
            r"command (unrecognized|not (recognized|implemented|supported))|bad sequence|protocol error",
            r"unrecognized command|bad command|need (rcpt|mail)",
        ),
    ),
)

_USER = (
    (
        r"(unknown|no such|nonexistent|non-?existing|not a valid|invalid|undefined|unrecogni[sz]ed|bad|illegal"
        r"|incorrect) (local )?(e-?mail )?(user|recipient|mail ?box|account|addressee|customer|alias|local|person"
        r"|destination|address|rcpt|to address)"
    ),
    (
        r"(user|recipient|mail ?box|account|address|addressee|alias|name|mail ?drop|local part|e-?mail|person|box"
        r"|@)( name| account| address| @| mail ?box| here){0,3}( is| was| are| has|\(s\))?( not| n't|n't)? ?(currently"
        r" )?(unknown|(not )?(found|known|listed|recogni[sz]ed|valid|exist|available|here|registered|correct"
        r"|resolved|match)|does not exist|doesn'?t exist|doesn'?t have|unavailable|invalid|not hosted|nonexistent"
        r"|non-?existent|incorrect|undeliverable)"
    ),
    r"(user|account|mail ?box|address|recipient).{0,40}(does not|doesn'?t) exist",
    (
        r"(does not|doesn'?t|do not|don't|did not|didn't|not) (have|like|exist|match|know|recogni[sz]e|accept mail"
        r" for|look like)( an?| any| the| this| that)* ?(@|user|account|mail ?box|recipient|address|person|here"
        r"|exist|$)"
    ),
    (
        r"(couldn't|could not|can't|cannot|wasn't|was not|unable to) (be )?(find|found|locate|resolve|verif|deliver"
        r" to)( any| a| the| this)* ?(user|recipient|mail ?box|account|address|@|at)"
    ),
    r"user ?(is )?(unknown|not found)|userunknown|unknown (or|user|address|local|recipient)",
    r"no (mail ?box|user|account|recipient)|not (our|a) (customer|user)",
    r"no longer (exist|valid|available|active|works|employed|at|with|on|here|a valid)",
    r"left the (company|organi[sz]ation)|destinataire|utilisateur inconnu",
    r"adresse.{0,16}(inconnue|invalide|introuvable)|unbekannt|nicht (gefunden|bekannt|vorhanden)",
    r"usuario (desconocid|no)|sconosciuto|destinat[aá]rio|не (найден|существует)",
    r"用户不存在|收件人|該当|存在しません|宛先|nosuchuser",
    r"recipnotfound|recipientnotfound|address not found|email address.{0,40}(wasn't|not) found",
    r"(requested|request) action (not taken|aborted):? ?(no such|mail ?box)|(invalid|no valid|bad|all) recipients?",
    r"not a known user|unknown (to address|account|mailbox)|no one by that|nobody (here|by)",
    r"check the recipient|possibly incorrect",
)

_REFUSED = (
    (
        r"(recipient|address|mail ?box|user|@)s?( address| @)?( is| was| has been)? ?(rejected|refused|denied|not"
        r" allowed|not accepted)"
    ),
)

_SURELY_USER = (
    r"domino ?(directory|ディレクトリ)",
    r"account or domain may not exist|invalid final delivery userid|recipient name is not recogni[sz]ed",
    r"not (listed|found) in .{0,30}(domino|name ?(&|and) ?address|address ?book|directory|public)|unknown recipient",
    r"recipnotfound|recipientnotfound|recipientnotfoundbysmtp|nosuchuser|user .{0,60}not listed",
    r"unable to find recipient|000c05a6|wasn't found at|couldn't be found, or is unable to receive",
    r"address couldn't be found|email address.{0,40}wasn't found|550 5\.1\.1|user_unknown|access denied\. as",
    r"recipient address rejected: access denied",
)

WORDS = tuple((word, re.compile("|".join(phrases))) for word, phrases in _WORDS)
"""Each reason with what is said of it; a reason may come twice, with particular and with general phrases."""

USER = re.compile("|".join(_USER))
"""What is said of recipients who do not exist, and by filters of those who do."""

REFUSED = re.compile("|".join(_REFUSED))
"""What is said of recipients who are refused for whatever reason."""

SURELY_USER = re.compile("|".join(_SURELY_USER))
"""What only those say who know their users."""
