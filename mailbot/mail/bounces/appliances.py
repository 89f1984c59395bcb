"""Filters and relays that stand before other servers: McAfee, MailFoundry, SurfControl, MXLogic, InterScan."""

from __future__ import annotations

from mailbot.mail.bounces.family import Family
from mailbot.mail.bounces.naming import words
from mailbot.mail.notice import ADDRESS

FAMILIES = (
    Family(
        "mcafee",
        words(r"-+ *the following addresses had (delivery problems|delivery errors) *-+"),
        recipient=words(rf"^<?({ADDRESS})>?[ \t]*[(\[]"),
    ),
    Family(
        "servers answer",
        words(r"trouble delivering your message"),
        recipient=words(rf"rejected recipient <({ADDRESS})>"),
    ),
    Family(
        "mailfoundry", words(r"unable to deliver message to:"), recipient=words(rf"deliver message to: *<({ADDRESS})>")
    ),
    Family(
        "surfcontrol", words(r"your message could not be sent"), recipient=words(rf"^addressed to: *<?({ADDRESS})>?")
    ),
    Family(
        "mxlogic",
        words(r"(errors|delivery problems|delivery status).{0,20}---|message contents follow|delivery report"),
        recipient=words(rf"^<?({ADDRESS})>? *\(|^<({ADDRESS})>"),
        fields=(("x-mx-bounce", words(r"")), ("x-mxl-hash", words(r"")), ("x-mxl-notehash", words(r""))),
    ),
    Family(
        "technical details",
        words(
            r"delivery to the following recipients failed permanently|delevery to the following"
            r" recipients|technical details"
        ),
        recipient=words(rf"^[ \t]*\* ({ADDRESS})"),
    ),
    Family(
        "interscan",
        words(r"sent >>> |unable to deliver message to|trend micro|interscan"),
        recipient=words(rf"rcpt to: *<({ADDRESS})>|deliver message to *<({ADDRESS})>"),
        fields=(
            ("from", words(r"interscan|trendmicro|scanmail|imss")),
            ("subject", words(r"mail could not be delivered|メッセージを配信できません")),
        ),
    ),
)
"""In the order in which they are tried."""
