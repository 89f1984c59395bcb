"""What mails say, in both parts, whatever the values are."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot import stationery
from mailbot.errors import TemplateError
from mailbot.mail.edition import Edition
from mailbot.mail.render import KINDS, LOCALES, Renderer, plain_values
from mailbot.mail.sample import samples

settings.register_profile("patient", deadline=None)  # another program may have the processor for a while
settings.load_profile("patient")

EVERY = [(kind, locale) for kind in KINDS for locale in LOCALES]
TO_STAFF = frozenset({"staff", "approval", "decline"})
CONTACT = ("経理部 請求書担当", "03-1234-5678", "平日 9:00〜17:00", "billing@aoba.example.jp", "T1234567890123")
HOSTILE = '"><script>x</script>\r\nBcc: x@example.jp\0 https://evil.example/l/ia {{ 7*7 }} {% raw %}\u2028\u202e'


@pytest.fixture(scope="module")
def edition() -> Edition:
    return Edition({"templates": stationery.load("mail"), "base_url": "https://invoice.example.jp"})


@pytest.fixture(scope="module")
def renderer(edition: Edition) -> Renderer:
    return Renderer(edition)


def _links(context: dict[str, Any]) -> list[str]:
    shown = [context["link"]] if context.get("link") else []
    invoices = context.get("invoices") or ([context["invoice"]] if "invoice" in context else [])
    last = [context["mute"]["link"]] if "mute" in context else []
    return shown + [invoice["link"] for invoice in invoices if "link" in invoice] + last


def _with_values(context: Any, value: str) -> Any:  # noqa: ANN401  any JSON
    """Put `value` in the place of every text but the links."""
    if isinstance(context, dict):
        return {
            name: inner if name in {"link", "locale", "redirected"} else _with_values(inner, value)
            for name, inner in context.items()
        }
    if isinstance(context, list):
        return [_with_values(inner, value) for inner in context]
    return value if isinstance(context, str) and context else context


@pytest.mark.parametrize(("kind", "locale"), EVERY)
def test_the_first_link_of_the_text_is_the_main_action(renderer: Renderer, kind: str, locale: str) -> None:
    for context in samples(kind, locale):
        rendered = renderer.render(kind, locale, context)
        links = _links(dict(context))
        assert re.findall(r"https?://\S+/l/\S+", rendered.text) == links
        assert all(f'href="{link}"' in rendered.html for link in links)
        assert all(link in rendered.text.split("\n") for link in links)


@pytest.mark.parametrize(("kind", "locale"), EVERY)
def test_every_mail_names_the_contact_and_the_record(renderer: Renderer, kind: str, locale: str) -> None:
    rendered = renderer.render(kind, locale, samples(kind, locale)[0])
    for part in (rendered.text, rendered.html):
        assert "AOBA-1234-ab12cd34" in part
        # Its own staff is not told to ring itself up.
        assert {value in part for value in CONTACT} == {kind not in TO_STAFF}


@pytest.mark.parametrize(("kind", "locale"), EVERY)
def test_replying_is_mentioned_only_where_it_is_heard(renderer: Renderer, kind: str, locale: str) -> None:
    said = {"ja": "返信", "en": "reply"}[locale]
    for context in samples(kind, locale):
        rendered = renderer.render(kind, locale, context)
        # Staff is told how to answer a forwarded mail, whatever is heard.
        expected = kind == "forward" or (context["can_reply"] and kind not in TO_STAFF)
        assert (said in rendered.text) == (said in rendered.html) == expected


@pytest.mark.parametrize(("kind", "locale"), EVERY)
def test_a_rehearsal_says_so(renderer: Renderer, kind: str, locale: str) -> None:
    rehearsed = renderer.render(kind, locale, {**samples(kind, locale)[0], "redirected": "taro@example.jp"})
    assert rehearsed.subject.startswith("[→ taro@example.jp] ")
    assert "taro@example.jp" in rehearsed.text.split("\n\n")[0]
    assert "taro@example.jp" in rehearsed.html
    assert "→" not in renderer.render(kind, locale, samples(kind, locale)[0]).subject


@pytest.mark.parametrize(("kind", "locale"), EVERY)
def test_the_html_part_is_light_and_needs_nothing_from_elsewhere(renderer: Renderer, kind: str, locale: str) -> None:
    for context in samples(kind, locale):
        html = renderer.render(kind, locale, context).html
        assert len(html.encode()) < 12_000
        assert f'<html lang="{locale}">' in html
        assert not re.search(r"<img|<script|<link|url\(|src=", html)
        pages = {context["claim"]} if context.get("what") in {"misread", "redeem_wrong"} else set()
        assert set(re.findall(r'https?://[^\s"<]+', html)) == set(_links(dict(context))) | pages


@pytest.mark.parametrize(("kind", "locale"), EVERY)
def test_hostile_values_stay_text(renderer: Renderer, kind: str, locale: str) -> None:
    for context in samples(kind, locale):
        rendered = renderer.render(kind, locale, _with_values(dict(context), HOSTILE))
        assert rendered.subject.isprintable()
        assert "<script" not in rendered.html
        assert "49" not in rendered.text
        assert "\r" not in rendered.text + rendered.html
        assert "\nBcc" not in rendered.text
        assert re.findall(r"https?://\S+/l/\S+", rendered.text) == _links(dict(context))


@given(value=st.text(max_size=60))
def test_any_value_leaves_one_line_and_our_links(renderer: Renderer, value: str) -> None:
    context = _with_values(dict(samples("notice", "ja")[0]), value)
    rendered = renderer.render("notice", "ja", context)
    assert "\n" not in rendered.subject
    assert "\r" not in rendered.subject
    assert re.findall(r"https?://\S+/l/\S+", rendered.text)[:1] == _links(context)[:1]
    (rendered.subject + rendered.text + rendered.html).encode()


def test_values_keep_what_harms_nobody() -> None:
    context = {"name": "山田\u3000太郎 ㈱①髙", "n": 3, "none": None, "rows": [["a", "b/c"]], "link": "https://x.jp/l/a"}
    assert plain_values(context) == context


def test_a_value_called_link_that_is_none_of_ours_is_made_plain() -> None:
    assert plain_values({"link": "https://x.jp/l/a\nhttps://y.jp"}) == {"link": "https://x.jp/ l/a https://y.jp"}


def test_a_context_is_left_as_it_was(renderer: Renderer) -> None:
    context = {**samples("notice", "ja")[0], "to": "a\nb"}
    before = repr(context)
    renderer.render("notice", "ja", context)
    assert repr(context) == before


def test_a_reminder_in_doubt_has_other_words(renderer: Renderer) -> None:
    sure, doubtful = (
        renderer.render("reminder", "ja", {**samples("reminder", "ja")[0], "doubtful": doubtful})
        for doubtful in (False, True)
    )
    assert "自動的" in doubtful.text
    assert "自動的" not in sure.text
    assert doubtful.subject != sure.subject


def test_firms_and_persons_are_addressed_each_their_way(renderer: Renderer) -> None:
    context = {**samples("notice", "ja")[0]}
    assert "\n株式会社みどり製作所 御中\n" in renderer.render("notice", "ja", context).text
    context["customer"] = {"code": "2", "name": "山田 太郎"}
    assert "\n山田 太郎 様\n" in renderer.render("notice", "ja", context).text


def test_a_contact_without_a_telephone_leaves_no_empty_line(renderer: Renderer) -> None:
    text = renderer.render("notice", "ja", samples("notice", "ja")[2]).text
    assert "電話" not in text
    assert "【お問い合わせ先】\n青葉商事株式会社\n記録番号" in text


def test_a_key_may_be_called_like_a_method() -> None:
    sources = {
        "layout.txt.j2": "",
        "layout.html.j2": "",
        "x.en.j2": "{% block subject %}s{% endblock %}{{ d.items }}",
    }
    assert Renderer(Edition({"templates": sources})).render("x", "en", {"d": {"items": "i"}}).text == "si\n"


def test_a_kind_without_a_template_is_refused(renderer: Renderer) -> None:
    with pytest.raises(TemplateError, match="carrier_pigeon"):
        renderer.render("carrier_pigeon", "ja", {})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{{ 1 / 0 }}", "x.en.j2, line 2: division by zero"),
        ("{{ who }}", "x.en.j2, line 2: unknown name 'who'"),
        ("{{ issuer.nmae }}", "x.en.j2, line 2: unknown name 'nmae'; there are: name"),
        ("{{ who | addressed }}", "x.en.j2, line 2: unknown name 'who'"),
        ("{{ issuer.name.upper(3) }}", "x.en.j2, line 2: "),
        ("{{ bold(who) }}", "x.en.j2, line 2: "),
        ("{{ say.bold(who) }}", "x.en.j2, line 2: unknown name 'who'"),
        ("{{ say.own() }}", "x.en.j2, line 2: unknown name 'nothing'"),
        ("{% if %}", "x.en.j2, line 2: "),
        ("{% include 'y' %}", "y: there is no such template"),
    ],
)
def test_a_fault_is_named_with_its_place(body: str, said: str) -> None:
    layout = "{% macro bold(words) %}\n<b>{{ words }}</b>{% endmacro %}{% macro own() %}{{ nothing }}{% endmacro %}"
    source = "{% block subject %}s{% endblock %}\n" + body
    edition = Edition({"templates": {"layout.txt.j2": layout, "layout.html.j2": layout, "x.en.j2": source}})
    with pytest.raises(TemplateError) as caught:
        Renderer(edition).render("x", "en", {"issuer": {"name": "n"}})
    assert str(caught.value).startswith(said)


def test_a_fault_in_a_layout_that_nobody_called_is_the_layouts() -> None:
    edition = Edition({"templates": {"layout.txt.j2": "\n{{ who }}", "layout.html.j2": "", "x.en.j2": ""}})
    with pytest.raises(TemplateError, match=r"layout\.txt\.j2, line 2"):
        Renderer(edition).render("x", "en", {})


def test_another_process_says_the_same(edition: Edition, renderer: Renderer) -> None:
    program = (
        "import sys, hashlib\nfrom mailbot.mail.edition import Edition\nfrom mailbot.mail.render import Renderer\n"
        "from mailbot.mail.sample import samples\n"
        "r = Renderer(Edition.read(sys.stdin.read())).render('reminder', 'ja', samples('reminder', 'ja')[3])\n"
        "print(hashlib.sha256(repr(r).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=edition.text.encode(),
            capture_output=True,
            check=True,
            timeout=60,
            env={"PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
        ).stdout
        for seed in ("1", "2")
    }
    import hashlib  # noqa: PLC0415  the same expression as in the program above

    ours = hashlib.sha256(repr(renderer.render("reminder", "ja", samples("reminder", "ja")[3])).encode()).hexdigest()
    assert digests == {f"{ours}\n".encode()}
