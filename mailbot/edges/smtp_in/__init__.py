"""The listener for a mail server in front of mailbot: SMTP or LMTP on a TCP port or a Unix socket.

aiosmtpd knows the commands; `session` is where it departs from it, `listener` holds the sessions and what they may do,
`content` reads a mail's octets, `answers` words what is said back, `recipients` knows whose mail is taken. It sends
nothing on: only mail for mailbot's own address is accepted, and it is on file before that is said.
"""

from __future__ import annotations

from mailbot.edges.smtp_in.listener import Limits, Listener, Receive
from mailbot.edges.smtp_in.recipients import Ours

__all__ = ["Limits", "Listener", "Ours", "Receive"]
