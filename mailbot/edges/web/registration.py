"""The three pages of a registration: company, person, review.

Owns the way through them, forth and back. Nothing is kept between two pages: all that was typed travels in the form and
is read anew each time, so that nobody reaches a page past one that has something to mend, and going back loses nothing.
The password is asked for on the last page and travels in no hidden field. What registering does is the flow's matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from mailbot import passwords
from mailbot.domain.company import COMPANY_FIELDS, PERSON_FIELDS, REQUIRED, Checked, check_company, check_person

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from starlette.responses import Response

    from mailbot.domain.policy import Issuer
    from mailbot.edges.web.parts import Parts
    from mailbot.store.customers import Customer

AT = "at"
"""Field that names the page a press comes from."""

GO = "go"
"""Field of the button that was pressed: the page to go to, or what to do."""

REGISTER = "register"
SHOW, HIDE = "show", "hide"
"""Values of `go` of the button beside a password."""

TICKED = "yes"
"""Value of a box that somebody has ticked; whatever else stands there was put there by a machine."""

CHOOSE = "choose"
"""Key of the sentence for a choice that was not made."""

_EMAIL = "email"
_PERSON_TYPED = tuple(name for name in PERSON_FIELDS if name != _EMAIL)
FIELDS = (*COMPANY_FIELDS, *_PERSON_TYPED)
"""What is typed on the pages; the mail address was proved, or is proved by a mail."""


class Stage(StrEnum):
    """One page of the three; also the template's name and the `go` of the button that leads there."""

    COMPANY = "company"
    PERSON = "person"
    REVIEW = "review"


_SHOWN_AT = {Stage.COMPANY: COMPANY_FIELDS, Stage.PERSON: _PERSON_TYPED, Stage.REVIEW: ()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The forms as far as somebody came, and the page to show next."""

    stage: Stage
    values: Mapping[str, str]
    """Every field: as it was understood, or as it was typed where it has a problem."""
    problems: Mapping[str, str] = field(default_factory=dict)
    warnings: Mapping[str, str] = field(default_factory=dict)
    password: str = ""
    shown: bool = False
    """True where the password is to be readable."""
    begun: bool = True
    """False on the very first page, before anything was pressed."""
    register: bool = False
    """True where the last button was pressed and nothing stands against it."""

    @property
    def elsewhere(self) -> dict[str, str]:
        """What the page carries for the others."""
        here = _SHOWN_AT[self.stage]
        return {name: value for name, value in self.values.items() if name not in here}

    @property
    def company(self) -> dict[str, str]:
        """The company form."""
        return {name: self.values[name] for name in COMPANY_FIELDS}

    @property
    def person(self) -> dict[str, str]:
        """The person form without the mail address."""
        return {name: self.values[name] for name in _PERSON_TYPED}


def fill(form: Mapping[str, str], *, known: Mapping[str, str], email: str, locale: str) -> Filled:
    """Read a press; `known` fills the fields before anybody typed, `email` is the address of who registers.

    `locale` is the language of the forms.
    """
    if AT not in form:
        return Filled(stage=Stage.COMPANY, values={name: known.get(name, "") for name in FIELDS}, begun=False)
    typed = {name: form.get(name, "") for name in FIELDS}
    goal = _goal(form)
    if goal is Stage.COMPANY:
        return Filled(stage=Stage.COMPANY, values=typed)
    company = check_company(typed, locale=locale)
    typed |= company.values
    if not company.ok:
        return Filled(stage=Stage.COMPANY, values=typed, problems=_chosen(company), warnings=company.warnings)
    if goal is Stage.PERSON:
        return Filled(stage=Stage.PERSON, values=typed)
    person = check_person({**typed, _EMAIL: email})
    typed |= {name: person.values[name] for name in _PERSON_TYPED}
    if not person.ok:
        return Filled(stage=Stage.PERSON, values=typed, problems=person.problems)
    return _reviewed(form, Filled(stage=Stage.REVIEW, values=typed, warnings=company.warnings), email)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the pages say of the registration as a whole."""

    first: str
    """Section of the words that open the first page: `invitation` or `paper`."""
    issuer: Issuer
    customer: str
    email: str
    seen: str
    until: datetime | None = None
    with_password: bool = True
    """False where the mail address is not proved yet: then the page behind its mail asks for the password."""
    action: str = ""
    """Where the forms go, the page's own address where it is empty."""
    carried: Mapping[str, str] = field(default_factory=dict)
    """Hidden fields of every page besides its own."""
    sign_in_seen: str = ""
    """Where somebody who has an account is offered to sign in: the `seen` of that form."""


def show(parts: Parts, filled: Filled, said: Said, locale: str, *, stale: bool = False) -> Response:
    """Return the page where `filled` stands; `stale` says that a press was not taken since its page was too old."""
    values = {"filled": filled, "said": said, "seen": said.seen, "issuer": said.issuer, "stale": stale}
    return parts.pages.answer(filled.stage.value, locale, "ready", status=None, **values)


def again(form: Mapping[str, str]) -> dict[str, str]:
    """Return a press as if it had asked for the page that it came from: nothing that was typed is lost."""
    return {**form, GO: form[AT]} if AT in form else {}


def _goal(form: Mapping[str, str]) -> Stage:
    go = form.get(GO, "")
    return Stage(go) if go in set(Stage) else Stage.REVIEW


def _reviewed(form: Mapping[str, str], filled: Filled, email: str) -> Filled:
    """Read what the review page itself holds: its password, and which of its buttons was pressed."""
    if form.get(AT) != Stage.REVIEW:
        return filled
    go, password = form.get(GO), form.get("password", "")
    filled = replace(filled, password=password, shown=is_shown(form))
    if go != REGISTER:
        return filled
    problem = passwords.problem(password, email=email) if password else None
    return replace(filled, problems={"password": problem}) if problem else replace(filled, register=True)


def _chosen(checked: Checked) -> dict[str, str]:
    """Say of a choice that it was not made, not that it was not typed."""
    problems = dict(checked.problems)
    if problems.get("business_class") == REQUIRED:
        problems["business_class"] = CHOOSE
    return problems


def is_shown(form: Mapping[str, str]) -> bool:
    """Tell whether the password of a page is to be readable, after the button beside it was pressed or not."""
    go = form.get(GO)
    return go == SHOW or (go != HIDE and form.get("shown") == "1")


def known_of(customer: Customer) -> dict[str, str]:
    """Return what an issuer has on file of a customer as the forms take it: each field is one line."""
    values = {
        "name": customer.name,
        "kana": customer.kana,
        "postal_code": customer.postal_code,
        "postal_address": customer.postal_address,
    }
    return {name: " ".join(value.split("\n")) for name, value in values.items()}
