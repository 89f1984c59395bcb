"""An edition: everything outside of a row that a mail's bytes depend on.

Owns the one textual form of it (canonical JSON) and its digest. A mail names the edition that it was laid out with,
so that its bytes can be laid out again years later, when templates and issuers' cards have changed.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Edition:
    """Template sources, issuers' cards, base URL and the like.

    `content` is anything JSON can hold, with `templates` (source by file name) among it; what is read back from
    `text` is equal in all respects.
    """

    __slots__ = ("content", "digest", "text")

    def __init__(self, content: Mapping[str, object]) -> None:
        self.text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        """Canonical JSON: keys in order, no spaces, UTF-8."""
        self.digest = hashlib.sha256(self.text.encode()).hexdigest()
        """SHA-256 of `text`, in hexadecimal."""
        self.content: Mapping[str, Any] = json.loads(self.text)

    @classmethod
    def read(cls, text: str) -> Edition:
        """Read what `text` of an edition holds; raises `ValueError` where it is no JSON."""
        return cls(json.loads(text))

    @property
    def templates(self) -> Mapping[str, str]:
        """Template sources by file name, such as `notice.ja.j2`."""
        found: Mapping[str, str] = self.content["templates"]
        return found
