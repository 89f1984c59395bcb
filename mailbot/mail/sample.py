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
_CHANGE = {
    "address": "",
    "delivery": "",
    "who": "",
    "when": "2026-11-20 11:28",
    "old": "",
    "due": "",
    "by": "",
    "link": "",
}
_SUCCESSION = _CHANGE | {
    "address": "kouhai@midori.example.jp",
    "old": "keiri@midori.example.jp",
    "due": "2026-11-26 17:00",
}
_UNDO = {"link": "https://invoice.example.jp/l/uaSAMPLE"}

_FORWARD: dict[str, Any] = {
    "about": "Re: 【青葉商事株式会社】請求書発行のお知らせ",
    "note": "",
    "who": {
        "email": "keiri@midori.example.jp",
        "name": "みどり製作所 経理 山田",
        "standing": "known",
        "vouched": True,
    },
    "when": "2026-11-20 11:28",
    "reply_to": "keiri@midori.example.jp",
    "answered": {"id": 42, "kind": "notice", "sent": "2026-11-20 10:00"},
    "open": [
        {
            "number": "INV-2026-1101",
            "subject": "保守料",
            "amount": "¥33,000",
            "due": "2026-12-31",
            "evidence": "accepted",
        },
        {"number": "INV-2026-1102", "subject": "撤去費", "amount": "¥415,569", "due": "", "evidence": "acknowledged"},
    ],
    "more_open": 3,
    "history": [
        {"at": "2026-11-20 10:00", "what": "notice", "state": "accepted", "about": "keiri@midori.example.jp"},
        {"at": "2026-11-18 16:12", "what": "downloaded", "state": "", "about": "INV-2026-1098"},
        {"at": "2026-11-17 09:30", "what": "bounce", "state": "", "about": "soumu@midori.example.jp"},
        {"at": "2026-11-16 09:30", "what": "command", "state": "paused", "about": "soumu@midori.example.jp"},
    ],
    "words": [
        "いつもお世話になっております。",
        "",
        "11月分の請求書ですが、宛名を「本社」に変更いただけますでしょうか。",
    ],
    "rest": ["> 下記の請求書を発行いたしました。", "> 御請求金額 ¥33,000"],
    "rest_cut": True,
    "left_out": [{"name": "見積.xlsm", "why": "program"}],
    "inbox": 7,
}
_FROM_STRANGER: dict[str, Any] = {
    "customer": {"code": "", "name": ""},
    "about": "",
    "who": {"email": "someone@other.example", "name": "", "standing": "", "vouched": False},
    "reply_to": "",
    "answered": {"id": 0, "kind": "", "sent": ""},
    **dict.fromkeys(("open", "history", "rest", "left_out"), ()),
    "more_open": 0,
    "rest_cut": False,
}

