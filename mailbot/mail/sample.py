"""Sample contexts: what every kind of mail is rendered with when templates are proofread, and looked at.

Owns the reference of names that a template may use. Each kind has as many samples as its templates have branches
worth taking; the values are made up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Context = Mapping[str, Any]

_INVOICE = {
    "number": "INV-2026-1101",
    "subject": "2026年11月分 システム保守料",
    "amount": "¥33,000",
    "issue_date": "2026-11-20",
    "due_date": "2026-12-31",
    "note": "毎月末日締め",
    "link": "https://invoice.example.jp/l/iaSAMPLE",
    "attached": "",
    "button": True,
}
_BARE_INVOICE = _INVOICE | {
    "number": "INV-2026-1102",
    "subject": "アンテナ撤去費",
    "amount": "¥415,569",
    "due_date": None,
    "note": "",
    "link": "https://invoice.example.jp/l/iaSAMPLE2",
}
_ATTACHED_INVOICE = _INVOICE | {"attached": "請求書_2026年11月.pdf"}
_FILE_ALONE = _ATTACHED_INVOICE | {"button": False}
_COMMON: dict[str, Any] = {
    "issuer": {
        "code": "AOBA",
        "name": "青葉商事株式会社",
        "registration_number": "T1234567890123",
        "contact": {
            "name": "経理部 請求書担当",
            "phone": "03-1234-5678",
            "hours": "平日 9:00〜17:00",
            "email": "billing@aoba.example.jp",
            "postal": "〒100-0001 東京都千代田区千代田1-1",
        },
    },
    "customer": {"code": "0001000", "name": "株式会社みどり製作所"},
    "to": "keiri@midori.example.jp",
    "locale": "ja",
    "ledger": {"seq": 1234, "short": "ab12cd34"},
    "can_reply": False,
    "redirected": "",
}
_LINK = {"link": "https://invoice.example.jp/l/paSAMPLE", "expires": "11:58"}
_STAFF = {
    "what": "mail.refused",
    "heading": "メールを届けられませんでした",
    "lines": ["次のアドレスへのメールが相手のサーバーに拒否されました。", "以後、このアドレスへの送信は行いません。"],
    "facts": [["アドレス", "keiri@midori.example.jp"], ["相手の応答", "550 5.1.1 User unknown"]],
    "remedy": "お客様に正しいアドレスをお尋ねのうえ、顧客データを再度取り込んでください。",
}
_DECIDED = {"who": "山田 太郎（経理課）", "when": "2026-11-20 11:28"}
_CHANGE = {"address": "", "delivery": "", "who": "", "when": "2026-11-20 11:28"}

_OWN: dict[str, Sequence[Context]] = {
    "proof": [_LINK | {"days": 60, "expires": "2027-01-19"}],
    "confirm": [_LINK | {"minutes": 30}],
    "sign_in": [_LINK | {"minutes": 30}],
    "notice": [
        {"invoices": [_INVOICE], "late": False},
        {"invoices": [_INVOICE, _BARE_INVOICE], "late": False},
        {"invoices": [_BARE_INVOICE, _INVOICE], "late": True},
        {"invoices": [_BARE_INVOICE], "late": True},
        {"invoices": [_ATTACHED_INVOICE], "late": False},
        {"invoices": [_FILE_ALONE, _BARE_INVOICE], "late": True},
    ],
    "reminder": [
        {"invoices": [_INVOICE], "step": 1, "doubtful": False},
        {"invoices": [_INVOICE, _BARE_INVOICE], "step": 2, "doubtful": False},
        {"invoices": [_INVOICE], "step": 2, "doubtful": True},
        {"invoices": [_INVOICE, _BARE_INVOICE], "step": 1, "doubtful": True},
    ],
    "withdrawn": [{"invoice": _INVOICE, "reason": "金額に誤りがあったため"}, {"invoice": _BARE_INVOICE, "reason": ""}],
    "invitation": [_LINK | {"days": 60, "expires": "2027-01-19", "step": step} for step in (0, 1, 2)],
    "registration": [_LINK | {"minutes": 30, "known": known} for known in (False, True)],
    "approval": [_DECIDED],
    "decline": [_DECIDED | {"reason": "紙での受け取りを希望するため"}, _DECIDED | {"reason": ""}],
    "change": [
        _CHANGE | {"what": "added", "address": "keiri2@midori.example.jp"},
        _CHANGE | {"what": "removed", "address": "keiri2@midori.example.jp"},
        _CHANGE | {"what": "default", "address": "keiri2@midori.example.jp"},
        _CHANGE | {"what": "delivery", "address": "keiri2@midori.example.jp", "delivery": "both"},
        _CHANGE | {"what": "password"},
        _CHANGE | {"what": "connected", "who": "山田 太郎（経理課）"},
    ],
    "password": [_LINK | {"minutes": 30}],
    "staff": [_STAFF, _STAFF | {"lines": [], "facts": [], "remedy": ""}],
}

_EVERY_MAIL: Sequence[Context] = [
    {},
    {"can_reply": True, "redirected": "taro@midori.example.jp"},
    {
        "issuer": _COMMON["issuer"]
        | {"registration_number": "", "contact": dict.fromkeys(("name", "phone", "hours", "email", "postal"), "")}
    },
]
"""What differs between installations: all there is, a rehearsal with a way in, and an issuer that says nothing."""


def samples(kind: str, locale: str) -> list[Context]:
    """Return the contexts that the templates of a kind must render with; raises `KeyError` for an unknown kind."""
    return [{**_COMMON, "locale": locale, **own, **every} for own in _OWN[kind] for every in _EVERY_MAIL]
