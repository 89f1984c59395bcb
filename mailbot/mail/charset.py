"""Text out of bytes: everyday Japanese, and every name that a charset is given.

Owns what bytes say whatever their label claims: ISO-2022-JP with NEC and IBM characters (①㈱髙) and half-width kana,
Shift_JIS under any of its names, EUC-JP, raw 8-bit, UTF-8 under a wrong label, labels nobody knows; and the encoded
words of header fields (RFC 2047), the broken ones too. Nothing here raises: what cannot be read becomes U+FFFD.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable
from functools import partial
from urllib.parse import unquote_to_bytes

_Reader = Callable[[bytes], str | None]

LONGEST_LABEL = 64
"""Characters of a charset's name that are looked at."""

_SHIFT_JIS = re.compile(
    r"(x-|cs)?(ms|windows|shift|s)[-_]?(kanji|jis|31j|932)(-?(x?0213|2004))?|(x-)?cp-?(932|943c?)|pck"
)
_EUC_JP = re.compile(r"(x-)?euc[-_]?(jp|jis)([-_]?\w+)*|(x-)?ujis|cp51932|cseuc\w*")
_ISO_2022 = re.compile(r"(cs)?iso-?2022-?jp\S*|jis|cp5022[0-2]|x-windows-5022\S*")
_UTF_7 = re.compile(r"(unicode-1-1-|x-)?utf-?7|csunicode11utf7")
_BYTE_ORDER = (b"\xff\xfe", b"\xfe\xff")
_WIDE = re.compile(r"utf-?(16|32)([lb]e)?|ucs-?[24]")
_KNOWN = re.compile(
    r"(iso-?8859-?\d{1,2}|latin-?\d{1,2}|windows-?125\d|cp\d{3,4}|koi8-?[rut]|tis-?620|mac-?(roman|cyrillic)|johab"
    r"|gb-?2312|gbk|gb18030|big5|big5-?hkscs|euc-?kr|iso-?2022-?(kr|cn)|hz(-gb-2312)?)"
)
_OTHER_NAMES = {
    "gb2312": "gb18030",
    "gb-2312": "gb18030",
    "gbk": "gb18030",
    "hz-gb-2312": "hz",
    "euc-kr": "cp949",
}
"""Where a name is everyday used for more than it means."""

_WESTERN = frozenset({"iso-8859-1", "iso8859-1", "latin1", "latin-1", "windows-1252", "cp1252", "us-ascii", "ascii"})

_ESCAPE = re.compile(rb"\x1b(\$[@AB]|\$\([@ABCDOPQ]|\([BHIJ]|&@)")
_SHIFTS = re.compile(rb"[\x0e\x0f]")
_JIS_MARKS = frozenset({b"$@", b"$B", b"$(@", b"$(B"})
_OTHER_MARKS = {
    b"$(D": ("euc_jp", b"\x8f"),
    b"$(O": ("euc_jis_2004", b""),
    b"$(Q": ("euc_jis_2004", b""),
    b"$(P": ("euc_jis_2004", b"\x8f"),
    b"$A": ("gb2312", b""),
    b"$(A": ("gb2312", b""),
    b"$(C": ("euc_kr", b""),
}
_KANA_MARK = b"(I"
_CLEAN = re.compile(rb"(?:[^\x1b\x0e\x0f\x80-\xff]|\x1b\$B[!-~]++\x1b\(B)*+")
"""ISO-2022-JP as RFC 1468 has it: JIS X 0208 and ASCII again before the line ends."""
_EUC_RUN = re.compile(rb"((?:[\xa1-\xfe][\xa1-\xfe])+)|((?:\x8e[\xa1-\xdf])+)|(?:\x8f[\xa1-\xfe][\xa1-\xfe])+")
_LOWER_LINES, _BEFORE_DEL = 62, 0x5F
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fc\u3001-\u301c]")
_HIRAGANA = re.compile(r"[\u3041-\u3096]{2}")
_HALF_KANA = re.compile(r"[\uff61-\uff9f]")
_TWO_KANJI = re.compile(r"[\u3400-\u9fff]{2}")
_LONG_UTF_8 = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{2}")

_UPPER_HALF = bytes(octet | 0x80 for octet in range(256))
_AS_WINDOWS = str.maketrans(
    "\u00a2\u00a3\u00a5\u00ac\u2014\u2016\u203e\u2212\u301c", "\uffe0\uffe1\uffe5\uffe2\u2015\u2225\uffe3\uff0d\uff5e"
)
"""Where the standard and Windows map a character of JIS X 0208 differently, it reads as Windows has it."""

_NOT_AS_WINDOWS = re.compile("[\u00a2\u00a3\u00a5\u00ac\u2014\u2016\u203e\u2212\u301c]")

