"""Templates are refused at start, with file, line and name, and not when a mail is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailbot import stationery
from mailbot.errors import TemplateError
from mailbot.mail.edition import Edition
from mailbot.mail.proofread import check

if TYPE_CHECKING:
    from mailbot.mail.render import Renderer


@pytest.fixture(scope="module")
def edition() -> Edition:
    return Edition({"templates": stationery.load("mail"), "base_url": "https://invoice.example.jp"})


def _faults(templates: dict[str, str]) -> list[str]:
    with pytest.raises(TemplateError) as caught:
        check(Edition({"templates": templates}))
    return str(caught.value).split("\n")


def _with(edition: Edition, name: str, old: str, new: str) -> dict[str, str]:
    assert old in edition.templates[name]
    return {**edition.templates, name: edition.templates[name].replace(old, new, 1)}


def test_our_own_templates_pass(edition: Edition) -> None:
    renderer: Renderer = check(edition)
    assert renderer


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("notice.ja.j2", "{{ customer.name", "{{ customer.nmae", "line 6: unknown name 'nmae'; there are: code, name"),
        (
            "notice.ja.j2",
            "{{ customer.name",
            "{{ custmer.name",
            "line 6: unknown name 'custmer'; there are: again, can_reply, ",
        ),
        (
            "reminder.ja.j2",
            "{% if doubtful %}",
            "{% if step > 99 %}{{ dubtful }}{% elif doubtful %}",
            "line 3: unknown name 'dubtful'",
        ),
        ("invoice.ja.j2", "invoice.amount", "invoice.amout", "line 3: unknown name 'amout'; there are: amount, "),
        ("frame.en.j2", "{{ ledger", "{{ ledgr", "line 30: unknown name 'ledgr'; there are: can_reply, "),
        ("frame.en.j2", "{% if redirected", "{% if redirected and", "line 3: unexpected 'end of statement block'"),
        ("sign_in.en.j2", "minutes", "minutes | lower_case", "line 10: No filter named 'lower_case'."),
        ("layout.html.j2", "{{ url }}", "{{ ulr }}", "line 54: unknown name 'ulr'; there are: "),
        ("layout.html.j2", "macro note", "macro nte", None),
        ("layout.txt.j2", "{% endmacro %}", "", None),
    ],
)
def test_a_fault_names_file_line_and_name(edition: Edition, name: str, old: str, new: str, said: str | None) -> None:
    first = _faults(_with(edition, name, old, new))[0]
    if said is None:
        assert first.startswith(name)
    else:
        assert first.startswith(f"{name}, {said}")


def test_a_missing_building_block_is_named(edition: Edition) -> None:
    assert _faults(_with(edition, "layout.html.j2", "macro note", "macro nte")) == [
        "layout.html.j2: it has no macro note"
    ]


def test_missing_templates_are_listed(edition: Edition) -> None:
    templates = dict(edition.templates)
    del templates["proof.en.j2"], templates["staff.ja.j2"]
    assert _faults(templates) == [f"{name}: there is no such template" for name in ("proof.en.j2", "staff.ja.j2")]


def test_a_template_without_a_subject_is_refused(edition: Edition) -> None:
    faults = _faults(_with(edition, "sign_in.en.j2", "block subject", "block subjekt"))
    assert faults == ["sign_in.en.j2: it has no block named subject"]


def test_every_fault_is_listed_once(edition: Edition) -> None:
    templates = _with(edition, "notice.ja.j2", "{{ customer.name", "{{ custmer.name")
    templates["proof.en.j2"] = (
        templates["proof.en.j2"].replace("{{ link", "{{ lnik").replace("link, hint", "lnik, hint")
    )
    assert [fault.partition(",")[0] for fault in _faults(templates)] == ["notice.ja.j2", "proof.en.j2"]


def test_what_a_template_imports_or_sets_is_known(edition: Edition) -> None:
    source = (
        '{% import "invoice.en.j2" as phrases %}{% from "invoice.en.j2" import hint as advice %}'
        '{% set greeting = "Hi" %}'
        "{% block subject %}s{% endblock %}{{ greeting }}{{ phrases.hint }}{{ advice }}"
    )
    check(Edition({"templates": {**edition.templates, "sign_in.en.j2": source}}))
