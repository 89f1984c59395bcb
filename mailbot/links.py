"""Everything that mailbot signs: the tokens of links, and the tags of return paths and reply addresses.

Owns the form of tokens and tags. A signature says only that we made it, when, and for what; whether it still works
is decided by the row that its ids name. Keys come from `keyring`; nothing here asks the time or remembers a token.

    token   = purpose letter, key letter, base64url(varints: signed at in ms, ids ...), ".", base64url(HMAC-SHA-256)
    tag     = purpose letter, key letter, base32(40-bit row id, first 80 bits of HMAC-SHA-256), all lower case
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from itsdangerous import Signer
from itsdangerous.signer import SigningAlgorithm

from mailbot.errors import BadLink, ConfigError, Refused
from mailbot.keyring import KeyState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mailbot.keyring import Key, Keyring

LOCAL_PART = 64
"""Octets that the part of an address before the @ may hold (RFC 5321 §4.5.3.1.1)."""

TAG = 26
"""Characters of a tag."""

BASE = 36
"""Characters that the local part may have before separator and tag are added."""

_TOKEN = re.compile(r"([pcisdfwvqgktmnu])([a-z])([A-Za-z0-9_-]{2,100})\.[A-Za-z0-9_-]{43}", re.ASCII)
_TAG = re.compile(r"([br])([a-z])([a-z2-7]{24})", re.ASCII)
_SECRETS = re.compile(
    rb"\.\0?(?:[A-Za-z0-9_-]\0?){43}(?![A-Za-z0-9_-])"  # a token's signature
    rb"|[br]\0?[a-z]\0?(?:[a-z2-7]\0?){24}(?=@|%\0?4\0?0)",  # a tag, in its address
    re.IGNORECASE,
)
"""What makes tokens and tags work, in files of whatever kind; a NUL may follow each octet, as in UTF-16."""

_WRITTEN = re.compile(
    r"((?:/|%2f)\s?[ld]\s?(?:/|%2f))[\w.~-]+|\.[A-Za-z0-9_-]{43}(?![\w-])|(?:%2b|(?<![a-z0-9]))[br][a-z][a-z2-7]{24}(?![a-z0-9])",
    re.ASCII | re.IGNORECASE,
)
_NOT_NUL = re.compile(rb"[^\0]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FORTY_BITS = 1 << 40
_CHECK_BYTES = 10
_MORE = 0x80


class Purpose(StrEnum):
    """What a token is for; its letter opens the token, and no token of one opens as another."""

    PROOF = "p"
    CONFIRM = "c"
    INVOICE = "i"
    SIGN_IN = "s"
    PASS = "d"  # noqa: S105  a download pass, no password
    SEEN = "f"
    SESSION = "w"
    INVITATION = "v"
    PAPER = "q"
    REGISTRATION = "g"
    PASSWORD = "k"  # noqa: S105 -- the letter of a purpose
    MUTE = "m"
    """Stops reminders to an address, for a while or until they are asked for again."""
    SUCCESSOR = "n"
    """Held by whom a recipient named: to receive in his place."""
    UNDO = "u"
    """Held by who was replaced: takes a succession back."""
    TICKET = "t"
    """Carried by the forms of a claim, from a letter's code to the review."""


class TagPurpose(StrEnum):
    """What a tagged address is for; the letters differ from those of `Purpose`."""

    RETURN_PATH = "b"
    REPLY = "r"


@dataclass(frozen=True, slots=True)
class Link:
    """What a genuine token says."""

    purpose: Purpose
    ids: tuple[int, ...]
    signed_at: datetime
    """Aware, UTC, to the millisecond."""
    key: str
    retired: bool
    """True where its key was retired: it may only offer a new link."""


@dataclass(frozen=True, slots=True)
class Tag:
    """What a genuine tag says."""

    purpose: TagPurpose
    row_id: int
    key: str


