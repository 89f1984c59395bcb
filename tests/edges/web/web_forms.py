"""Forms as a browser without scripts has them: what a page sends where, and with which values."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpx


@dataclass(slots=True)
class Form:
    """One form of a page, filled in as it came."""

    action: str
    method: str
    id: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self.forms: list[Form] = []
        self._open: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(at.get("action") or self._path, at.get("method", "get"), at.get("id", ""))
            self.forms.append(self._open)
        elif self._open is not None and tag == "button":
            self._open.buttons.append((at.get("name", ""), at.get("value", "")))
        elif self._open is not None and tag == "input" and "name" in at:
            self._input(self._open, at)

    def _input(self, form: Form, at: dict[str, str]) -> None:
        if at.get("type") in ("radio", "checkbox"):
            form.choices.setdefault(at["name"], []).append(at["value"])
            if "checked" not in at:
                return
        form.fields[at["name"]] = at.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


def forms(page: httpx.Response) -> list[Form]:
    reader = _Reader(urlsplit(str(page.url)).path)
    reader.feed(page.text)
    return reader.forms


def main_form(page: httpx.Response) -> Form:
    found = [form for form in forms(page) if form.id == "act"]
    assert len(found) == 1, page.text
    return found[0]


async def press(browser: httpx.AsyncClient, page: httpx.Response, go: str = "", **typed: str) -> httpx.Response:
    """Fill in the page's main form and press the button whose value is `go` (without: the one that has no name)."""
    return await press_in(browser, main_form(page), go, **typed)


async def press_in(browser: httpx.AsyncClient, form: Form, go: str = "", **typed: str) -> httpx.Response:
    for name, value in typed.items():
        assert name in form.fields or value in form.choices.get(name, ()), (name, value, form)
    buttons = [button for button in form.buttons if button[1] == go]
    assert buttons, (go, form.buttons)
    pressed = {name: value for name, value in buttons[:1] if name}
    return await browser.post(form.action, data={**form.fields, **typed, **pressed})
