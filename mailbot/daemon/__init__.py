"""The daemon: every part of mailbot put together, started, watched and stopped in order.

`root` is the composition root and reads like a parts list; beside it stand the supervisor of its tasks, the pulse
that wakes them, and the two things that are put together only where they are wanted: the sandbox and the drop folder.
"""

from __future__ import annotations

from mailbot.daemon.root import main, relay_of

__all__ = ["main", "relay_of"]
