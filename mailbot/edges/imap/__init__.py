"""The IMAP door: mails out of a mailbox, as they come.

`watch` is the thread, `opening` connects and signs in, `session` is the dialogue, `intake` decides which mails are
asked for, `outage` how long a server is left alone.
"""

from __future__ import annotations

from mailbot.edges.imap.account import Account, Pace

__all__ = ["Account", "Pace"]
