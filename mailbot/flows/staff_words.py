"""What staff is told: of a mail that did not reach its recipient, of invitations that nobody answers.

Owns the words, in the issuer's language, of an address that a letter led to as well; the template of kind `staff` gives
them their form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mailbot.domain.outbox import Kind, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mailbot.store.outbox import Mail


@dataclass(frozen=True, slots=True)
class _Words:
    heading: str
    line: str
    remedy: str


_LABELS = {
    "ja": ("お客様", "アドレス", "メールの種類", "相手の応答", "送信番号"),
    "en": ("Customer", "Address", "Kind of mail", "The server's answer", "Outbox number"),
}

_KINDS = {
    "ja": {
        Kind.PROOF: "アドレスの確認",
        Kind.CONFIRM: "アドレスの確認",
        Kind.SIGN_IN: "ログイン用リンク",
        Kind.NOTICE: "請求書のご案内",
        Kind.REMINDER: "再度のご案内",
        Kind.WITHDRAWN: "取り下げのお知らせ",
        Kind.INVITATION: "ご登録のご案内",
        Kind.REGISTRATION: "登録の確認",
        Kind.CHANGE: "設定変更のお知らせ",
        Kind.PASSWORD: "パスワード設定用リンク",
        Kind.SUCCESSOR: "後任の方への確認",
        Kind.PROBE: "受信確認",
        Kind.ANSWER: "ご返信への回答",
    },
    "en": {
        Kind.PROOF: "address proof",
        Kind.CONFIRM: "address confirmation",
        Kind.SIGN_IN: "sign-in link",
        Kind.NOTICE: "invoice notice",
        Kind.REMINDER: "reminder",
        Kind.WITHDRAWN: "word that an invoice was withdrawn",
        Kind.INVITATION: "invitation",
        Kind.REGISTRATION: "completion of a registration",
        Kind.CHANGE: "word of a changed setting",
        Kind.PASSWORD: "link that sets a password",
        Kind.SUCCESSOR: "question to a successor",
        Kind.PROBE: "check whether the address works",
        Kind.ANSWER: "answer to a reply",
    },
}

_WORDS = {
    ("ja", State.REFUSED): _Words(
        "メールを届けられませんでした",
        "次のメールは相手側のサーバーに拒否されました。再送は行いません。",
        "お客様に正しいメールアドレスをお尋ねください。応答の内容が一時的なものであれば"
        " mailbot outbox retry {id} で再送できます。",
    ),
    ("ja", State.EXPIRED): _Words(
        "期限までにメールを届けられませんでした",
        "次のメールは繰り返し送信を試みましたが、期限までに受け付けられませんでした。",
        "相手の応答をご確認のうえ、mailbot outbox retry {id} で再送するか、お客様に別の方法でご連絡ください。",
    ),
    ("ja", State.UNKNOWN): _Words(
        "メールが届いたか確認できません",
        "次のメールは二度送信しましたが、二度とも受付の応答が得られませんでした。届いている可能性もあります。",
        "お客様に受信をお確かめください。届いていなければ mailbot outbox retry {id} で再送できます。",
    ),
    ("en", State.REFUSED): _Words(
        "A mail could not be delivered",
        "The other side's server refused this mail. It is not sent again.",
        "Ask the customer for the right address. If the answer is about a passing trouble: mailbot outbox retry {id}",
    ),
    ("en", State.EXPIRED): _Words(
        "A mail could not be delivered in time",
        "This mail was tried again and again, and was not taken before its deadline.",
        "Look at the server's answer, then run mailbot outbox retry {id}, or reach the customer in another way.",
    ),
    ("en", State.UNKNOWN): _Words(
        "Nobody knows whether a mail arrived",
        "This mail was sent twice, and twice the connection ended before an answer came. It may have arrived.",
        "Ask the customer whether it is there. If it is not: mailbot outbox retry {id}",
    ),
}


def kind_word(kind: str, locale: str) -> str:
    """Return what a kind of mail is called in a language that staff is told in (`ja`, `en`)."""
    return _KINDS[locale].get(Kind(kind), kind)


def undelivered(mail: Mail, *, state: State, response: str, customer: Mapping[str, str], locale: str) -> dict[str, Any]:
    """Return the content of a staff mail about `mail`, which ended `refused`, `expired` or `unknown`."""
    spoken = locale if locale in _LABELS else "en"
    words = _WORDS[spoken, state]
    values = (
        " ".join(part for part in (customer["code"], customer["name"]) if part),
        mail.email,
        kind_word(mail.kind, spoken),
        response,
        str(mail.id),
    )
    return {
        "what": str(state),
        "customer": customer,
        "heading": words.heading,
        "lines": [words.line],
        "facts": [list(fact) for fact in zip(_LABELS[spoken], values, strict=True)],
        "remedy": words.remedy.format(id=mail.id),
    }


SHOWN = 200
"""Customers that one list names; the rest is counted."""

_UNANSWERED = {
    "ja": _Words(
        "ご案内への回答がないお客様（{count}件）",
        "次のお客様からは、ご案内と再度のご案内の後も回答がありません。",
        "お電話などでご連絡ください。mailbot invite CODE --again または mailbot letters --reissue CODE で"
        "改めてご案内できます。最新の一覧は mailbot invitations list --unanswered で確認できます。",
    ),
    "en": _Words(
        "Customers who have not answered an invitation ({count})",
        "Nothing was heard of these customers, who were invited and reminded.",
        "Reach them in another way. To invite anew: mailbot invite CODE --again, or mailbot letters --reissue CODE."
        " Who is left by now: mailbot invitations list --unanswered",
    ),
}

_CHANNELS = {"ja": {"mail": "メール", "letter": "郵送"}, "en": {"mail": "mail", "letter": "letter"}}
_SENT = {"ja": "{channel}、{date} ご案内", "en": "{channel}, sent {date}"}
_MORE = {"ja": "ほかに {count} 件あります。", "en": "There are {count} more."}


def unanswered(rows: Sequence[tuple[str, str, str, str]], *, locale: str) -> dict[str, Any]:
    """Return the content of a staff mail about invitations: (customer code, name, channel, date sent) each."""
    spoken = locale if locale in _LABELS else "en"
    words = _UNANSWERED[spoken]
    more = len(rows) - SHOWN
    return {
        "what": "invitation.unanswered",
        "heading": words.heading.format(count=len(rows)),
        "lines": [words.line, *([_MORE[spoken].format(count=more)] if more > 0 else [])],
        "facts": [
            [f"{code} {name}", _SENT[spoken].format(channel=_CHANNELS[spoken][channel], date=date)]
            for code, name, channel, date in rows[:SHOWN]
        ],
        "remedy": words.remedy,
    }


_FIRST_BY_LETTER = {
    "ja": _Words(
        "郵送の文書による受信用メールアドレスの登録（{code} {name}）",
        "次のお客様について、郵送の文書の仮パスワードで、最初の受信用メールアドレスが登録されました。"
        "今後の請求書のご案内はこのアドレスにお送りします。",
        "お心当たりのないアドレスの場合は、mailbot addresses revoke {email} で登録を取り消し、"
        "mailbot letters --reissue {code} で新しい文書をお送りください。",
    ),
    "en": _Words(
        "A letter was used to register a receiving address ({code} {name})",
        "Somebody registered this customer's first receiving address with the temporary password of a letter."
        " Invoice notices go there from now on.",
        "If you do not know the address, take it off: mailbot addresses revoke {email}, and send a new letter:"
        " mailbot letters --reissue {code}",
    ),
}


def first_by_letter(code: str, name: str, email: str, *, locale: str) -> dict[str, Any]:
    """Return the content of a staff mail about the first address that a customer registered with a letter."""
    spoken = locale if locale in _LABELS else "en"
    words, (customer, address, *_) = _FIRST_BY_LETTER[spoken], _LABELS[spoken]
    return {
        "what": "address.confirmed",
        "heading": words.heading.format(code=code, name=name),
        "lines": [words.line],
        "facts": [[customer, f"{code} {name}"], [address, email]],
        "remedy": words.remedy.format(code=code, email=email),
    }
