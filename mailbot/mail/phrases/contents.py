"""What is said of the mail itself: viruses, spam, size, policy, headers against the standard."""

from __future__ import annotations

_MAIL = r"(?:messages?|mail|msg|email|body|content|data|attachments?|letter)"
_REFUSED = r"(?:reject(?:ed)?|refused?|denied|filtered|blocked|prohibited|forbidden|not accepted|not allowed|discarded)"

VIRUS = (
    r"\bvirus(?:es)?\b|malware|\btrojan|\binfected\b|\bworm\b|ransomware|eicar",
    r"malicious (?:code|content|file|attachment|software|program|macro)|ウイルス|ウィルス|病毒|вирус",
)

BIG = (
    rf"{_MAIL}(?: file)?(?: size)?(?: is| was)? (?:too|to) (?:big|large|long)|\btoo (?:big|large)\b",
    (
        rf"{_MAIL}(?: \w+)? ?(?:size)? .{{0,20}}(?:exceed(?:s|ed)?|greater than|larger than|bigger than|over"
        r"|above)\b .{0,40}(?:size|limit|maximum|max|allowed|accepted|bytes|mb)"
    ),
    (
        r"exceed\w* .{0,30}(?:maximum|fixed|max\.?|databytes|size)(?!.{0,24}(?:per|rate|recip|connect"
        rf"|number)).{{0,20}} (?:{_MAIL}|size|limit)"
    ),
    r"size limit (?:exceeded|for)",
    rf"exceed\w* (?:the )?{_MAIL} ?size|(?:message|mail) ?size (?:limit |has )*exceed",
    r"maximum (?:message|mail) size exceed",
    r"message header size, or recipient list",
    r"(?:メール|添付|ファイル|サイズ).{0,16}(?:サイズ|容量)?.{0,8}(?:超|大き)|邮件(?:过|太)大",
    r"zu gro(?:ss|ß)|trop (?:gros|volumineu|grand)|demasiado grande|troppo grande|слишком бол",
)

BIG_FOR_ONE = (rf"message length exceeds|{_MAIL} too large for (?:this|the) (?:recipient|mailbox)|recipsizelimit",)

AGAINST_STANDARD = (
    r"duplicate header|headers? (?:fail|failed) syntax|header syntax|multiple (?:addresses|from|headers|instances)",
    (
        r"(?:not|violates?|is not|is non-?|does not) ?(?:rfc|compl(?:y|iant|iance)|conform).{0,20}(?:rfc|53?22|2822"
        r"|822|compl|standard)?"
    ),
    r"rfc ?(?:5322|2822|822)\b(?![;/])",
    (
        r"\b(?:missing|no|invalid|bad|malformed|without|lacks|lacking)(?: a| an| the| valid| or| required)* "
        r".{0,14}\b(?:from|date|message-?id|subject|to|sender)(?::| ?header| field)"
    ),
    r"(?:bare|lone|stray) (?:lf|cr|linefeed|newline|line ?feed)s?",
)

SPAM = (
    r"\b(?:ant[iy]-?)?spam(?!haus|cop|rl\b)|\bспам",
    rf"{_MAIL}?,? ?content (?:was |has been |is )?{_REFUSED}|(?:rejected|rejecting|refused|banned) .{{0,20}}content",
    r"content (?:scan|filter)",
    r"blacklisted (?:url|link|uri)|(?:url|link|uri)s? .{0,16}(?:blacklist|block|listed)|a url in this|uribl|surbl",
    r"\bdbl\b|unsolicited|\bjunk",
    r"\bbulk e?mail|\bphish|rejected due to (?:suspicious|content)|suspicious (?:mail|message|content)",
    r"\bscored? .{0,8}\d|\bu[cb]e\b|classified as (?:bulk|junk)|迷惑メール",
    r"スパム|垃圾",
)

SURELY_POLICY = (
    r"not accepted for policy reasons|header error|denied by policy|user defined policy|administrat\w* prohibit",
    (
        r"(?:due to|by|violates?) (?:our |the |a |company |your )?(?:local|organi[sz]ation|corporate|company|mail"
        r"|\S{4,40} email) ?(?:mail )?polic"
    ),
)

POLICY = (
    r"denied by|by policy|polic(?:y|ies) (?:reason|violation|restrict|reject)",
    (
        r"(?:for|due to|violates?|against|per|by|under|because of|according to) (?:\w+ ){0,3}polic|security polic"
        r"|violates .{0,40}polic"
    ),
    r"administrative(?:ly)? (?:prohibit|den|reject)|header error|ポリシー.{0,10}(?:違反|拒否|より)",
    r"password[- ]protected",
    (
        r"(?:attachment|file)(?: type| name| extension)?s?.{0,24}(?:not allowed|not permitted|illegal|not accept"
        rf"|{_REFUSED})"
    ),
    (
        r"security (?:issue|risk|reason)|prohibited|(?:forbidden|illegal|disallowed|banned|dangerous"
        r"|unacceptable) (?:attach|file|ext)\w*|host network not allowed"
    ),
    r"添付ファイル.{0,12}(?:禁止|拒否|できま)",
    r"not authori[sz]ed to send|sending (?:to|from) this address|拒绝策略",
)

MALFORMED = (
    (
        r"(?:8-?bit|8bitmime|mime|charset|character|encoding|content-type|body type).{0,40}(?:not|error|invalid"
        r"|support|improper|malformed|illegal|conver)"
    ),
    r"improper use of 8|not .{0,40}(?:character sets?|charset|encoding)\b",
    r"(?:invalid|malformed|bad|improper|illegal|broken) (?:mime|header|content|message format|format|charset|message)",
    r"message (?:format|header)s? (?:error|invalid|reject)|message (?:is )?malformed",
    r"too many \"?(?:received|header)",
    r"(?:too )?long lines?|line (?:is )?too long|media (?:error|type)|(?:data|message) format error",
    r"conver(?:sion|t )",
)
