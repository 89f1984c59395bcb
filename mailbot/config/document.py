"""What is generated from the keys: the README's table, and the commented file that `mailbot init` writes."""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from mailbot.config.sections import Document, key_name
from mailbot.config.values import show

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = """\
# Configuration of mailbot. Every key stands here with its default; take the # away from those that you change.
# Durations are written as "10m", "3d", "1h30m"; paths count from the folder of this file.
# Production wants mailbot.base_url, smtp.host and, for each issuer, code, name and from. `mailbot check` tells.
"""


@dataclass(frozen=True, slots=True)
class Key:
    """One key as a reader of the documentation meets it."""

    section: str
    """`[smtp]`, `[[issuer]]`."""
    name: str
    """`port`, `contact.phone`."""
    default: str
    meaning: str


def keys() -> Iterator[Key]:
    """List all keys in the order of the file."""
    types = get_type_hints(Document)
    for section in fields(Document):
        several = get_args(types[section.name])
        heading = f"[[{section.name}]]" if several else f"[{section.name}]"
        yield from _keys(heading, several[0] if several else types[section.name], "")


def _keys(heading: str, kind: Any, prefix: str) -> Iterator[Key]:  # noqa: ANN401  # typeshed cannot name a dataclass's class
    types = get_type_hints(kind)
    for each in fields(kind):
        name, inner = prefix + key_name(each.name), types[each.name]
        if is_dataclass(inner) and "wanted" not in each.metadata:
            yield from _keys(heading, inner, f"{name}.")
        else:
            yield Key(heading, name, show(_default(each)), each.metadata["meaning"])


def _default(each: Field[Any]) -> object:
    return each.default if each.default is not MISSING else None


def table() -> str:
    """Return the keys as a Markdown table."""
    rows = (f"| `{key.section}` `{key.name}` | `{key.default}` | {key.meaning} |" for key in keys())
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows]) + "\n"


def example() -> str:
    """Return the file with every key in a comment, which reads as an empty one."""
    lines, section = [HEAD], ""
    for key in keys():
        if key.section != section:
            section = key.section
            lines.append(f"\n{'# ' if section == '[[issuer]]' else ''}{section}\n")
        lines.append(f"# {key.name} = {key.default}  # {key.meaning}\n")
    return "".join(lines)
