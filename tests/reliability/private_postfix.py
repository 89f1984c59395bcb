"""A Postfix of our own: one folder, loopback only, its routes written down, its patience short.

Owns its configuration and its end. Postfix's master runs as root only; whoever is somebody else is told why he skips.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from postfix_sink import free_port
from real_daemon import until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

POSTFIX = shutil.which("postfix", path="/usr/sbin:/usr/bin:/sbin:/bin")
LIBRARY = Path("/usr/lib/postfix/sbin")
PARTS = {
    "dynamicmaps.cf": Path("/etc/postfix/dynamicmaps.cf"),
    "postfix-files": Path("/etc/postfix/postfix-files"),
}

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {library}
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.postfix.test
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
local_transport = error:nobody lives here
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
default_transport = error:5.1.2 there is no way out of this test
relay_transport = error:5.1.2 there is no way out of this test
relay_domains = {domains}
transport_maps = inline:{{ {routes} }}
smtp_host_lookup = native
smtp_dns_support_level = disabled
smtp_tls_security_level = none
lmtp_destination_recipient_limit = 50
smtputf8_enable = yes
maillog_file = {folder}/data/maillog
maillog_file_prefixes = {folder}
# Days are seconds here: a mail that waits is reported late after 2 and given up after 7.
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
delay_warning_time = 2s
maximal_queue_lifetime = 7s
"""

MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup   unix n - n 60 1 pickup
cleanup  unix n - n - 0 cleanup
qmgr     unix n - n 1 1 qmgr
rewrite  unix - - n - - trivial-rewrite
bounce   unix - - n - 0 bounce
defer    unix - - n - 0 bounce
trace    unix - - n - 0 bounce
verify   unix - - n - 1 verify
flush    unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp     unix - - n - - smtp
relay    unix - - n - - smtp
lmtp     unix - - n - - lmtp
showq    unix n - n - - showq
error    unix - - n - - error
retry    unix - - n - - error
discard  unix - - n - - discard
anvil    unix - - n - 1 anvil
scache   unix - - n - 1 scache
tlsmgr   unix - - n 1000? 1 tlsmgr
postlog  unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """A running one."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self.port = port
        """Where it takes mails, for any of its routes."""

    @property
    def log(self) -> str:
        path = self._folder / "data" / "maillog"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


@contextlib.contextmanager
def private_postfix(folder: Path, routes: Mapping[str, str]) -> Iterator[Postfix]:
    """Run Postfix until the end of the block; `routes` maps a domain to its transport and next hop.

    `folder` must be one that Postfix's user may go through.
    """
    if POSTFIX is None:
        pytest.skip("Postfix is not installed")
    if os.geteuid() != 0:
        pytest.skip("only root may run a Postfix")
    port = free_port()
    _lay_out(folder, routes, port)
    with subprocess.Popen([POSTFIX, "-c", str(folder / "etc"), "start-fg"], stderr=subprocess.DEVNULL) as master:
        postfix = Postfix(folder, port)
        try:
            until(f"Postfix listens: {postfix.log}", lambda: _listens(port) or master.poll() is not None, within=15)
            assert master.poll() is None, postfix.log
            yield postfix
        finally:
            stop = [POSTFIX, "-c", str(folder / "etc"), "stop"]
            subprocess.run(stop, capture_output=True, timeout=20, check=False)
            with contextlib.suppress(subprocess.TimeoutExpired):
                master.wait(10)
            master.kill()


def _lay_out(folder: Path, routes: Mapping[str, str], port: int) -> None:
    for name in ("etc/dynamicmaps.cf.d", "etc/postfix-files.d", "data", "queue"):
        (folder / name).mkdir(parents=True)
    for name, original in PARTS.items():
        shutil.copy(original, folder / "etc" / name)
    shutil.chown(folder / "data", "postfix")
    written = ", ".join(f"{{ {domain} = {hop} }}" for domain, hop in routes.items())
    main = MAIN.format(folder=folder, library=LIBRARY, domains=" ".join(routes), routes=written)
    (folder / "etc" / "main.cf").write_text(main, encoding="utf-8")
    (folder / "etc" / "master.cf").write_text(MASTER.format(port=port), encoding="utf-8")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
