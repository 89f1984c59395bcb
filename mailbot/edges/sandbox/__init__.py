"""The sandbox: a mail server that keeps every mail on this machine, and pages to read them."""

from mailbot.edges.sandbox.mailbox import Kept, Mailbox, NoSuchMail
from mailbot.edges.sandbox.pages import routes
from mailbot.edges.sandbox.server import SandboxServer

__all__ = ["Kept", "Mailbox", "NoSuchMail", "SandboxServer", "routes"]
