"""A customer with a browser, for the demo: reads mails in the sandbox, opens pages, presses buttons.

Speaks real HTTP to the running daemon and knows no more than a browser would: the links that stand in mails, the
form that stands in a page.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

from mailbot.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 30
TYPED = frozenset({"hidden", "text", "tel", "email"})
LINK = re.compile(r"https?://\S+?/l/\S+")


@dataclass(frozen=True, slots=True)
class Page:
    """What a browser got."""

    url: str
    content: bytes
    type: str

    @property
    def form(self) -> dict[str, str]:
        """What the main form sends where nothing was typed or chosen."""
        reader = _Form()
        reader.feed(self.content.decode())
        return reader.fields


class _Form(HTMLParser):
    """Collects the fields of `<form id="act">`, with what stands in them."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a field of the main form."""
        values = dict(attrs)
        if tag == "form":
            self._inside = values.get("id") == "act"
        elif tag == "input" and self._inside and values.get("type") in TYPED:
            self.fields[values.get("name") or ""] = values.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        """Leave the form."""
        self._inside = self._inside and tag != "form"


class Visitor:
    """One person with one browser."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))

    def open(self, url: str) -> Page:
        """Get a page; raises `OSError` (`HTTPError` among them)."""
        return self._ask(url, None)

    def press(self, page: Page, **typed: str) -> Page:
        """Press the main button of a page with what was typed into its fields, and follow where it leads."""
        return self._ask(page.url, {**page.form, **typed})

    def _ask(self, url: str, form: Mapping[str, str] | None) -> Page:
        data = None if form is None else urlencode(form).encode()
        with self._opener.open(url, data, timeout=SECONDS) as answer:
            return Page(answer.geturl(), answer.read(), answer.headers.get_content_type())

    def answer(self, mail: Mapping[str, Any], **form: str) -> str:
        """Answer a mail in the sandbox, and return the address of the page that says what mailbot made of it."""
        return self._ask(f"{self._base}/sandbox/{mail['id']}/answer", form).url

    def mails(self) -> list[dict[str, Any]]:
        """List the mails in the sandbox, newest first."""
        found: list[dict[str, Any]] = json.loads(self.open(f"{self._base}/sandbox?format=json&limit=200").content)
        return found

    def link_in(self, mail: Mapping[str, Any]) -> str:
        """Return the main link of a mail; raises `Refused` where it has none."""
        text: str = json.loads(self.open(f"{self._base}/sandbox/{mail['id']}?format=json").content)["text"]
        found = LINK.search(text)
        if found is None:
            raise Refused(f"the mail {mail['subject']} has no link")
        return found[0]
