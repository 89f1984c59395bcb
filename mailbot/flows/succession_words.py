"""What staff is told of a change of recipient, step by step.

Owns the words, in the issuer's language; the template of kind `staff` gives them their form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from mailbot.domain.policy import Issuer
    from mailbot.store.customers import Customer
    from mailbot.store.successions import Succession


@dataclass(frozen=True, slots=True)
class _Words:
    heading: str
    line: str
    remedy: str = ""


_LABELS = {
    "ja": ("お客様", "これまでの宛先", "後任の宛先", "適用予定"),
    "en": ("Customer", "Address until now", "Successor", "Takes effect"),
}

_WORDS = {
    ("ja", "named"): _Words(
        "受け取り担当者の変更が申し込まれました",
        "次のお客様が、請求書の受け取りの後任を指定されました。後任の方に確認のメールをお送りしています。",
        "お心当たりのない変更であれば mailbot addresses refuse {email} --issuer {issuer} で止められます。",
    ),
    ("ja", "confirmed"): _Words(
        "後任の方が受け取りを承諾されました",
        "これまでの宛先から取り消しがなければ、適用予定の日時に自動的に切り替わります。",
        "お客様にご確認のうえ、すぐに切り替えるには mailbot addresses approve {email} --issuer {issuer}、"
        "止めるには mailbot addresses refuse {email} --issuer {issuer} を実行してください。",
    ),
    ("ja", "effective"): _Words(
        "受け取り担当者が変わりました",
        "今後の請求書のご案内は後任の宛先にお送りします。これまでの宛先にはお送りしません。",
    ),
    ("ja", "refused"): _Words(
        "後任の方が受け取りを辞退されました",
        "受け取り担当者の変更は行われません。請求書は、これまでの宛先に引き続きお送りします。",
    ),
    ("ja", "refused:staff"): _Words(
        "受け取り担当者の変更を社内で止めました",
        "mailbot addresses refuse により止められました。請求書は、これまでの宛先に引き続きお送りします。",
    ),
    ("ja", "undone"): _Words(
        "受け取り担当者の変更が取り消されました", "これまでの宛先の方が取り消されました。宛先は変わりません。"
    ),
    ("ja", "expired"): _Words(
        "受け取り担当者の変更は行われませんでした",
        "期限までに後任の方の確認がなかったか、これまでの宛先が登録から外れています。",
        "必要であれば、お客様に改めて後任の指定をご依頼ください。",
    ),
    ("en", "named"): _Words(
        "A customer names a new recipient",
        "The holder of the address named who is to receive the invoices from now on; that person is asked to confirm.",
        "If this looks wrong, stop it: mailbot addresses refuse {email} --issuer {issuer}",
    ),
    ("en", "confirmed"): _Words(
        "The new recipient has confirmed",
        "Unless the old address takes it back, the change takes effect by itself at the time below.",
        "To let it take effect now, once you know that it is right: mailbot addresses approve {email} --issuer"
        " {issuer}. To stop it: mailbot addresses refuse {email} --issuer {issuer}",
    ),
    ("en", "effective"): _Words(
        "A recipient has changed",
        "Invoices go to the successor from now on, and no more to the address until now.",
    ),
    ("en", "refused"): _Words(
        "A successor declined", "The change of recipient does not take place. The address stays as it was."
    ),
    ("en", "refused:staff"): _Words(
        "A change of recipient was stopped by staff",
        "It was stopped by: mailbot addresses refuse. The address stays as it was.",
    ),
    ("en", "undone"): _Words(
        "A change of recipient was taken back",
        "The holder of the address until now took it back. The address stays as it was.",
    ),
    ("en", "expired"): _Words(
        "A change of recipient came to nothing",
        "The successor did not confirm in time, or the address until now is off file.",
        "If it is still wanted, ask the customer to name the successor again.",
    ),
}


def content(row: Succession, *, step: str, by: str, old: str, customer: Customer, issuer: Issuer) -> dict[str, Any]:
    """Return the content of a staff mail about a step of a succession (as `succession.tell` names them).

    `by` is who ended it.
    """
    spoken = issuer.locale if issuer.locale in _LABELS else "en"
    words = _WORDS.get((spoken, f"{step}:{by}")) or _WORDS[spoken, step]
    at = row.due_at if step == "confirmed" else None
    due = "" if at is None else f"{at.astimezone(ZoneInfo(issuer.time_zone)):%Y-%m-%d %H:%M}"
    values = (f"{customer.code} {customer.name}", old, row.email, due)
    return {
        "what": f"successor.{step}",
        "customer": {"code": customer.code, "name": customer.name},
        "heading": words.heading,
        "lines": [words.line],
        "facts": [list(fact) for fact in zip(_LABELS[spoken], values, strict=True)],
        "remedy": words.remedy.format(email=row.email, issuer=issuer.code),
    }
