"""Make `data/sample/` anew: `python tests/sample/make_sample.py` from the root of the project.

Owns the files' forms: the sheets in two languages and encodings, and a PDF for each invoice that states the same
number and amount as its row. Needs the machine's Chromium, its font Noto Sans CJK, which is embedded so that the PDFs
show everywhere, and fontTools.
"""

from __future__ import annotations

import base64
import csv
import io
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from playwright.sync_api import sync_playwright
from pypdf import PdfReader, PdfWriter
from sample_data import COMPANIES, Bill, Company
from sample_font import cut_font

from mailbot.domain.customer_sheet import COLUMNS as CUSTOMER_COLUMNS
from mailbot.domain.invoice_sheet import COLUMNS as INVOICE_COLUMNS
from mailbot.domain.money import decimal_text, format_amount

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from playwright.sync_api import Page

HERE = Path(__file__).parent
TARGET = HERE.parent.parent / "data" / "sample"
WIDE = str.maketrans("0123456789,", "０１２３４５６７８９，")

WORDS: dict[str, dict[str, Any]] = {
    "ja": {
        "title": "請求書",
        "dear": "",
        "honour": " 御中",
        "post": "〒",
        "number": "請求書番号",
        "issued": "発行日",
        "due": "お支払期限",
        "phone": "TEL",
        "registration": "登録番号",
        "subject": "件名：",
        "total": "ご請求金額",
        "with_tax": "（税込）",
        "columns": ("品名", "数量", "単価", "税率", "金額（税抜）"),
        "subtotal": "{rate}%対象（税抜）",
        "tax": "消費税（{rate}%）",
        "bank": "お振込先",
        "note": "備考",
        "reduced": "軽減税率（8%）の対象です。",
        "date": "%Y年%m月%d日",
    },
    "en": {
        "title": "Invoice",
        "dear": "",
        "honour": "",
        "post": "",
        "number": "Invoice no.",
        "issued": "Date of issue",
        "due": "Payment due",
        "phone": "Tel.",
        "registration": "Registration no.",
        "subject": "Re: ",
        "total": "Amount due",
        "with_tax": "consumption tax included",
        "columns": ("Description", "Quantity", "Unit price", "Tax", "Amount (net)"),
        "subtotal": "Net, taxed at {rate}%",
        "tax": "Consumption tax ({rate}%)",
        "bank": "Bank",
        "note": "Note",
        "reduced": "Reduced tax rate (8%).",
        "date": "%d %B %Y",
    },
}


def main() -> None:
    """Write every file of the sample."""
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    (TARGET / "issuers.toml").write_text("\n".join(map(issuer_section, COMPANIES)), encoding="utf-8")
    for company in COMPANIES:
        write_sheets(company)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page()
        for company in COMPANIES:
            for bill in company.bills:
                (folder(company) / file_name(bill)).write_bytes(pdf(page, company, bill))
        browser.close()


def folder(company: Company) -> Path:
    """Return where the invoices of a company lie."""
    return TARGET / f"invoices-{company.code.lower()}"


def file_name(bill: Bill) -> str:
    """Return the name of an invoice's PDF."""
    return bill.file or f"{bill.number}.pdf"


def total(bill: Bill) -> int:
    """Return the amount with tax, which is rounded down once for each rate, as the law on qualified invoices wants."""
    return sum(net + tax for net, tax in by_rate(bill).values())


