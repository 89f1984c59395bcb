"""Templates and words: what is wrong with them is said when the app is built."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from markupsafe import Markup
from web_site import ISSUER, TEMPLATES

from mailbot.domain.policy import Contact, Issuer, Spoken
from mailbot.edges.web.moments import date_html, moment_html
from mailbot.edges.web.pages import Pages
from mailbot.edges.web.words import load_words
from mailbot.errors import TemplateError

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 20, 3, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Reached:
    """Anything that leads to an issuer."""

    issuer: Issuer


def test_an_issuers_file_shadows_ours(tmp_path: Path) -> None:
    (tmp_path / "words.ja.toml").write_text('[home]\ntitle = "みなと商事のご請求書"\n', encoding="utf-8")
    (tmp_path / "home.html.j2").write_text("{{ t('home.title') }} {{ t('home.text') }} {{ visitor }}", encoding="utf-8")
    page = Pages([tmp_path, TEMPLATES]).render("home", "ja", visitor="<b>")
    assert page.startswith("みなと商事のご請求書 請求書のご案内メール")
    assert page.endswith("&lt;b&gt;")


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("home.html.j2", "one\n{% if %}", r"home\.html\.j2:2: "),
        ("words.en.toml", "[home\n", r"words\.en\.toml"),
        ("words.en.toml", '[more]\nword = "only in English"\n', r"words\.ja\.toml: no sentence for more\.word"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, file: str, text: str, said: str) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(TemplateError, match=said):
        Pages([tmp_path, TEMPLATES])


def test_a_folder_without_a_style_is_refused(tmp_path: Path) -> None:
    for locale in ("ja", "en"):
        (tmp_path / f"words.{locale}.toml").write_text("", encoding="utf-8")
    with pytest.raises(TemplateError, match=r"style\.css"):
        Pages([tmp_path])


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home.html.j2").write_text("{{ nobody }}", encoding="utf-8")
    with pytest.raises(TemplateError, match="nobody"):
        Pages([tmp_path, TEMPLATES]).render("home", "ja")


def test_a_page_calls_an_issuer_as_its_language_does(tmp_path: Path) -> None:
    """Whether it is the page's own, one of several, or stands in a list."""
    (tmp_path / "home.html.j2").write_text(
        "{{ issuer.name }} {{ issuer.contact.phone }} {{ rows[0].issuer.contact.name }}"
        "{% for each in issuers %} {{ each.name }}{% endfor %} {{ issuer.code }}",
        encoding="utf-8",
    )
    ours = replace(
        ISSUER,
        contact=Contact(name="経理部", phone="03-0000-0000"),
        en=Spoken(name="Minato Trading", contact=Contact(name="Billing")),
    )
    pages = Pages([tmp_path, TEMPLATES])
    values = {"issuer": ours, "issuers": [ours], "rows": [Reached(ours)]}
    assert pages.render("home", "en", **values) == "Minato Trading 03-0000-0000 Billing Minato Trading minato"
    assert pages.render("home", "fr", **values) == pages.render("home", "en", **values)
    assert pages.render("home", "ja", **values) == f"{ours.name} 03-0000-0000 経理部 {ours.name} minato"


def test_a_name_that_ends_in_a_full_stop_ends_its_sentence() -> None:
    words = load_words([TEMPLATES])["en"]
    assert words("addresses.issuer", issuer="Aoba K.K.") == "These addresses receive the invoices of Aoba K.K."
    assert words("addresses.issuer", issuer="Aoba") == "These addresses receive the invoices of Aoba."


def test_values_are_escaped_and_missing_ones_named() -> None:
    words = load_words([TEMPLATES])["en"]
    assert words("renewed.text", email="<i>") == Markup(
        "We have sent a new mail to &lt;i&gt;. Please open the link in it. You may close this page."
    )
    firm = words("decline.review", issuer="Aoba Trading Co., Ltd.")
    assert "Aoba Trading Co., Ltd. If that is right" in firm, "a name that ends with a full stop has one"
    with pytest.raises(TemplateError, match=r"nothing\.here"):
        words("nothing.here")
    with pytest.raises(TemplateError, match="email"):
        words("renewed.text", name="x")


@pytest.mark.parametrize(
    ("zone", "locale", "text"),
    [
        ("Asia/Tokyo", "ja", "2026年11月20日(金) 12:05"),
        ("Europe/Berlin", "ja", "2026年11月20日(金) 04:05 CET"),
        ("Asia/Tokyo", "en", "20 November 2026, 12:05 JST"),
    ],
)
def test_moments_are_local_and_exact(zone: str, locale: str, text: str) -> None:
    assert moment_html(NOON, zone, locale) == f'<time datetime="2026-11-20T03:05:00.000Z">{text}</time>'


def test_dates() -> None:
    assert date_html("2026-12-31", "ja") == '<time datetime="2026-12-31">2026年12月31日</time>'
    assert date_html("2026-12-01", "en") == '<time datetime="2026-12-01">1 December 2026</time>'
