"""Lay out a mail from strings to bytes, beside `EmailMessage` with the same parts."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING

from mailbot.mail.compose import compose
from mailbot.mail.header import formatted
from mailbot.mail.render import Rendered

if TYPE_CHECKING:
    from collections.abc import Callable

DATE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LINK = (
    "https://invoices.example.test/l/iaAbCdEfGhIjKlMnOpQrStUvWxYz0123456789.AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfG"
)
TEXT = f"株式会社お客様　御中\n\n平素より格別のお引き立てを賜り、厚く御礼申し上げます。\n\n{LINK}\n" * 8
HTML = (
    "<p>株式会社お客様　御中</p>\n<p>平素より格別のお引き立てを賜り、厚く御礼申し上げます。</p>\n"
    f"<a href='{LINK}'>開く</a>\n" * 12
)
RENDERED = Rendered("【株式会社あおば商事】請求書発行のお知らせ（INV-0000001）", TEXT, HTML)


def measure() -> dict[str, object]:
    """Measure both in this process."""
    ours, reference = _rate(_ours, 5_000), _rate(_reference, 300)
    return {
        "bench": "build",
        "unit": "mails/s",
        "ours": round(ours),
        "reference": round(reference),
        "ratio": round(ours / reference, 1),
        "to_reach": 40,
    }


def _ours() -> bytes:
    headers = [
        ("From", formatted("株式会社あおば商事", "invoice@example.test")),
        ("To", "keiri@example.test"),
        ("Subject", RENDERED.subject),
        ("Message-ID", "<0123456789abcdef01234567@example.test>"),
        ("Auto-Submitted", "auto-generated"),
    ]
    return compose(headers=headers, date=DATE, rendered=RENDERED, seed="0123456789abcdef01234567@example.test")


def _reference() -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("株式会社あおば商事", addr_spec="invoice@example.test")
    message["To"] = "keiri@example.test"
    message["Subject"] = RENDERED.subject
    message["Message-ID"] = "<0123456789abcdef01234567@example.test>"
    message["Auto-Submitted"] = "auto-generated"
    message["Date"] = DATE
    message.set_content(RENDERED.text, cte="base64")
    message.add_alternative(RENDERED.html, subtype="html", cte="base64")
    return message.as_bytes()


def _rate(build: Callable[[], bytes], count: int) -> float:
    best = 0.0
    for _ in range(3):
        began = time.perf_counter()
        for _ in range(count):
            build()
        best = max(best, count / (time.perf_counter() - began))
    return best
