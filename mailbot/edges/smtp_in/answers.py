"""What the listener says back: SMTP replies with their enhanced codes (RFC 5321 §4.2, RFC 3463)."""

from __future__ import annotations

import re

TAKEN = "250 2.0.0 On file"
GO_ON = "354 End data with <CR><LF>.<CR><LF>"
NOT_OURS = "550 5.1.1 No such mailbox here"
RECIPIENT = "250 2.1.5 Ok"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients"
TOO_LARGE = "552 5.3.4 Larger than this server takes"
NO_ROOM = "451 4.3.1 No room to keep it now, try again later"
NOT_KEPT = "451 4.3.0 It could not be kept, try again later"
BROKEN = "451 4.3.0 Something went wrong here, try again later"
BUSY = "421 4.3.2 Too many connections, try again later"
STOPPING = "421 4.3.2 Shutting down, try again later"
IDLE = "421 4.4.2 Waited too long"

_BARE = re.compile(r"([245])(\d\d) (?!\d\.\d)")
_DETAILS = {
    "421": "4.7.0",
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "552": "5.3.4",
    "553": "5.1.3",
    "555": "5.5.4",
}


def enhanced(reply: str) -> str:
    """Give a reply of one line the enhanced code that it lacks, as RFC 2034 §3 wants of whoever advertises them."""
    found = _BARE.match(reply)
    if found is None or found[0].startswith("220"):
        return reply
    code = found[1] + found[2]
    return f"{code} {_DETAILS.get(code, f'{found[1]}.0.0')} {reply[found.end() :]}"
