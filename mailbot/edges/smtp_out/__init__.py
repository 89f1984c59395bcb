"""Sending mails to a relay by SMTP: fast (pipelined), and truthful about what became of each.

`Courier` is what the daemon runs, `opening.probe` is what `mailbot check` asks.
"""

from mailbot.edges.smtp_out.courier import Courier
from mailbot.edges.smtp_out.relay import Relay, Timeouts

__all__ = ["Courier", "Relay", "Timeouts"]
