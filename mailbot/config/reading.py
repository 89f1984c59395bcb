"""Reads the TOML file into sections, and says everything that is wrong with it at once.

Owns the faults: each names the file, the key, what is wrong and what to write. cattrs does the walking; it is
imported when a file is read, since most of its 90 ms is of no use to `--help`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mailbot import oauth
from mailbot.config import sections
from mailbot.config.sections import Document, Issuer, key_name
from mailbot.config.values import KINDS, LOCAL_PART_WITH_TAG, Kind, Unfit, show
from mailbot.errors import ConfigError

if TYPE_CHECKING:
    from cattrs import Converter

    Inner = Callable[[Mapping[str, Any], type], object]

SECTIONS = [
    kind
    for kind in vars(sections).values()
    if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == sections.__name__
]
MAX_LOCAL = f"its part before the @ has more than {LOCAL_PART_WITH_TAG} characters, which leaves no room for a tag"

Tables = Mapping[str, Any]


def parse(file: Path) -> dict[str, Any]:
    """Return the tables of a TOML file; raises `ConfigError` where there is none or it is no TOML."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"{file}: there is no such file; name yours with --config, or write one with: mailbot init --config {file}"
        ) from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}; let the user of mailbot read it") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: is not UTF-8 (byte {error.start + 1}); save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: is no TOML: {error}; correct it there") from None


def structure(raw: Tables, *, file: Path, production: bool) -> Document:
    """Turn tables into sections; raises one `ConfigError` that lists every fault, one a line."""
    faults = []
    document = Document()
    try:
        document = _converter(file.absolute().parent).structure(raw, Document)
    except Exception as error:  # noqa: BLE001  # cattrs wraps all of ours in groups; what is none of ours is raised again
        faults = list(_faults(error, ""))
    faults += _contradictions(raw)
    if production:
        said = {fault.partition(": ")[0] for fault in faults}
        faults += [want for want in _wants(raw) if want.partition(": ")[0] not in said]
    if faults:
        raise ConfigError("\n".join(f"{file}: {fault}" for fault in faults))
    return document


def _converter(folder: Path) -> Converter:
    import cattrs  # noqa: PLC0415  # see the module

    converter = cattrs.Converter(detailed_validation=True, forbid_extra_keys=True)
    for wanted, kind in KINDS.items():
        converter.register_structure_hook(cast("type", wanted), partial(_read, kind, folder))
    converter.register_structure_hook_func(lambda kind: kind == tuple[Issuer, ...], partial(_issuers, converter))
    inner = cache(partial(_inner, converter))
    for section in SECTIONS:
        converter.register_structure_hook(section, partial(_table, inner))
    return converter


def _inner(converter: Converter, section: type) -> Inner:
    """Make what structures a section; for one that the file does not hold, that would be lost time at each start."""
    from cattrs.gen import make_dict_structure_fn, override  # noqa: PLC0415  # loaded already by then

    renamed = {each.name: override(rename=key_name(each.name)) for each in fields(section)}
    return make_dict_structure_fn(section, converter, _cattrs_forbid_extra_keys=True, **cast("Any", renamed))


def _read(kind: Kind, folder: Path, value: object, _: object) -> object:
    try:
        found = kind.read(value)
    except Unfit as wrong:
        raise Unfit(f"{show(value)} {wrong}; write {kind.form}") from None
    return folder / found if isinstance(found, Path) else found


def _table(inner: Callable[[type], Inner], value: object, kind: type) -> object:
    if not isinstance(value, Mapping):
        keys = ", ".join(key_name(each.name) for each in fields(kind))
        raise Unfit(f"{show(value)} is no table; write a table with any of the keys {keys}")
    return inner(kind)(value, kind)


def _issuers(converter: Converter, value: object, _: object) -> tuple[Issuer, ...]:
    if not isinstance(value, list):
        raise Unfit("is one table; write [[issuer]], with two brackets, since there may be several")
    return tuple(converter.structure(value, list[Issuer]))


