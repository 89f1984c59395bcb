"""What staff is told of addresses: they do not work, come back now and then, complained, or their owner has left.

Owns the words, in the issuer's language; the template of kind `staff` gives them their form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mailbot.flows.staff_words import kind_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mailbot.flows.give_up import Why
    from mailbot.store.customers import Customer
    from mailbot.store.outbox import Mail

SHOWN = 20
"""Invoices that a mail names; the rest is counted."""

LINES = 15
"""Lines of somebody's notice that staff is shown."""

WIDEST = 200
"""Characters of such a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a customer is left with when an address is given up."""

    code: str
    name: str
    others: tuple[str, ...]
    """Addresses that go on receiving."""
    default: str
    """The one that became the default one; empty: that did not change, or there is none."""
    unheard: tuple[str, ...]
    """Numbers of open invoices that nobody can receive now."""


_REASONS = {
    "ja": {
        "userunknown": "宛先のメールアドレスが存在しません",
        "hostunknown": "宛先のドメインが存在しません",
        "hasmoved": "宛先は別のアドレスに変わっています",
        "notaccept": "宛先のドメインはメールを受け付けていません",
        "mailboxfull": "メールボックスの容量が不足しています",
        "suspend": "宛先のメールアドレスは停止されています",
        "filtered": "宛先に受信を拒否されました",
        "expired": "宛先のサーバーへ期限までに届きませんでした",
        "networkerror": "宛先のサーバーにつながりませんでした",
        "systemerror": "宛先のサーバーに障害が起きています",
        "systemfull": "宛先のサーバーの容量が不足しています",
        "spamdetected": "迷惑メールと判定されました",
        "virusdetected": "ウイルスを含むと判定されました",
        "blocked": "送信元のサーバーが拒否されました",
        "rejected": "送信元のアドレスが拒否されました",
        "badreputation": "送信元の評価を理由に拒否されました",
        "policyviolation": "宛先の方針により拒否されました",
        "authfailure": "送信ドメイン認証に失敗しました",
        "mesgtoobig": "メールが大きすぎます",
        "exceedlimit": "メールが大きすぎます",
    },
    "en": {
        "userunknown": "there is no such mailbox",
        "hostunknown": "there is no such domain",
        "hasmoved": "the mailbox has moved to another address",
        "notaccept": "the domain takes no mail",
        "mailboxfull": "the mailbox is full",
        "suspend": "the mailbox is suspended",
        "filtered": "the recipient's side refused it",
        "expired": "the server could not be reached in time",
        "networkerror": "the server could not be reached",
        "systemerror": "the server is in trouble",
        "systemfull": "the server has no room left",
        "spamdetected": "it was taken for spam",
        "virusdetected": "it was taken for a virus",
        "blocked": "the sending server is blocked there",
        "rejected": "the sender's address is refused there",
        "badreputation": "the sender's reputation is too low there",
        "policyviolation": "the recipient's policy does not allow it",
        "authfailure": "the sender could not be authenticated",
        "mesgtoobig": "the mail is too large",
        "exceedlimit": "the mail is too large",
    },
}

_LABELS = {
    "ja": {
        "customer": "お客様",
        "address": "アドレス",
        "reason": "理由",
        "said": "相手の応答",
        "elsewhere": "転送先",
        "kind": "戻ってきたメール",
        "id": "送信番号",
        "from": "差出人",
    },
    "en": {
        "customer": "Customer",
        "address": "Address",
        "reason": "Reason",
        "said": "The server's answer",
        "elsewhere": "Forwarded to",
        "kind": "The mail that came back",
        "id": "Outbox number",
        "from": "From",
    },
}