def by_rate(bill: Bill) -> dict[int, tuple[int, int]]:
    """Return net amount and tax by tax rate."""
    rates = sorted({line.rate for line in bill.lines}, reverse=True)
    net = {rate: sum(line.quantity * line.price for line in bill.lines if line.rate == rate) for rate in rates}
    return {rate: (net[rate], net[rate] * rate // 100) for rate in rates}


def amount_as_written(company: Company, bill: Bill) -> str:
    """Return the amount in the way that this row of the sheet writes it."""
    plain = decimal_text(total(bill), company.currency)
    grouped = format_amount(total(bill), company.currency).lstrip("¥US$")
    if bill.amount_as == "wide":
        return grouped.translate(WIDE)
    return bill.amount_as.format(plain=plain, grouped=grouped)


def write_sheets(company: Company) -> None:
    """Write both sheets: Japanese ones as Excel saves them, English ones as a program would."""
    japanese = company.locale == "ja"
    folder(company).mkdir()
    customers = [
        (c.code, c.name, c.kana, c.emails, c.locale, c.channel, c.postal_code, c.address, c.delivery)
        for c in company.customers
    ]
    headings = [c.japanese if japanese else c.name for c in CUSTOMER_COLUMNS]
    path = TARGET / f"customers-{company.code.lower()}.csv"
    path.write_bytes(sheet([headings, *customers], japanese=japanese).encode("cp932" if japanese else "utf-8"))
    invoices = [invoice_row(company, bill) for bill in company.bills]
    headings = [c.japanese if japanese else c.name for c in INVOICE_COLUMNS]
    path = folder(company) / "invoices.csv"
    path.write_bytes(sheet([headings, *invoices], japanese=japanese).encode("utf-8-sig" if japanese else "utf-8"))


def invoice_row(company: Company, bill: Bill) -> tuple[str, ...]:
    """Return the row of one invoice."""
    return (
        bill.customer,
        bill.number,
        bill.subject,
        amount_as_written(company, bill),
        "" if company.currency == "JPY" else company.currency,
        bill.note,
        bill.issued.strftime(bill.date_as),
        bill.due.strftime(bill.date_as),
        "",
        file_name(bill),
    )


def sheet(rows: Iterable[Sequence[str]], *, japanese: bool) -> str:
    """Return rows as CSV text."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n" if japanese else "\n").writerows(rows)
    return text.getvalue()


def issuer_section(company: Company) -> str:
    """Return the `[[issuer]]` table of a company."""
    closed = ", ".join(f'"{day}"' for day in company.closed)
    abroad = company.abroad
    phone = f'phone = "{abroad.phone}"\n' if abroad.phone else ""
    return f"""\
[[issuer]]
code = "{company.code}"
name = "{company.name}"
from = "{company.sender}"
staff = ["{company.staff}"]
locale = "{company.locale}"
time_zone = "Asia/Tokyo"
registration_number = "{company.registration_number}"
closed = [{closed}]

[issuer.contact]
name = "{company.department}"
phone = "{company.phone}"
hours = "{company.hours}"
email = "{company.email}"
postal = "{company.postal}"

[issuer.reminders]
after_days = [3, 7, 14]
hours = "09:00-17:00"
max = 3
min_gap_days = 1
weekdays_only = true
holidays = "JP"

[issuer.{abroad.locale}]
name = "{abroad.name}"

[issuer.{abroad.locale}.contact]
name = "{abroad.department}"
{phone}hours = "{abroad.hours}"
postal = "{abroad.postal}"
"""


def pdf(page: Page, company: Company, bill: Bill) -> bytes:
    """Print one invoice."""
    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)
    template = environment.get_template("invoice.html.j2")
    facts = context(company, bill)
    font = base64.b64encode(cut_font("".join(sorted(set(template.render(**facts, font=""))))))
    page.set_content(template.render(**facts, font=font.decode()))
    page.evaluate("document.fonts.ready")
    return finished(page.pdf(format="A4", print_background=True), company, bill)


def context(company: Company, bill: Bill) -> dict[str, object]:
    """Return all that the invoice's page states."""
    words = WORDS[company.locale]
    totals = []
    for rate, (net, tax) in by_rate(bill).items():
        totals.append((words["subtotal"].format(rate=rate), format_amount(net, company.currency)))
        totals.append((words["tax"].format(rate=rate), format_amount(tax, company.currency)))
    total_text = format_amount(total(bill), company.currency)
    return {
        "w": words,
        "customer": next(c for c in company.customers if c.code == bill.customer),
        "issuer": {
            **{name: getattr(company, name) for name in ("name", "locale", "phone", "postal", "bank")},
            **{name: getattr(company, name) for name in ("colour", "tint", "spacing", "seal", "registration_number")},
            "contact": f"{company.department}  {company.email}  {company.hours}",
        },
        "invoice": {
            "number": bill.number,
            "subject": bill.subject,
            "note": bill.note,
            "issued_text": bill.issued.strftime(words["date"]),
            "due_text": bill.due.strftime(words["date"]),
            "total_text": total_text,
            "reduced": any(line.rate == 8 for line in bill.lines),
            "totals": [*totals, (words["total"], total_text)],
            "lines": [line_context(company, bill, place) for place in range(len(bill.lines))],
        },
    }


def line_context(company: Company, bill: Bill, place: int) -> dict[str, object]:
    """Return what one line of the invoice states."""
    line = bill.lines[place]
    return {
        "what": line.what,
        "quantity": line.quantity,
        "unit": line.unit,
        "rate": line.rate,
        "price_text": format_amount(line.price, company.currency),
        "amount_text": format_amount(line.quantity * line.price, company.currency),
    }


def finished(printed: bytes, company: Company, bill: Bill) -> bytes:
    """Return a printed page as small as it gets, with nothing in it of the machine that made it."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(printed)))
    writer.metadata = {"/Title": f"{WORDS[company.locale]['title']} {bill.number}", "/Author": company.name}
    writer.compress_identical_objects()
    for each in writer.pages:
        each.compress_content_streams(level=9)
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


if __name__ == "__main__":
    main()
