"""What the numbers of a refusal mean: status codes, reply codes, and which command was refused.

Owns the tables, by what RFC 3463, RFC 5321, the IANA registry and Microsoft's list say of the numbers; when they count,
and what words count before them, is `reason`'s.
"""

from __future__ import annotations

SURE = {
    "2.2": "mailboxfull",
    "2.3": "exceedlimit",
    "1.6": "hasmoved",
    "1.7": "rejected",
    "1.8": "rejected",
    "3.4": "mesgtoobig",
    "7.13": "suspend",
    "7.17": "hasmoved",
    "7.18": "hasmoved",
    **dict.fromkeys(("7.20", "7.21", "7.22", "7.23", "7.24", "7.26", "7.29", "7.30"), "authfailure"),
    "7.25": "requireptr",
    "7.27": "notaccept",
    "7.28": "toomanyconn",
    "1.20": "notcompliantrfc",
    "1.90": "toomanyconn",
    "2.121": "speeding",
    "2.122": "speeding",
    **dict.fromkeys(("7.54", "7.64"), "norelaying"),
    **dict.fromkeys(("7.57", "7.133", "7.134", "7.135", "7.136"), "securityerror"),
    **dict.fromkeys(("7.105", "7.124", "7.193", "7.507"), "rejected"),
    **dict.fromkeys(("7.506", "7.511", "7.708", *(f"7.{number}" for number in range(606, 650))), "blocked"),
    **dict.fromkeys(("7.508", "7.705"), "toomanyconn"),
    **dict.fromkeys(("7.509", "7.515"), "authfailure"),
    "7.512": "notcompliantrfc",
    "7.703": "spamdetected",
}
"""Numbers that are given for one thing only, without their class.

Those up to 7.30 stand in the IANA registry (RFC 3463, 7293, 7372, 7505), the others in Microsoft's list of
non-delivery reports of Exchange Online.
"""

BY_STATUS = {
    "1.0": "userunknown",
    "1.1": "userunknown",
    "1.2": "hostunknown",
    "1.3": "userunknown",
    "1.4": "filtered",
    "1.6": "hasmoved",
    "1.7": "rejected",
    "1.8": "rejected",
    "1.9": "systemerror",
    "1.10": "notaccept",
    "2.0": "filtered",
    "2.1": "filtered",
    "2.2": "mailboxfull",
    "2.3": "exceedlimit",
    "2.4": "filtered",
    "3.0": "systemerror",
    "3.1": "systemfull",
    "3.2": "notaccept",
    "3.3": "systemerror",
    "3.4": "mesgtoobig",
    "3.5": "systemerror",
    "4.0": "networkerror",
    "4.1": "expired",
    "4.2": "expired",
    "4.3": "systemerror",
    "4.4": "hostunknown",
    "4.5": "systemfull",
    "4.6": "networkerror",
    "4.7": "expired",
    "5.1": "syntaxerror",
    "5.2": "syntaxerror",
    "5.3": "toomanyconn",
    "5.4": "syntaxerror",
    "5.5": "syntaxerror",
    "5.6": "syntaxerror",
    "6.0": "contenterror",
    "6.1": "contenterror",
    "6.2": "contenterror",
    "6.3": "contenterror",
    "6.5": "contenterror",
    "6.6": "contenterror",
    "6.7": "contenterror",
    "6.9": "contenterror",
    "7.2": "rejected",
    "7.4": "securityerror",
    "7.5": "securityerror",
    "7.6": "securityerror",
    "7.7": "securityerror",
    "7.8": "securityerror",
    "7.9": "securityerror",
}
"""What a number says where the words say nothing (RFC 3463 §3)."""

BY_CODE = {
    **dict.fromkeys(("422", "432", "454", "530", "534", "535", "538"), "securityerror"),
    "451": "systemerror",
    "452": "systemfull",
    **dict.fromkeys(("455", "500", "501", "502", "503", "504", "555"), "syntaxerror"),
    "525": "suspend",
    "552": "mailboxfull",
    "556": "notaccept",
}
"""What a reply code alone says (RFC 5321 §4.2.3, RFC 4954 §6, RFC 7504)."""

BY_COMMAND = {"conn": "blocked", "ehlo": "blocked", "mail": "rejected", "data": "filtered"}
"""What a refusal without a word means, by what was refused."""

UNLESS_SAID = {"5.1.1": "userunknown", "5.1.2": "hostunknown"}
"""Numbers that hold unless the words are of a mailbox that exists, or of the sender."""