_WORDS = {
    "ja": {
        "dead": "メールアドレスへ配信できなくなりました（{email}）",
        "dead_line": "次のアドレスへのメールが、届けられずに戻ってきました。今後、このアドレスへは送信しません。",
        "others": "{name}：ほかの受信アドレス（{others}）への配信は続けます。",
        "default": "既定の受信アドレスは {default} に変わりました。",
        "alone": "{name}：請求書を受け取れるアドレスがほかにありません。",
        "unheard": "ダウンロードされていない請求書が {count} 件あります（{numbers}）。別の方法でお届けください。",
        "more": " ほか",
        "dead_remedy": "お客様に現在のメールアドレスをお尋ねのうえ、顧客データに加えて取り込んでください"
        "（mailbot customers import FILE）。{email} が再び使えるようになった場合は、mailbot addresses revoke {email}"
        " の後に顧客データを取り込むと、確認のメールを改めてお送りします。",
        "weak": "メールが繰り返し戻ってきています（{email}）",
        "weak_once": "メールが戻ってきました（{email}）",
        "weak_once_line": "次のアドレスへのメールが、届けられずに戻ってきました。"
        "届くかどうかを確かめるメールを送信しました。",
        "weak_line": "次のアドレスへのメールが、{points}日にわたって戻ってきました。"
        "届くかどうかを確かめるメールを送信しました。",
        "weak_next": "このメールも戻ってきた場合は、このアドレスへの送信を止めて、改めてお知らせします。"
        "7日のうちに戻らなければ、届いているものとして送信を続けます。",
        "weak_ours": "拒否の理由は送信側にあると見られるため、このアドレスへの送信は続けます。",
        "forwarded": "お客様のアドレスそのものではなく、その転送先から戻ってきています。",
        "weak_remedy": "お客様に、メールを受信できているかをお確かめください。",
        "weak_ours_remedy": "メールサーバーの管理者に、相手の応答をお伝えください。"
        "お客様には、差出人のアドレスを受信できる設定にしていただくようお願いしてください。",
        "complaint": "迷惑メールとして報告されました（{email}）",
        "complaint_line": "次のアドレスの受信者が、お送りしたメールを迷惑メールとして報告しました。"
        "このアドレスへの再度のご案内を停止しました。請求書発行のお知らせは、今後もお送りします。",
        "complaint_remedy": "お客様に、請求書のお知らせをこのアドレスへお送りしてよいかをお確かめください。",
        "complaint_doubt": "迷惑メールとしての報告が届きました（{email}）",
        "complaint_doubt_line": "次のアドレスへお送りしたメールが迷惑メールとして報告されましたが、"
        "ご本人からの報告かどうかを確かめられませんでした。再度のご案内は、今のところ続けています。",
        "complaint_kind": "報告されたメール",
        "alive": "配信を止めているアドレスからメールが届きました（{email}）",
        "alive_line": "届かないとして配信を止めている次のアドレスを差出人とするメールを受信しました。"
        "再び受信できるようになっている可能性があります。このアドレスへの送信は、引き続き止めています。",
        "alive_remedy": "お客様にメールを受信できるかをお確かめください（差出人は偽ることができます）。使える場合は、"
        "mailbot addresses revoke {email} の後に顧客データを取り込むと、確認のメールを改めてお送りします。",
        "left": "ご担当者が退職・異動された可能性があります（{email}）",
        "left_line": "次のアドレスから、ご担当者の退職または異動を知らせる自動応答が届きました。"
        "このアドレスへの送信は、今のところ続けています。",
        "left_words": "届いた文面：",
        "left_remedy": "お客様に後任の方のメールアドレスをお尋ねのうえ、顧客データに加えて取り込んでください"
        "（mailbot customers import FILE）。古いアドレスは mailbot addresses revoke {email} で外せます。",
    },
    "en": {
        "dead": "An address does not work any more ({email})",
        "dead_line": "Mail to this address came back for good. Nothing more is sent there.",
        "others": "{name}: the other receiving addresses go on ({others}).",
        "default": "The default address is {default} now.",
        "alone": "{name}: no other address receives invoices.",
        "unheard": "{count} open invoices have not been downloaded ({numbers}). Please deliver them in another way.",
        "more": " and others",
        "dead_remedy": "Ask the customer for the address of today, add it to the customer data and import them: mailbot"
        " customers import FILE. Should {email} work again: mailbot addresses revoke {email}, then import the"
        " customer data; the address is asked to confirm itself anew.",
        "weak": "Mail comes back again and again ({email})",
        "weak_once": "A mail came back ({email})",
        "weak_once_line": "A mail to this address came back. Another one was sent to find out whether it works.",
        "weak_line": "Mail to this address came back on {points} days. A mail was sent to find out whether it works.",
        "weak_next": "Should that one come back too, nothing more is sent there, and you are told. If it does not"
        " within 7 days, the address is taken to work.",
        "weak_ours": "The reason seems to lie with the sender, so mails to this address go on.",
        "forwarded": "It does not come back from the customer's address itself, but from where that one forwards to.",
        "weak_remedy": "Ask the customer whether mails arrive.",
        "weak_ours_remedy": "Show the server's answer to whoever runs your mail server, and ask the customer to let"
        " mails from your address in.",
        "complaint": "A mail was reported as spam ({email})",
        "complaint_line": "The recipient at this address reported a mail as spam. No more reminders go there."
        " Notices of new invoices still do.",
        "complaint_remedy": "Ask the customer whether notices of invoices may go to this address.",
        "complaint_doubt": "A mail may have been reported as spam ({email})",
        "complaint_doubt_line": "Somebody reported a mail to this address as spam. Nothing proves that its recipient"
        " did, so reminders still go there.",
        "complaint_kind": "The mail that was reported",
        "alive": "A mail came from an address that was given up ({email})",
        "alive_line": "Mail to this address came back for good, and now somebody writes from it: it may work again."
        " Still, nothing is sent there.",
        "alive_remedy": "Ask the customer whether mails arrive there; a sender's address can be forged. If they do:"
        " mailbot addresses revoke {email}, then import the customer data; the address is asked to confirm itself"
        " anew.",
        "left": "Somebody may have left the company ({email})",
        "left_line": "An automatic reply from this address says that its owner has left or moved on. Mails still go"
        " there for now.",
        "left_words": "What it says:",
        "left_remedy": "Ask the customer who receives invoices now, add that address to the customer data and import"
        " them: mailbot customers import FILE. To take the old one off: mailbot addresses revoke {email}",
    },
}


