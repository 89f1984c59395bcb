"""What particular receivers mean by their words, as their operators have published it.

Owns one table, by host. Where a receiver says "unknown user" for a filter, or gives a code of its own, the general
tables of `reason` would read it wrong.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailbot.mail.failure import Failure

_TABLE: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    # NTT docomo answers "unknown user" after DATA for its own and for the subscriber's filters.
    (
        r"\bdocomo\.ne\.jp",
        (
            ("filtered", r"5\.2\.0"),
            ("rejected", r"550 unknown user"),
            ("toomanyconn", r"\b552 "),
            ("syntaxerror", r"\b501 "),
            ("systemerror", r"\b(451|452|454) "),
        ),
    ),
    # SoftBank says "invalid recipient" of numbers and names that it does not have, whatever was asked.
    (r"\b(softbank|vodafone|disney|i\.softbank)\.(ne\.jp|jp)", (("userunknown", r"invalid recipient"),)),
    # au (KDDI): ": User unknown" without the address is the subscriber's filter.
    (
        r"\b(ezweb\.ne\.jp|au\.com)",
        (
            ("suspend", r"account is (disabled|temporarily limited)"),
            ("filtered", r"550 :? ?user unknown|rejected by a remote mail server"),
            ("userunknown", r"550 <[^>]+>: user unknown"),
        ),
    ),
    # Orange and La Poste number their answers (OFR, LPN).
    (
        r"(orange|wanadoo|laposte|sfr)\.(fr|net)",
        (
            ("suspend", r"_(401|417|421|422|424|426|427|428|429)\b|est bloqu|ferm[eé]"),
            ("userunknown", r"_(402|404|415|416|418|515)\b|invalide|inexistant"),
            ("spamdetected", r"_506|ofr006_(10[0-9])?"),
            ("mailboxfull", r"_403|_416z|over quota"),
            (
                "blocked",
                r"lpn00[67]_(10\d|109)|lpn007_510|_(101|102|103|104|105|107|108|109|201|302|303|304|510|511)\b",
            ),
            ("systemerror", r"_(301|305|500|501|502|503|504|505|999)\b"),
        ),
    ),
    (
        r"(protection\.outlook\.com|outlook\.com|hotmail\.com|live\.com|office365\.com)",
        (
            (
                "blocked",
                r"5\.7\.(60[5-9]|6[1-4]\d|511)|banned sending ip|s3140|block list|\(s(775|3150)\)|\b(dy|ou|sc)-00\d",
            ),
            ("toomanyconn", r"\brp-00\d"),
            ("userunknown", r"5\.1\.10\b|5\.4\.1 .{0,80}access denied|requested action not taken: mailbox unavailable"),
            ("authfailure", r"5\.7\.(509|515|23|26)"),
        ),
    ),
    # AOL once named its checks, and Yahoo took them over.
    (
        r"\baol\.com|yahoodns\.net",
        (
            ("toomanyconn", r"\b(rly:b1|dyn:t\d)"),
            ("requireptr", r"\b(rtr:rd|dns:nr)"),
            ("blocked", r"\b(rtr:(bb|bl|du|sc)|rly:(b2|bl|ir)|con:b\d)|\[bl\d\d\]"),
            ("spamdetected", r"\b(hvu:b\d|rly:bd|rtr:ch)"),
            ("authfailure", r"\bdmarc:|\(au\d\d\)"),
        ),
    ),
    (
        r"\bcomcast\.net",
        (
            ("toomanyconn", r"\brl0\d{3,6}"),
            ("blocked", r"\b(bl|es)0\d{3,6}"),
            ("authfailure", r"\bdm0\d{3,6}"),
        ),
    ),
    # NetEase writes the check and, in three letters, what it found.
    (
        r"\b(163|126|netease|188)\.(com|net)|\byeah\.net",
        (
            ("toomanyconn", r"\b(hl:(icc|ifc)|mi:(dmc|sfq|ccl|smc)|rp:(drc|ccl|qrc|trc))"),
            ("blocked", r"\b(hl:(rep|mep|ihu|ipb)|wm:bl[iu]|dt:rbl)"),
            ("spamdetected", r"\bdt:s(pm|um)"),
            ("authfailure", r"\bmi:spf"),
        ),
    ),
    (
        r"(yahoodns\.net|yahoo\.(com|co\.jp))",
        (("userunknown", r"doesn't have a \S+ account"), ("systemerror", r"after multiple retries, giving up")),
    ),
    (r"yahoodns\.net", (("rejected", r"\[ts[s0]?0\d\]"),)),
    (r"(vtext|vzwpix)\.com", (("userunknown", r"no valid recipients"),)),
    (
        r"facebook\.com",
        (
            ("userunknown", r"rcp-p[1]"),
            ("filtered", r"rcp-p[23]|int-p\d"),
            ("systemerror", r"int-t"),
            ("blocked", r"con-t|pol-p"),
        ),
    ),
    (r"messagelabs\.com", (("userunknown", r"54[2] \S+ rejected"),)),
    (
        r"mimecast\.com",
        (
            ("policyviolation", r"host network not allowed|administrative prohibition|policy|rejected by header"),
            ("authfailure", r"dmarc|spf|dkim"),
            ("blocked", r"blacklist|rbl|bad reputation"),
            ("virusdetected", r"virus|malware"),
        ),
    ),
    (r"(qq|foxmail)\.com", (("toomanyconn", r"mail is rejected by recipients|too frequent|frequency"),)),
    (
        r"\bcox\.net",
        (
            ("blocked", r"cxbl|cdrbl|ipbl"),
            ("requireptr", r"cxdns"),
            ("rejected", r"cxsmtp"),
            ("toomanyconn", r"cx(cnct|mxrt)"),
            ("securityerror", r"cx(mj|thrt)"),
            ("authfailure", r"cx(dm|sndr)"),
        ),
    ),
    (r"(charter\.net|spectrum\.net|twc\.com|rr\.com)", (("toomanyconn", r"#in-13\d\d"),)),
)
_COMPILED = tuple((re.compile(host), tuple((word, re.compile(said)) for word, said in rows)) for host, rows in _TABLE)
_STATE = re.compile(r"\(state 1[78]\)")
"""What Gmail once wrote behind an answer to the content of a mail."""
_LINK = re.compile(r"https?://([\w.-]{4,80})")
"""Where a receiver explains its answers, and so whose they are."""
_SPACES = re.compile(r"\s+")


def said_by_host(failure: Failure) -> str:
    """Return the reason that a known receiver means, or an empty string."""
    if _STATE.search(failure.text):
        return "filtered"
    text = f"{failure.around} {failure.text}".lower()
    where = " ".join([failure.remote, failure.recipient.rpartition("@")[2], *_LINK.findall(text)])
    rows = [row for host, table in _COMPILED if host.search(where) for row in table]
    words = _SPACES.sub(" ", f"{failure.status} {text}")
    return next((word for word, said in rows if said.search(words)), "")
