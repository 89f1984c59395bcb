"""A private Dovecot: IMAP, IMAPS and LMTP on loopback, as root or not; a test may kill or freeze its processes.

Any user name will do, the password is `secret`. Owns the processes: whatever was started here has ended with `close`.
"""

from __future__ import annotations

import contextlib
import getpass
import grp
import os
import pwd
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import imapclient
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import trustme

PROGRAM = shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/sbin")
MODULES = Path("/usr/lib/dovecot")
PASSWORD = "secret"  # noqa: S105  # of a server on loopback that lives for seconds

CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
instance_name = {name}
protocols = imap lmtp
listen = 127.0.0.1
disable_plaintext_auth = no
auth_mechanisms = plain login
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%n
mail_uid = {owner}
mail_gid = {owner_group}
lda_mailbox_autocreate = yes
ssl = {ssl}
{certificate}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner_group} home={folder}/mail/%n allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  {chroot}
  process_min_avail = 1
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service anvil {{
  {chroot}
}}
service stats {{
  {chroot}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@mailbox.test
}}
"""


class Dovecot:
    """A server in a folder of its own."""

    def __init__(self, authority: trustme.CA | None = None) -> None:
        """Write the configuration; with an `authority` the server has a certificate of `127.0.0.1`."""
        if PROGRAM is None or not (MODULES / "imap").exists() or not (MODULES / "lmtp").exists():
            pytest.skip("Dovecot is not installed, or without dovecot-imapd or dovecot-lmtpd")
        # Not below pytest's folder, which only its owner may enter: the mails belong to somebody else if we are root.
        self.folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self.folder.chmod(0o755)
        self.imap, self.imaps, self.lmtp = _free_ports(3)
        self._process: subprocess.Popen[bytes] | None = None
        certificate = "" if authority is None else _certificate(authority, self.folder)
        self._write(certificate)

    def _write(self, certificate: str) -> None:
        root = os.geteuid() == 0
        me = getpass.getuser() if not root else "root"
        owner = pwd.getpwnam("nobody" if root else me)
        mails = self.folder / "mail"
        mails.mkdir()
        if root:
            os.chown(mails, owner.pw_uid, owner.pw_gid)
        values = {
            "folder": self.folder,
            "name": self.folder.name,
            "internal": "dovecot" if root else me,
            "internal_group": "dovecot" if root else grp.getgrgid(owner.pw_gid).gr_name,
            "login": "dovenull" if root else me,
            "owner": owner.pw_uid,
            "owner_group": owner.pw_gid,
            "chroot": "" if root else "chroot =",  # which only root may do
            "ssl": "yes" if certificate else "no",
            "certificate": certificate,
            "password": PASSWORD,
            "imap": self.imap,
            "imaps": self.imaps if certificate else 0,
            "lmtp": self.lmtp,
        }
        (self.folder / "dovecot.conf").write_text(CONFIG.format(**values), encoding="ascii")

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Start it, and return when it greets."""
        assert PROGRAM is not None
        self._process = subprocess.Popen(
            [PROGRAM, "-F", "-c", str(self.folder / "dovecot.conf")],
            start_new_session=True,  # one group, to be killed and frozen as a whole
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _until("Dovecot greets", lambda: _greets(self.imap) and _greets(self.lmtp), lambda: self.log)

    def kill(self) -> None:
        """Kill all its processes, as a crash of the machine would."""
        assert self._process is not None
        self._signal(signal.SIGKILL)
        self._process.wait(10)
        self._process = None
        _until("the port is free", lambda: not _listens(self.imap), lambda: self.log)

    def freeze(self) -> None:
        """Have it answer nothing any more, with all connections open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        if self._process is not None:
            self._signal(signal.SIGCONT)
            self.kill()
        shutil.rmtree(self.folder)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def deliver(self, mail: bytes, *to: str) -> None:
        """Deliver a mail by LMTP, as a mail server would."""
        with smtplib.LMTP("127.0.0.1", self.lmtp, timeout=10) as lmtp:
            refused = lmtp.sendmail("", [f"{name}@mailbox.test" for name in to], mail)
        assert not refused

    @contextlib.contextmanager
    def client(self, user: str, folder: str = "INBOX") -> Iterator[imapclient.IMAPClient]:
        """Another program that looks into a mailbox."""
        with imapclient.IMAPClient("127.0.0.1", self.imap, ssl=False, timeout=10) as client:
            client.login(user, PASSWORD)
            client.select_folder(folder)
            yield client

    def unseen(self, user: str, folder: str = "INBOX") -> int:
        """Count the mails that nobody marked as read."""
        with self.client(user, folder) as client:
            return len(client.search("UNSEEN"))


@contextlib.contextmanager
def dovecot(authority: trustme.CA | None = None) -> Iterator[Dovecot]:
    """Return a server that runs until the end of the block."""
    server = Dovecot(authority)
    try:
        server.start()
        yield server
    finally:
        server.close()


def _certificate(authority: trustme.CA, folder: Path) -> str:
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    return f"ssl_cert = <{folder}/cert.pem\nssl_key = <{folder}/key.pem"


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            return bool(connection.recv(1))
    except (OSError, ssl.SSLError):
        return False


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _until(what: str, condition: Callable[[], bool], log: Callable[[], str]) -> None:
    end = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {what}\n{log()}"
        time.sleep(0.02)