_MUTE = {"link": "https://invoice.example.jp/l/maSAMPLE"}
_LISTED = {"number": "INV-2026-1101", "subject": "システム保守料", "amount": "¥33,000", "due_date": "2026-12-31"}
_UNDATED = _LISTED | {"number": "INV-2026-1102", "subject": "アンテナ撤去費", "amount": "¥415,569", "due_date": ""}
_ANSWER: dict[str, Any] = {
    "can_reply": True,
    "answered": "【青葉商事株式会社】請求書発行のお知らせ（2026年11月分 システム保守料）",
    "when": "2026-11-20 11:28",
    "minutes": 30,
    "expires": "2026-11-20 11:58",
    "claim": "https://invoice.example.jp/claim",
    "topic": "",
    "last": False,
    "email": "",
    "until": "",
    "invoices": [],
    "more": 0,
    "problem": "",
    "said": "",
    "link": "",
}
_SIGNED = {"link": "https://invoice.example.jp/l/saSAMPLE"}
_ANSWERS: Mapping[str, Sequence[Context]] = {
    **{what: [_LINK] for what in ("approve", "invitation", "redeemed")},
    **{what: [{}] for what in ("already_approved", "no_invitation", "invitation_over", "approve_elsewhere")},
    **{what: [{}] for what in ("decline_final", "nothing_to_receive", "nothing_to_disavow", "nothing_to_resend")},
    **{what: [{}] for what in ("resend_enough", "not_receiving", "redeem_wrong", "misread", "unproved", "unheard")},
    "unclear": [{}, {"topic": "invitation"}, {"last": True}],
    "courtesy": [{}, {"topic": "notice"}],
    "declined": [_LINK, {}],
    **{what: [{"invoices": [_LISTED, _UNDATED], "more": 3}] for what in ("received", "disavowed")},
    "resent": [{"invoices": [_LISTED], "email": "keiri@midori.example.jp"}],
    "list": [{"invoices": [_LISTED, _UNDATED], "more": 3, **_SIGNED}, {"invoices": [_LISTED]}, _SIGNED],
    **{what: [{"email": "keiri@midori.example.jp"}] for what in ("stopped", "resumed")},
    "successor": [{"email": "kouhai@midori.example.jp", **each} for each in (_UNDO, {})],
    "paused": [{"email": "keiri@midori.example.jp", "until": "2026-11-27 11:28"}],
    "successor_refused": [
        {"email": "keiri@midori.example.jp", "problem": problem}
        for problem in ("invalid", "ours", "same", "unproved", "unknown", "too_often")
    ],
    "redeem_ended": [{"problem": problem} for problem in ("used", "expired", "replaced", "too_often")],
    "redeem_locked": [{"until": "2026-11-20 11:43"}],
    "forwarded": [{}, {"answered": "", "customer": {"code": "", "name": ""}}],
}
"""What an answer may be called, each with all that it may state."""

_OWN: dict[str, Sequence[Context]] = {
    "proof": [_LINK | {"days": 60, "expires": "2027-01-19"}],
    "confirm": [_LINK | {"minutes": 30}],
    "sign_in": [_LINK | {"minutes": 30}],
    "notice": [
        {"invoices": [_INVOICE], "late": False, "again": False},
        {"invoices": [_INVOICE, _BARE_INVOICE], "late": False, "again": True},
        {"invoices": [_INVOICE, _BARE_INVOICE], "late": False, "again": False},
        {"invoices": [_BARE_INVOICE, _INVOICE], "late": True, "again": False},
        {"invoices": [_BARE_INVOICE], "late": True, "again": False},
        {"invoices": [_ATTACHED_INVOICE], "late": False, "again": False},
        {"invoices": [_FILE_ALONE, _BARE_INVOICE], "late": True, "again": False},
    ],
    "reminder": [
        {"invoices": [_INVOICE], "step": 1, "doubtful": False, "mute": _MUTE},
        {"invoices": [_INVOICE, _BARE_INVOICE], "step": 2, "doubtful": False, "mute": _MUTE},
        {"invoices": [_INVOICE], "step": 2, "doubtful": True, "mute": _MUTE},
        {"invoices": [_INVOICE, _BARE_INVOICE], "step": 1, "doubtful": True, "mute": _MUTE},
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
        *(_SUCCESSION | _UNDO | {"what": f"successor_{step}"} for step in ("named", "confirmed")),
        *(_SUCCESSION | {"what": f"successor_{step}"} for step in ("effective", "refused", "undone", "expired", "off")),
        _SUCCESSION | {"what": "successor_refused", "by": "staff"},
    ],
    "password": [_LINK | {"minutes": 30}],
    "successor": [_LINK | {"days": 14, "expires": "2026-12-04", "old": "keiri@midori.example.jp"}],
    "forward": [
        _FORWARD,
        _FORWARD | {"who": _FORWARD["who"] | {"standing": "stranger", "vouched": False}, "note": "至急のご用件です。"},
        _FORWARD | _FROM_STRANGER,
    ],
    "probe": [{}],
    "answer": [{**_ANSWER, "what": what, **each} for what, found in _ANSWERS.items() for each in found],
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