def undeliverable(left: Sequence[Left], *, email: str, why: Why, locale: str) -> dict[str, Any]:
    """Return the content of a staff mail about an address that was given up, for the customers that had it."""
    spoken = _spoken(locale)
    words = _WORDS[spoken]
    return {
        "what": "address.undeliverable",
        "customer": {"code": left[0].code, "name": left[0].name},
        "heading": words["dead"].format(email=email),
        "lines": [words["dead_line"], *(line for each in left for line in _left(each, words))],
        "facts": _facts(spoken, [f"{each.code} {each.name}" for each in left], email=email, why=why),
        "remedy": words["dead_remedy"].format(email=email),
    }


def _left(left: Left, words: Mapping[str, str]) -> list[str]:
    if left.others:
        moved = words["default"].format(default=left.default) if left.default else ""
        return [" ".join(filter(None, (words["others"].format(name=left.name, others=", ".join(left.others)), moved)))]
    lines = [words["alone"].format(name=left.name)]
    if left.unheard:
        more = words["more"] if len(left.unheard) > SHOWN else ""
        numbers = ", ".join(left.unheard[:SHOWN]) + more
        lines.append(words["unheard"].format(count=len(left.unheard), numbers=numbers))
    return lines


def weak(customer: Customer, *, email: str, why: Why, points: int, ours: bool, locale: str) -> dict[str, Any]:
    """Return the content of a staff mail about an address that is probed; `ours`: the reason lies with the sender."""
    spoken = _spoken(locale)
    words = _WORDS[spoken]
    key = "weak" if points > 1 else "weak_once"
    lines = [words[f"{key}_line"].format(points=points), words["weak_ours" if ours else "weak_next"]]
    return {
        "what": "address.probed",
        "customer": {"code": customer.code, "name": customer.name},
        "heading": words[key].format(email=email),
        "lines": [*lines, *([words["forwarded"]] if why.elsewhere else [])],
        "facts": _facts(spoken, [f"{customer.code} {customer.name}"], email=email, why=why),
        "remedy": words["weak_ours_remedy" if ours else "weak_remedy"],
    }


def complaint(customer: Customer, *, email: str, mail: Mail, muted: bool, locale: str) -> dict[str, Any]:
    """Return the content of a staff mail about a recipient who pressed "this is spam"; `muted`: it was believed."""
    spoken = _spoken(locale)
    words, labels = _WORDS[spoken], _LABELS[spoken]
    return {
        "what": "address.muted" if muted else "address.reported",
        "customer": {"code": customer.code, "name": customer.name},
        "heading": words["complaint" if muted else "complaint_doubt"].format(email=email),
        "lines": [words["complaint_line" if muted else "complaint_doubt_line"]],
        "facts": [
            [labels["customer"], f"{customer.code} {customer.name}"],
            [labels["address"], email],
            [words["complaint_kind"], kind_word(mail.kind, spoken)],
            [labels["id"], str(mail.id)],
        ],
        "remedy": words["complaint_remedy"],
    }


def departed(customer: Customer, *, email: str, sender: str, notice: str, locale: str) -> dict[str, Any]:
    """Return the content of a staff mail about an automatic reply which says that somebody has left."""
    spoken = _spoken(locale)
    words, labels = _WORDS[spoken], _LABELS[spoken]
    said = [line.strip()[:WIDEST] for line in notice.splitlines() if line.strip()]
    return {
        "what": "address.absent",
        "customer": {"code": customer.code, "name": customer.name},
        "heading": words["left"].format(email=email),
        "lines": [words["left_line"], words["left_words"], *(f"> {line}" for line in said[:LINES])],
        "facts": [
            [labels["customer"], f"{customer.code} {customer.name}"],
            [labels["address"], email],
            *([[labels["from"], sender]] if sender not in {"", email} else []),
        ],
        "remedy": words["left_remedy"].format(email=email),
    }


def alive(customer: Customer, *, email: str, locale: str) -> dict[str, Any]:
    """Return the content of a staff mail about an address that was given up and that somebody writes from."""
    spoken = _spoken(locale)
    words, labels = _WORDS[spoken], _LABELS[spoken]
    return {
        "what": "address.alive",
        "customer": {"code": customer.code, "name": customer.name},
        "heading": words["alive"].format(email=email),
        "lines": [words["alive_line"]],
        "facts": [[labels["customer"], f"{customer.code} {customer.name}"], [labels["address"], email]],
        "remedy": words["alive_remedy"].format(email=email),
    }


def _facts(spoken: str, customers: Sequence[str], *, email: str, why: Why) -> list[list[str]]:
    labels = _LABELS[spoken]
    rows = [
        *([labels["customer"], customer] for customer in customers),
        [labels["address"], email],
        [labels["elsewhere"], why.elsewhere],
        [labels["reason"], _REASONS[spoken].get(why.reason, why.reason)],
        [labels["said"], why.said],
        [labels["kind"], kind_word(why.mail.kind, spoken)],
        [labels["id"], str(why.mail.id)],
    ]
    return [row for row in rows if row[1]]


def _spoken(locale: str) -> str:
    return locale if locale in _WORDS else "en"