def _faults(error: BaseException, path: str) -> Iterator[str]:
    """Flatten what cattrs raised: groups within groups, each noting an attribute or an index."""
    from cattrs import errors  # noqa: PLC0415  # loaded already by then

    if isinstance(error, errors.BaseValidationError):
        for inner in error.exceptions:
            yield from _faults(inner, _deeper(path, getattr(inner, "__notes__", ())))
    elif isinstance(error, errors.ForbiddenExtraKeysError):
        yield from (_unknown(path, name, error.cl) for name in sorted(error.extra_fields))
    elif isinstance(error, Unfit):
        yield f"{path}: {error}"
    else:
        raise error


def _deeper(path: str, notes: tuple[object, ...]) -> str:
    for note in notes:
        if (name := getattr(note, "name", None)) is not None:
            return f"{path}.{key_name(name)}".lstrip(".")
        if (index := getattr(note, "index", None)) is not None:
            return f"{path}[{int(index) + 1}]"
    return path


def _unknown(path: str, name: str, kind: type) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  # only where there is a fault

    known = [key_name(each.name) for each in fields(kind)]
    close = get_close_matches(name, known, n=1)
    remedy = f"did you mean {close[0]}?" if close else f"known here are {', '.join(known)}"
    return f"{path}.{name}: is unknown; {remedy}".lstrip(".")


def _at(raw: object, *path: str) -> object:
    for step in path:
        raw = raw.get(step) if isinstance(raw, Mapping) else None
    return raw


def _issuer_tables(raw: Tables) -> list[object]:
    found = raw.get("issuer")
    return found if isinstance(found, list) else []


def _wants(raw: Tables) -> Iterator[str]:
    """Name what production cannot do without and the sandbox can."""
    for section in ("mailbot", "smtp"):
        kind = next(each for each in fields(Document) if each.name == section)
        yield from _missing(_at(raw, section), section, cast("type", kind.default_factory))
    if _at(raw, "imap", "host") and not _at(raw, "inbound", "address"):
        yield 'inbound.address: is missing, so nobody knows where to reply to; write address = "reply@x.example"'
    elif _at(raw, "inbound", "listen") and not _at(raw, "inbound", "address"):
        yield 'inbound.address: is missing, and the listener takes mail for it only; write address = "reply@x.example"'
    if not _issuer_tables(raw):
        yield "issuer: there is none; write [[issuer]] with at least code, name and from"
    for number, table in enumerate(_issuer_tables(raw), start=1):
        yield from _missing(table, f"issuer[{number}]", Issuer)


def _missing(table: object, path: str, kind: type) -> Iterator[str]:
    for each in fields(kind):
        name, wanted = key_name(each.name), each.metadata.get("wanted")
        if wanted and _at(table, name) in (None, ""):
            yield f"{path}.{name}: is missing; write {name} = {wanted}"


def _contradictions(raw: Tables) -> Iterator[str]:
    """Name what each key may say and all together may not."""
    seen: set[object] = set()
    for number, table in enumerate(_issuer_tables(raw), start=1):
        code = str(_at(table, "code") or Issuer().code).upper()
        if code in seen:
            yield f"issuer[{number}].code: {show(code)} is there twice; give each issuer its own"
        seen.add(code)
    for section in ("smtp", "imap"):
        yield from _oauth_faults(raw, section)
    if _at(raw, "imap", "host") and not _at(raw, "imap", "username"):
        yield 'imap.username: is missing, and nobody reads a mailbox without; write username = "reply@example.com"'
    address = _at(raw, "inbound", "address")
    if isinstance(address, str) and len(address.partition("@")[0]) > LOCAL_PART_WITH_TAG:
        yield f"inbound.address: {MAX_LOCAL}; use a shorter one"


def _oauth_faults(raw: Tables, section: str) -> Iterator[str]:
    url, key = _at(raw, section, "oauth", "token_url"), f"{section}.oauth"
    if not url or not isinstance(url, str):
        return
    if wrong := oauth.fault(url):
        yield f'{key}.token_url: {show(url)} {wrong}; write token_url = "https://login.example.com/token"'
    for path in ((section, "oauth", "client_id"), (section, "username")):
        if not _at(raw, *path):
            yield f"{'.'.join(path)}: is missing, and tokens want it; write what the provider gave you"
    if _at(raw, section, "password_file"):
        yield f"{section}.password_file: is there as well as {key}; keep one of the two"
