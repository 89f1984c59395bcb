"""The paths of both guides, walked in a browser; each page is shown to whoever looks on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from web_people import (
    COMPANY,
    EMAIL,
    NO_CODE,
    PASSWORD,
    PERSON,
    SHORT,
    WRONG,
    account,
    confirm_link,
    invite,
    letter,
    password_link,
    registration_link,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from playwright.async_api import Page
    from web_site import Site

NAMES = {"ja": "株式会社さくら工業", "en": "Sakura Works Ltd."}
NEW = "まつ たけ うめ さくら"


@dataclass(slots=True)
class Walk:
    """Somebody on the way, whose clicks and pages are counted."""

    site: Site
    page: Page
    locale: str
    look: Callable[[Page, str], Awaitable[None]]
    clicks: int = 0
    pages: int = 0

    @property
    def steps(self) -> int:
        return self.clicks + self.pages

    async def follow(self, path: str, name: str) -> None:
        """Follow a link of a mail, a QR code, or type an address."""
        await self.page.goto(path)
        await self._seen(name)

    async def press(self, selector: str, name: str) -> None:
        async with self.page.expect_navigation():
            await self.page.click(selector)
        await self._seen(name)

    async def tick(self, selector: str) -> None:
        """Tick what has to be ticked before a button does anything; filling in a form counts nowhere."""
        await self.page.check(selector)
        self.clicks += 1

    async def fill(self, **values: str) -> None:
        for name, value in values.items():
            if name == "business_class":
                await self.page.check(f"[name={name}][value={value}]")
            else:
                await self.page.fill(f"#{name}", value)

    async def _seen(self, name: str) -> None:
        self.clicks += 1
        self.pages += 1
        await self.look(self.page, f"{self.locale}-{name}")

    def customer(self, name: str = "") -> int:
        return self.site.customer(locale=self.locale, name=name or NAMES[self.locale])

    async def sign_in(self, session: int) -> None:
        await self.page.context.add_cookies(
            [
                {"name": name, "value": value, "url": self.site.url}
                for name, value in self.site.signed_in(session).items()
            ]
        )

    async def path(self) -> str:
        """Return the path of the page that is open."""
        return self.page.url.partition(self.site.url)[2]


async def mail_without_account(walk: Walk) -> None:
    customer = walk.customer()
    address = walk.site.address(customer, EMAIL)
    walk.site.invoice(customer, address)
    await walk.follow(await invite(walk.site, customer), "invitation")
    await walk.fill(**COMPANY)
    await walk.press("#act button.main", "person")
    await walk.fill(**PERSON)
    await walk.press("#act button.main", "review")
    await walk.fill(password=PASSWORD)
    await walk.press("#act button.main", "registered")
    assert await walk.path() == "/my/invoices"


async def mail_with_account(walk: Walk) -> None:
    await account(walk.site, locale=walk.locale)
    other = walk.customer("さくら工業 東京支店")
    walk.site.address(other, EMAIL)
    await walk.follow(await invite(walk.site, other), "invitation-known")
    await walk.press("#act button.main", "invitations")
    await walk.page.check("#act [value=approve]")
    await walk.press("#act button.main", "invitations-review")
    await walk.press("#act button.main", "invitations-done")
    assert walk.site.value("SELECT state FROM invitations WHERE customer_id = :id", id=other) == "approved"


async def mail_declined(walk: Walk) -> None:
    customer = walk.customer()
    walk.site.address(customer, EMAIL)
    await walk.follow(await invite(walk.site, customer), "invitation-to-decline")
    await walk.press(".aside button", "decline-missing")
    await walk.page.check("#decision")
    await walk.page.fill("#reason", "取引が終了したため")
    await walk.press("button[value=decline]", "decline-review")
    await walk.press("#act button.main", "declined")
    assert walk.site.value("SELECT state FROM invitations") == "declined"


async def paper_without_account(walk: Walk) -> None:
    paper = await letter(walk.site, walk.customer())
    await walk.follow(paper.link, "claim")
    await walk.fill(email=EMAIL, paper_password=paper.password)
    await walk.press("#act button.main", "claim-company")
    await walk.fill(**COMPANY)
    await walk.press("#act button.main", "claim-person")
    await walk.fill(**PERSON)
    await walk.press("#act button.main", "claim-review")
    await walk.press("#act button.main", "claim-mailed")
    await walk.follow(registration_link(walk.site), "registration")
    await walk.tick("#mine")
    await walk.press("#act button.main", "registration-done")
    assert await walk.path() == "/my/invoices"


async def paper_with_account(walk: Walk) -> None:
    await account(walk.site, locale=walk.locale)
    paper = await letter(walk.site, walk.customer("さくら工業 大阪支店"))
    await walk.follow("/sign-in", "sign-in")
    await walk.fill(email=EMAIL, password=PASSWORD)
    await walk.press("#act button.main", "sign-in-done")
    await walk.press("nav a[href='/my/invitations']", "invitations-mine")
    await walk.fill(paper_id=paper.paper_id, paper_password=paper.password)
    await walk.press(".aside button[value=paper] >> nth=1", "invitations-added")
    await walk.page.check("#act [value=approve]")
    await walk.press("#act button.main", "invitations-mine-review")
    await walk.press("#act button.main", "invitations-mine-done")
    assert walk.site.value("SELECT count(*) FROM invitations WHERE state = 'approved'") == 2


async def letter_first_sign_in(walk: Walk) -> None:
    customer = walk.customer()
    paper = await letter(walk.site, customer)
    await walk.follow("/sign-in#letter", "sign-in-letter")
    top = "id => document.getElementById(id).getBoundingClientRect().top"
    assert await walk.page.evaluate(top, "code") < await walk.page.evaluate(top, "email"), "the letter's form is first"
    await walk.fill(issuer="minato", code=walk.site.code(customer), letter_password=paper.password, first_email=EMAIL)
    await walk.press("form:has(#code) button[value=sign_in] >> nth=1", "addresses-first")
    await walk.follow(confirm_link(walk.site), "addresses-confirm")
    await walk.press("#act button.main", "addresses-confirmed")
    assert await walk.page.get_attribute("main", "data-state") == "done"


async def more_addresses(walk: Walk) -> None:
    customer = walk.customer()
    address = walk.site.address(customer, EMAIL, confirmed=True)
    await walk.page.context.add_cookies(
        [
            {"name": name, "value": value, "url": walk.site.url}
            for name, value in walk.site.cookie(customer, address).items()
        ]
    )
    await walk.follow("/my/addresses", "addresses-one")
    await walk.fill(email="bucho@sakura.example")
    await walk.press("#act button.main", "addresses-mailed")
    await walk.follow(confirm_link(walk.site), "addresses-more-confirm")
    await walk.press("#act button.main", "addresses-more-confirmed")
    await walk.follow("/my/addresses", "addresses-two")
    await walk.page.locator("details summary").last.click()
    await walk.page.locator("details [value=both]").last.check()
    await walk.press("details[open] button", "addresses-changed")
    await walk.fill(email=EMAIL)
    await walk.press("#act button.main", "addresses-wrong")
    await walk.page.locator("details summary").last.click()
    await walk.page.locator("details [value=remove]").last.check()
    await walk.press("details[open] button", "addresses-remove")
    await walk.press("#act button.main", "addresses-removed")


async def a_new_password(walk: Walk) -> None:
    _, session = await account(walk.site, locale=walk.locale)
    await walk.sign_in(session)
    await walk.follow("/my/password", "password")
    await walk.fill(old="wrong", new="short")
    await walk.press("#act button.main", "password-wrong")
    await walk.fill(old=PASSWORD, new=NEW)
    await walk.press("#act button.main", "password-changed")
    await walk.page.check("#mail")
    await walk.press(".aside button", "password-mailed")
    await walk.follow(password_link(walk.site), "password-link")
    await walk.fill(new=PASSWORD)
    await walk.press("#act button.main", "password-set")


async def what_goes_wrong(walk: Walk) -> None:
    customer = walk.customer()
    walk.site.address(customer, EMAIL)
    paper = await letter(walk.site, walk.customer())
    path = await invite(walk.site, customer)
    await walk.follow(path, "form")
    await walk.press("#act button.main", "form-wrong")
    await walk.fill(**{**COMPANY, "business_class": "sole_proprietor", "registration_number": "T7000012050003"})
    await walk.press("#act button.main", "form-person")
    await walk.press("#act button.main", "form-person-wrong")
    await walk.fill(**PERSON)
    await walk.press("#act button.main", "form-warning")
    await walk.fill(password=SHORT)
    await walk.press("#act button.main", "form-password-wrong")
    await walk.follow("/claim", "claim-empty")
    await walk.fill(email=EMAIL, paper_id=paper.paper_id, paper_password=NO_CODE)
    await walk.press("#act button.main", "claim-wrong")
    await walk.press("#act button[value=show]", "claim-shown")
    for _ in range(6):
        await walk.press("#act button.main", "claim-again")
        if await walk.page.get_attribute("main", "data-state") == "locked":
            break
    await walk.look(walk.page, f"{walk.locale}-locked")
    await walk.follow("/sign-in", "sign-in-empty")
    await walk.fill(email=EMAIL, password=WRONG)
    await walk.press("#act button.main", "sign-in-wrong")
    await walk.fill(mail_email=EMAIL)
    await walk.press("form:has(#mail_email) button", "sign-in-asked")
    walk.site.later(days=400)
    await walk.follow(path, "invitation-expired")
    await walk.press("#act button.main", "invitation-renewed")


WALKS = (
    mail_without_account,
    mail_with_account,
    mail_declined,
    paper_without_account,
    paper_with_account,
    letter_first_sign_in,
    more_addresses,
    a_new_password,
    what_goes_wrong,
)
