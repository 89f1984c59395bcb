"""Japanese carriers, providers and appliances: au, docomo, SoftBank, KDDI, Biglobe, m-FILTER, fml, ActiveHunter."""

from __future__ import annotations

from mailbot.mail.bounces.family import Family
from mailbot.mail.bounces.naming import words
from mailbot.mail.notice import ADDRESS

FAMILIES = (
    Family(
        "ezweb",
        words(
            r"following recipients was rejected|the user\(s\) account is (disabled|temporarily"
            r" limited)|the user\(s\) mailbox is full"
            r"|each of the following|the following recipients did not receive|your message was"
            r" returned|could not be delivered to"
        ),
        recipient=words(rf"^<({ADDRESS})>|delivered to: *<({ADDRESS})>"),
        closing=words(r"^-{20,}$"),
        fields=(
            ("from", words(r"ezweb\.ne\.jp|\bau\.com")),
            ("subject", words(r"mail system error")),
            ("message-id", words(r"ezweb")),
        ),
        reason_before=True,
    ),
    Family(
        "kddi",
        words(r"your mail sent on:|could not be delivered to:|as their mailbox is full|サーバーより(出力|返却)された"),
        recipient=words(
            rf"delivered to: *<?({ADDRESS})>?|attempted to be delivered to: *<?({ADDRESS})>?|^["
            rf" \t]*to: *<?({ADDRESS})>?"
        ),
        reason_before=True,
    ),
    Family(
        "m-filter",
        words(r"server message|以下のメールアドレスへの送信に失敗"),
        recipient=words(rf"^({ADDRESS})[ \t]*$"),
        closing=words(r"original mail info"),
        fields=(("x-mailer", words(r"m-filter")),),
    ),
    Family(
        "biglobe",
        words(r"the following addresses had delivery problems|following .{0,20}delivery problems"),
        recipient=words(rf"^[ \t]*<?({ADDRESS})>?[ \t]*$"),
        fields=(("from", words(r"(biglobe|inacatv|tmtv|ttv)\.ne\.jp")),),
    ),
    Family(
        "fml",
        words(
            r"you are not a member|mail from .{0,60}is (rejected|not accepted)|rejected|some of.{0,20}post|ml article"
        ),
        recipient=words(rf"list <({ADDRESS})>|<({ADDRESS})>"),
        fields=(("x-mlserver", words(r"fml")),),
        meaning="rejected",
        person=True,
    ),
    Family(
        "active!hunter",
        words(r"following address(es)? .{0,40}(error|fail)|>>> |could not be delivered|undeliver"),
        fields=(("x-ahmailid", words(r"")),),
    ),
)
"""In the order in which they are tried."""
