"""Templates compiled our way say what Jinja's own would."""

from __future__ import annotations

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from mailbot.mail.compiled import SwiftEnvironment


def loud(words: str, mark: str = "!") -> str:
    return f"{words}{mark}"


def environment(*names: str) -> SwiftEnvironment:
    found = SwiftEnvironment(autoescape=True, undefined=jinja2.StrictUndefined)
    found.filters["loud"] = loud
    found.globals |= {"loud": loud, "say": {"loud": loud}}
    found.calls.names = set(names)
    return found


@given(st.one_of(st.text(), st.integers(), st.none(), st.text().map(Markup)))
def test_a_value_is_put_out_as_jinja_would(value: object) -> None:
    assert SwiftEnvironment.put_out(value) == escape(value)
    assert environment().from_string("{{ value }}").render(value=value) == escape(value)


@pytest.mark.parametrize("names", [(), ("loud", "say.loud")])
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ loud('<a>') }}", "&lt;a&gt;!"),
        ("{{ loud('a', mark='?') }}", "a?"),
        ("{{ say.loud(word, '.') }}", "w."),
        ("{{ loud(say.loud(word)) }}", "w!!"),
        ("{{ loud(words='a') }}", "a!"),
        ("{{ word.upper() }}", "W"),
    ],
)
def test_a_direct_call_gives_the_same(names: tuple[str, ...], source: str, said: str) -> None:
    assert environment(*names).from_string(source).render(word="w") == said


def test_a_direct_call_goes_by_no_context() -> None:
    direct = environment("loud")
    del direct.globals["loud"]
    assert direct.from_string("{{ loud('a') }}").render() == "a!"


def test_without_escaping_values_stand_as_they_are() -> None:
    assert SwiftEnvironment(autoescape=False).from_string("{{ value }}").render(value="<a>") == "<a>"
