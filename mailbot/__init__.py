"""mailbot delivers invoices by mail: signed links, reminders, and proof of all of it."""

from __future__ import annotations

__version__ = "0.1.0"
