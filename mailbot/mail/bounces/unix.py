"""Mail servers that anybody runs: qmail, Exim, Sendmail, Postfix, Courier, OpenSMTPD, DragonFly and their kin."""

from __future__ import annotations

from mailbot.mail.bounces.family import Family
from mailbot.mail.bounces.naming import words
from mailbot.mail.notice import ADDRESS

FAMILIES = (
    Family(
        "qmail",
        words(
            r"this is the (qmail|mail|[\w.-]+ mail)[\w-]*( \w+)? program|^i'm afraid i wasn't able to"
            r" deliver your message"
            r"|^this is a permanent error; i've given up|there's a problem with the e-?mail address"
            r"|^sorry, (we were|i wasn't) (un)?able to deliver your message"
        ),
        recipient=words(rf"^<({ADDRESS})>:"),
        closing=words(r"^--- (below|enclosed)|^---+ ?$"),
    ),
    Family(
        "exim",
        words(
            r"address(\(es\)|es)?\s+failed:|has not yet\s+been delivered (is|are):|unable to deliver"
            r" .{0,40}following address|following\s+address(es)?( has| have)? failed:|incorrectly"
            r" constructed:"
        ),
        recipient=words(
            rf"^[ \t]*[\"<]?({ADDRESS})[\">]?:?[ \t]*(?:$|\(|smtp|:)"
            rf"|^[ \t]+[^\s<>@]{{1,128}}@[^\s<>@]{{1,128}} <({ADDRESS})>:"
        ),
        closing=words(r"^no action is required|^the following text was generated"),
    ),
    Family(
        "sendmail",
        words(r"-+ the following addresses had .{0,40}(errors|problems) -+|-+ transcript of session follows"),
        recipient=words(rf"^(?:\d\d\d (?:[245]\.\d\.\d )?)?<?({ADDRESS})>?(?=[ \t]*$|\.\.\.|[ \t]*\()"),
        closing=words(r"^[ \t]*-+ (unsent|original|message header|returned)"),
        transcript=True,
    ),
    Family(
        "courier", words(r"undeliverable mail|running the courier mail server"), recipient=words(rf"^<({ADDRESS})>:")
    ),
    Family(
        "opensmtpd",
        words(r"following\s+list of recipients"),
        recipient=words(rf"^({ADDRESS}): "),
        closing=words(r"^[ \t]+(please note|below is)"),
    ),
    Family(
        "dragonfly",
        words(r"dragonfly mail agent|there was an error delivering your mail to"),
        recipient=words(rf"delivering your mail to\s+<?({ADDRESS})>?"),
        closing=words(r"^(message headers|original message) follow"),
    ),
    Family(
        "postfix",
        words(
            r"could\s+not\s+be delivered (to one or more (recipients|destinations)|for more than)"
            r"|^[ \t]+the (mail system|postfix program)"
        ),
        recipient=words(rf"^ ?<({ADDRESS})>(?: \(expanded from <[^>]*>\))?:"),
    ),
    Family(
        "postfix session",
        words(r"^transcript of session follows"),
        recipient=words(rf"^ in: +rcpt\s+to:\s*<({ADDRESS})>"),
        fields=(("subject", words(r"smtp server: errors from")),),
    ),
    Family(
        "smail",
        words(r"\|-+ *(failed addresses|message log|reason)|failed addresses follow"),
        recipient=words(rf"^[ \t]*<?({ADDRESS})>? *\.\.\."),
    ),
)
"""In the order in which they are tried."""