_WORD = re.compile(rb"=\?([^?\s\x00-\x20]{1,64})\?([bBqQ])\?([^?]*)(\?=|\?$|$)")
_Q_OCTET = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64 = bytes(set(range(256)) - {*b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"})
_FOLD = re.compile(rb"\r?\n(?=[ \t])|[\r\n\0]")


def decode(content: bytes, label: str = "") -> str:
    """Read bytes as text; `label` is what they claim to be, which is believed only as far as they agree.

    Escape sequences of ISO-2022-JP and well-formed UTF-8 are what they are under every label.
    """
    if not label and b"\x1b" not in content and content.isascii():
        return content.decode("ascii")  # most header fields
    name = label[:LONGEST_LABEL].strip(" \"'\t").lower().replace("_", "-").partition("*")[0]
    if _ESCAPE.search(content) or (_ISO_2022.fullmatch(name) and _SHIFTS.search(content)):
        return _iso_2022_jp(content)
    if _UTF_7.fullmatch(name):
        # It may spell halves of a pair, which are no characters and which nothing could write down.
        return content.decode("utf-7", "replace").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if _WIDE.fullmatch(name) and (b"\0" in content or content.startswith(_BYTE_ORDER)):
        return content.decode(name.replace("ucs-2", "utf-16").replace("ucs-4", "utf-32"), "replace")
    if content.isascii():
        return content.decode("ascii")
    return _eight_bit(content, name)


def header(value: bytes) -> str:
    """Read the value of a header field: unfolded, encoded words decoded, raw 8-bit and raw ISO-2022-JP read too.

    Words of one charset that follow each other are joined before they are read: mailers split characters (against
    RFC 2047 §5). A word that was cut off is read as far as it goes.
    """
    value = _FOLD.sub(b"", value).strip()
    if b"=?" not in value:
        return decode(value)
    return "".join(_runs(value)).strip()


def unfolded(value: bytes) -> str:
    """Read the value of a header field as `header` does, but leave encoded words as they stand."""
    return decode(_FOLD.sub(b"", value).strip())


def parameter(value: str) -> str:
    """Read an extended parameter value (RFC 2231 §4): `iso-2022-jp'ja'%1B$B...`."""
    charset, mark, rest = value.partition("'")
    octets = rest.partition("'")[2] if mark else charset
    return decode(unquote_to_bytes(octets), charset if mark else "")


def _runs(value: bytes) -> list[str]:
    texts: list[str] = []
    run, label, end = b"", "", 0
    for found in _WORD.finditer(value):
        between, end = value[end : found.start()], found.end()
        charset = found[1].decode("ascii", "replace").lower()
        if run and (between.strip() or charset != label):
            texts.append(decode(run, label))
            run = b""
        if between.strip() or not texts:
            texts.append(decode(between))
        run, label = run + _octets(found[2], found[3]), charset
    return [*texts, decode(run, label), decode(value[end:])]


def _octets(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"qQ":
        return _Q_OCTET.sub(lambda found: bytes.fromhex(found[1].decode()), text.replace(b"_", b" "))
    return base64(text)


def base64(text: bytes) -> bytes:
    """Read base64 as far as it goes, whatever stands between and behind it."""
    clean = text.translate(None, _NOT_BASE64)
    clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
    try:
        return a2b_base64(clean + b"=" * (-len(clean) % 4))
    except Base64Error:  # pragma: no cover  only letters of base64 are left, in groups that can be read
        return b""


def _eight_bit(content: bytes, name: str) -> str:
    """Read bytes with the eighth bit set: what the label says stands against what the bytes look like."""
    readers = [*_readers(name), _guess, _western]
    if _is_utf_8(content, name):
        readers.insert(0, _utf_8)
    return next(text for reader in readers if (text := reader(content)) is not None)


def _readers(name: str) -> list[_Reader]:
    """Return who reads what bears this name, the likeliest first."""
    if _SHIFT_JIS.fullmatch(name):
        return [_not_shift_jis, _shift_jis, _euc_jp]
    if _EUC_JP.fullmatch(name) or _ISO_2022.fullmatch(name):
        return [_euc_jp, _shift_jis]
    if name in _WESTERN:
        return [_japanese]
    if _KNOWN.fullmatch(name):
        return [partial(_strict, codec=_OTHER_NAMES.get(name, name))]
    return []


def _is_utf_8(content: bytes, name: str) -> bool:
    """Say whether bytes are UTF-8 for certain.

    One character of EUC-JP, and two half-width kana of Shift_JIS, are well-formed UTF-8 of two octets: under a name
    of theirs there must be a longer one.
    """
    sure = _LONG_UTF_8.search(content) or not (_SHIFT_JIS.fullmatch(name) or _EUC_JP.fullmatch(name))
    return bool(sure) and _utf_8(content) is not None


def _utf_8(content: bytes) -> str | None:
    return _strict(content, "utf-8")


def _strict(content: bytes, codec: str) -> str | None:
    try:
        return content.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _western(content: bytes) -> str:
    return content.decode("cp1252", "replace")


def _guess(content: bytes) -> str | None:
    """Read what is mostly UTF-8, cut off or damaged somewhere, else what may be Japanese."""
    if len(_LONG_UTF_8.findall(content)) * 3 > sum(byte >> 7 for byte in content) // 2:
        return content.decode("utf-8", "replace")
    return _japanese(content)


def _japanese(content: bytes) -> str | None:
    """Read raw Shift_JIS or EUC-JP; `None` where the bytes are neither, or only could be.

    Read as the wrong one of the two, text is full of half-width kana.
    """
    texts = [text for text in (_euc_jp(content), _shift_jis(content)) if text is not None and _is_written(text)]
    return min(texts, key=lambda text: len(_HALF_KANA.findall(text)), default=None)


def _is_written(text: str) -> bool:
    return bool(_KANA.search(text) or _TWO_KANJI.search(text) or len(_HALF_KANA.findall(text)) > len(text) // 2)


def _shift_jis(content: bytes) -> str | None:
    return _strict(content, "cp932")


def _not_shift_jis(content: bytes) -> str | None:
    """Read EUC-JP that is called Shift_JIS: as that it would be half-width kana throughout, and there are hiragana."""
    found, named = _euc_jp(content), _shift_jis(content)
    if found is None or not _HIRAGANA.search(found):
        return None
    return found if named is None or len(_HALF_KANA.findall(named)) > len(found) // 2 else None


def _euc_jp(content: bytes) -> str | None:
    """Read EUC-JP with NEC and IBM characters: its two-byte set is JIS, moved up by 128."""
    texts: list[str] = []
    end = 0
    for found in _EUC_RUN.finditer(content):
        if not content[end : found.start()].isascii():
            return None
        texts += (content[end : found.start()].decode("ascii"), _euc_run(found))
        end = found.end()
    return "".join([*texts, content[end:].decode("ascii")]) if content[end:].isascii() else None


def _euc_run(found: re.Match[bytes]) -> str:
    if found[1]:
        return _jis(found[1])
    if found[2]:
        return found[2].replace(b"\x8e", b"").decode("cp932", "replace")
    return found[0].decode("euc_jp", "replace")


def _jis(pairs: bytes) -> str:
    """Read two-byte JIS, low or high: at once where it is JIS X 0208, else as Windows reads it."""
    try:
        return _as_windows(pairs.translate(_UPPER_HALF).decode("euc_jp"))
    except UnicodeDecodeError:
        return _windows_jis(pairs)


def _as_windows(text: str) -> str:
    return text.translate(_AS_WINDOWS) if _NOT_AS_WINDOWS.search(text) else text


def _windows_jis(pairs: bytes) -> str:
    """Read two-byte JIS by way of Shift_JIS, where Windows put the characters of NEC and IBM."""
    octets = bytearray()
    for row, cell in zip(pairs[::2], pairs[1::2], strict=False):
        line, column = (row & 0x7F) - 0x21, cell & 0x7F
        octets.append((line >> 1) + (0x81 if line < _LOWER_LINES else 0xC1))
        octets.append(column + 0x7E if line & 1 else column + 0x1F + (column > _BEFORE_DEL))
    return octets.decode("cp932", "replace")


def _iso_2022_jp(content: bytes) -> str:
    """Read ISO-2022-JP and its kin (RFC 1468, RFC 1554, RFC 2237, JIS X 0213, half-width kana in three ways).

    Every line begins in ASCII (RFC 1468), whatever a broken one before it left behind.
    """
    if _CLEAN.fullmatch(content) and (text := _strict(content, "iso2022_jp")) is not None:
        return _as_windows(text)  # without NEC's and IBM's characters: most mails
    texts: list[str] = []
    for line in content.splitlines(keepends=True):
        first, *rest = _ESCAPE.split(line)
        texts.append(_single_shifted(first))
        texts += [_set(bytes(mark), text) for mark, text in zip(rest[::2], rest[1::2], strict=True)]
    return "".join(texts)


def _set(mark: bytes, text: bytes) -> str:
    """Read what stands between two escape sequences."""
    if mark in _JIS_MARKS:
        body, end = _line_end(text)
        return _jis(body) + end
    if mark in _OTHER_MARKS:
        codec, before = _OTHER_MARKS[mark]
        body, end = _line_end(text)
        pairs = zip(body[::2], body[1::2], strict=False)
        return b"".join(before + bytes((a | 0x80, b | 0x80)) for a, b in pairs).decode(codec, "replace") + end
    if mark == _KANA_MARK:
        return "".join(chr(byte + 0xFF40) if 0x21 <= byte <= 0x5F else chr(byte) for byte in text)  # noqa: PLR2004
    return _single_shifted(text)


def _line_end(text: bytes) -> tuple[bytes, str]:
    body = text.rstrip(b"\r\n")
    return body.partition(b"\x1b")[0], text[len(body) :].decode("ascii")


def _single_shifted(text: bytes) -> str:
    """Read ASCII with half-width kana as raw octets, or between SO and SI (JIS X 0201)."""
    head, *shifted = text.split(b"\x0e")
    texts = [head.decode("cp932", "replace")]
    for piece in shifted:
        kana, _, rest = piece.partition(b"\x0f")
        texts += (_set(_KANA_MARK, kana), rest.decode("cp932", "replace"))
    return "".join(texts)