class Links:
    """Signs and opens with the keys of one keyring, also after these were changed."""

    __slots__ = ("keyring",)

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring

    @property
    def signing_key(self) -> str:
        """Letter of the key that signs from now on."""
        return self.keyring.signing.letter

    def is_live(self, letter: str) -> bool:
        """Tell whether links of a key still open anything."""
        key = self.keyring.keys.get(letter)
        return key is not None and key.state is not KeyState.REVOKED

    def sign(self, purpose: Purpose, *ids: int, at: datetime, key: str | None = None) -> str:
        """Make the token of `ids` as signed at `at` (aware); equal arguments give equal tokens.

        `key` is a letter, the signing key's where it is left out. Any former key signs too, so that a mail of the
        past can be laid out again byte for byte; what a revoked key signs opens nowhere. Raises `Refused` for a
        letter that is not on the ring, `ValueError` for a negative id.
        """
        found = self._key(key)
        payload = _base64url(bytes(_varints(((at - _EPOCH) // _MILLISECOND, *ids))))
        return _signer(found.secret, purpose).sign(f"{purpose}{found.letter}{payload}").decode()

    def open(self, token: str, *purposes: Purpose) -> Link:
        """Read a token.

        Raises `BadLink` for one that we did not make, whose key is unknown or revoked, or that is not for one of
        `purposes` (any purpose will do where none is given).
        """
        found = _TOKEN.fullmatch(token)
        if found is None:
            raise BadLink("this is no link of ours")
        purpose, key = Purpose(found[1]), self._live_key(found[2])
        if purposes and purpose not in purposes:
            raise BadLink("this link is for something else than this page")
        # Whole texts are compared: base64 would ignore the last bits, and a token must have one spelling only.
        if not hmac.compare_digest(_signer(key.secret, purpose).sign(token.partition(".")[0]), token.encode()):
            raise BadLink("this link was not made here, or was changed on its way")
        milliseconds, *ids = _numbers(base64.urlsafe_b64decode(found[3] + "=" * (-len(found[3]) % 4)))
        signed_at = _EPOCH + milliseconds * _MILLISECOND
        return Link(purpose, tuple(ids), signed_at, key.letter, key.state is KeyState.RETIRED)

    def tag(self, purpose: str, row_id: int, *, key: str | None = None) -> str:
        """Make the 26 characters (a `TagPurpose` first) that lead mail back to a row.

        Raises `ValueError` for a row id beyond 40 bits or another purpose, `Refused` for an unknown `key`.
        """
        found, content = self._key(key), _forty_bits(row_id)
        check = _signer(found.secret, TagPurpose(purpose)).check(content)
        return purpose + found.letter + base64.b32encode(content + check).decode().lower()

    def read_tag(self, tag: str) -> Tag:
        """Read a tag in upper or lower case; raises `BadLink` where we did not make it or its key was revoked."""
        found = _TAG.fullmatch(tag.lower())
        if found is None:
            raise BadLink("this is no address of ours")
        purpose, key = TagPurpose(found[1]), self._live_key(found[2])
        content = base64.b32decode(found[3].upper())
        if not hmac.compare_digest(_signer(key.secret, purpose).check(content[:5]), content[5:]):
            raise BadLink("this address was not made here, or was changed on its way")
        return Tag(purpose, int.from_bytes(content[:5], "big"), key.letter)

    def _key(self, letter: str | None) -> Key:
        if letter is None:
            return self.keyring.signing
        if letter not in self.keyring.keys:
            raise Refused(f"there is no key {letter}; there are: {', '.join(self.keyring.keys)}")
        return self.keyring.keys[letter]

    def _live_key(self, letter: str) -> Key:
        key = self.keyring.keys.get(letter)
        if key is None or key.state is KeyState.REVOKED:
            raise BadLink("the key that this was signed with is not in use any more")
        return key


class _HmacSha256(SigningAlgorithm):
    """HMAC-SHA-256 that takes each key in once.

    `hmac.digest` would be shorter, but it gives the interpreter's lock away, and getting it back costs a busy process
    more than the signature.
    """

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        signing = _keyed(key).copy()
        signing.update(value)
        return signing.digest()


@lru_cache(maxsize=512)
def _keyed(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod=hashlib.sha256)


class _Signer(Signer):
    """SHA-256 with HMAC derivation, instead of the library's SHA-1; the key is derived once."""

    def __init__(self, secret: bytes, salt: str) -> None:
        super().__init__(
            secret, salt=salt, key_derivation="hmac", digest_method=hashlib.sha256, algorithm=_HmacSha256()
        )
        self._derived = super().derive_key()

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:  # noqa: ARG002  the library's signature
        return self._derived

    def check(self, content: bytes) -> bytes:
        """Return the truncated HMAC of a tag (RFC 2104 §5: no less than half the hash, nor 80 bits)."""
        return self.algorithm.get_signature(self._derived, content)[:_CHECK_BYTES]


@lru_cache(maxsize=512)
def _signer(secret: bytes, purpose: str) -> _Signer:
    return _Signer(secret, salt=f"mailbot.{purpose}")


def masked(text: str) -> str:
    """Put `***` in the place of whatever looks like a token or a tag: text that goes to others than who was mailed."""
    return _WRITTEN.sub(lambda found: f"{found[1] or ''}***", text)


def overwritten(content: bytes) -> bytes:
    """Write stars over them in a file, which keeps its length, so that places counted in it stay right."""
    return _SECRETS.sub(lambda found: _NOT_NUL.sub(b"*", found[0]), content)


def check_base(local_part: str) -> None:
    """Raise `ConfigError` where a tag would make this local part longer than mail allows."""
    if not 0 < len(local_part) <= BASE:
        raise ConfigError(
            f"the part before the @ of {local_part!r} has {len(local_part)} characters; it needs 1 to {BASE}, "
            f"since a separator and a tag of {TAG} follow it and mail allows {LOCAL_PART}"
        )


def tagged(base: str, tag: str, *, separator: str) -> str:
    """Put a tag into an address: `invoice@example.jp` becomes `invoice+TAG@example.jp`."""
    local, _, domain = base.rpartition("@")
    return f"{local}{separator}{tag}@{domain}"


def tag_of(address: str, base: str, *, separator: str) -> str | None:
    """Return what stands in the place of the tag of a `tagged` address, or `None`; case does not matter."""
    local, _, domain = address.lower().rpartition("@")
    base_local, _, base_domain = base.lower().rpartition("@")
    opening = base_local + separator.lower()
    if domain != base_domain or not local.startswith(opening):
        return None
    return local[len(opening) :]


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _forty_bits(row_id: int) -> bytes:
    if not 0 <= row_id < _FORTY_BITS:
        raise ValueError(f"a tag holds 40 bits; {row_id} does not fit")
    return row_id.to_bytes(5, "big")


def _varints(numbers: Iterable[int]) -> Iterator[int]:
    """Yield the octets of each number, seven bits in one, low ones first; the high bit says that more follow."""
    for number in numbers:
        if number < 0:
            raise ValueError(f"a token holds no negative number: {number}")
        left = number
        while left >= _MORE:
            yield left % _MORE | _MORE
            left //= _MORE
        yield left


def _numbers(octets: bytes) -> Iterator[int]:
    number, weight = 0, 1
    for octet in octets:
        number += octet % _MORE * weight
        weight *= _MORE
        if octet < _MORE:
            yield number
            number, weight = 0, 1
