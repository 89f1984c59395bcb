"""Opening a mailbox: connect, encrypt, sign in, select the folder.

Whatever fails here is said in a sentence that names the remedy. A sign-in that was refused is another error than a
server that cannot be reached: trying it often would lock the account.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from mailbot.domain.policy import Security
from mailbot.edges.imap.bell import Bell
from mailbot.edges.imap.client import Client
from mailbot.edges.imap.session import Session, hang_up
from mailbot.edges.imap.trouble import Declined, Lost, SignInRefused, Unreachable, words
from mailbot.oauth import TokenRefused, TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailbot.edges.imap.account import Account
    from mailbot.oauth import Tokens

_FOR_NOW = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")
"""RFC 5530 §3: the server could not look at a password at all."""


def connect(account: Account, bell: Bell) -> Client:
    """Return a connection to the account's server; raises `Unreachable`. Blocks, as what follows does."""
    try:
        return Client(account, tls=_context(account) if account.security is Security.TLS else None, bell=bell)
    except (IMAPClientError, OSError) as error:
        raise _unreachable(account, error) from error


def probe(account: Account) -> str:
    """Open the mailbox as the door would, and leave it as it is; says how. Raises `Unreachable`, `SignInRefused`."""
    bell = Bell()
    try:
        client = connect(account, bell)
        try:
            session = enter(client, account, bell)
            session.goodbye()
        finally:
            hang_up(client)
    finally:
        bell.close()
    return ", ".join([account.server, *_properties(session)])


def _properties(session: Session) -> Iterator[str]:
    yield session.tls or "not encrypted"
    yield f"signed in, {session.exists} mails in the folder"
    if not session.idles:
        yield "no IDLE, so it is looked into once a minute"
    if not session.writable:
        yield "read only, so mails stay unread there"


def enter(client: Client, account: Account, bell: Bell) -> Session:
    """Encrypt, sign in and select the folder; raises `Unreachable` and `SignInRefused`."""
    try:
        if account.security is Security.STARTTLS:
            client.starttls(_context(account))
        _sign_in(client, account)
    except (IMAPClientError, OSError) as error:
        if _is_refusal(error):
            raise _refused(account, error) from error
        raise _unreachable(account, error) from error
    session = Session(client, account.folder, pace=account.pace, bell=bell)
    try:
        session.select()
    except Declined as error:
        raise Unreachable(
            f"there is no folder {account.folder} on {account.server} that may be read: {error}. Check [imap] folder;"
            " where folders lie below the inbox, it is called INBOX/name or INBOX.name."
        ) from error
    except Lost as error:
        raise _unreachable(account, error) from error
    return session


def _context(account: Account) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=account.cafile)
    except (OSError, ValueError) as error:
        raise Unreachable(
            f"the certificates in {account.cafile} cannot be read: {error}."
            " [imap] cafile must name a readable PEM file."
        ) from error


def _sign_in(client: Client, account: Account) -> None:
    if account.tokens is not None:
        _show_token(client, account, account.tokens)
    elif account.password.isascii():
        client.login(account.username, account.password)
    else:  # LOGIN takes ASCII alone
        client.plain_login(account.username, account.password)


def _show_token(client: Client, account: Account, tokens: Tokens) -> None:
    try:
        token = tokens.token()
        try:
            _xoauth2(client, account.username, token)
        except LoginError as error:
            if not _is_refusal(error):
                raise
            # Revoked or ended before its time: once more, with another one.
            _xoauth2(client, account.username, tokens.token(instead_of=token))
    except TokenRefused as error:
        raise SignInRefused(f"no token to sign in to {account.server} with: {error}") from error
    except TokenUnavailable as error:
        raise Unreachable(f"no token to sign in to {account.server} with: {error}") from error


def _xoauth2(client: Client, username: str, token: str) -> None:
    said = iter((f"user={username}\1auth=Bearer {token}\1\1",))
    # A refusal comes as a challenge first, which wants an empty answer.
    client.sasl_login("XOAUTH2", lambda _: next(said, ""))


def _is_refusal(error: BaseException) -> bool:
    """Tell a refused sign-in from a connection that ended meanwhile, which the library calls so as well."""
    if not isinstance(error, LoginError) or isinstance(error.__context__, IMAPClientAbortError | OSError):
        return False
    return not any(code in str(error).upper() for code in _FOR_NOW)


def _refused(account: Account, error: BaseException) -> SignInRefused:
    where = "oauth" if account.tokens is not None else "the password file"
    return SignInRefused(
        f"{account.server} refused the sign-in of {account.username}: {words(error)}."
        f" Check [imap] username and {where}, and that this mailbox may be read by IMAP."
    )


def _unreachable(account: Account, error: BaseException) -> Unreachable:
    """Say what went wrong and what to do about it; the order is from the particular to the general."""
    server, said = account.server, words(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unreachable(
            f"the certificate of {server} is not trusted: {error.verify_message}. Set [imap] host to a name that the"
            " certificate has, and [imap] cafile to its authority if that is a private one."
        )
    if isinstance(error, ssl.SSLError):
        return Unreachable(
            f"{server} does not speak TLS here: {said}. Check [imap] port and security (993 tls, 143 starttls)."
        )
    if isinstance(error, TimeoutError):
        return Unreachable(f"{server} does not answer: {said}. Check [imap] host and port, and the firewalls between.")
    if isinstance(error, OSError) and not isinstance(error, IMAPClientError):
        return Unreachable(f"{server} cannot be reached: {said}. Check [imap] host and port, and that it is running.")
    return Unreachable(f"{server} does not serve us: {said}. Check [imap] port and security.")
