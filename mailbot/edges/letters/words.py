"""What a letter says, in each language.

Owns the words that are the same on every sheet of an issuer. `{issuer}`, `{claim}` and `{sign_in}` stand for its name
and for the addresses of the pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one language."""

    title: str
    greeting: tuple[str, ...]
    """Paragraphs."""
    paper_id: str
    password: str
    expires: str
    until: str
    """How a date is said to be the last day; `{date}`."""
    spelling: str
    """How to read the codes."""
    qr: str
    steps_heading: str
    steps: tuple[tuple[str, str], ...]
    account_heading: str
    account: str
    direct_heading: str
    direct: str
    company_code: str
    customer_code: str
    letter_password: str
    """What to type as password there."""
    contact_heading: str
    lost: str
    phone: str
    hours: str
    """`{hours}`, beside a telephone number."""
    email: str
    registration_number: str
    separator: str
    """Between a label and its value."""


WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "ja": Words(
            title="請求書の電子受け取りのご案内",
            greeting=(
                "平素は格別のお引き立てを賜り、厚く御礼申し上げます。",
                (
                    "弊社では、請求書を電子データ（PDF）でお届けしております。つきましては、下記の手順でご登録くださいますよう"
                    "お願い申し上げます。ご登録に費用はかからず、ソフトウェアのインストールも必要ありません。"
                ),
            ),
            paper_id="仮ID",
            password="仮パスワード",  # noqa: S106  a label
            expires="有効期限",
            until="{date}まで",
            spelling="数字と英大文字です。斜線のある 0 は数字のゼロです。英字の O・I・L・U は使われていません。"
            "ハイフンは省いても構いません。",
            qr="仮IDの入力を省けます",
            steps_heading="ご登録の手順",
            steps=(
                (
                    "ページを開く",
                    "スマートフォンでQRコードを読み取るか、ブラウザーで {claim} を開いてください。",
                ),
                ("仮IDを入力する", "ご自身のメールアドレスと、上記の仮ID・仮パスワードを入力してください。"),
                (
                    "登録する",
                    (
                        "会社情報とご担当者の情報を入力し、内容を確認して登録してください。"
                        "届いたメールのボタンを押すと完了です。"
                    ),
                ),
            ),
            account_heading="すでにご登録をお持ちの場合",
            account="{sign_in} からログインし、「招待受信一覧」で仮IDと仮パスワードを入力してください。"
            "ご利用中の登録に弊社からのご案内が追加されます。",
            direct_heading="会社情報を登録せずに受け取る場合",
            direct="{sign_in}#letter に次の内容を入力し、受信用のメールアドレスを設定してください。",
            company_code="企業コード",
            customer_code="顧客コード",
            letter_password="パスワード　上記の仮パスワード",  # noqa: S106  a label
            contact_heading="お問い合わせ",
            lost="この案内状を紛失された場合や有効期限が切れた場合は、新しい案内状をお送りいたしますので、"
            "下記までご連絡ください。仮ID・仮パスワードは、受け取りのご担当者以外に知らせないようお願いいたします。",
            phone="電話",
            hours="（受付時間 {hours}）",
            email="メール",
            registration_number="登録番号",
            separator=" ",
        ),
        "en": Words(
            title="Receive your invoices electronically",
            greeting=(
                "{issuer} sends its invoices electronically, as PDF files. Please register to receive yours this way.",
                "Registering takes the three steps below. It costs nothing, and there is nothing to install.",
            ),
            paper_id="Temporary ID",
            password="Temporary password",  # noqa: S106  a label
            expires="Good until",
            until="{date}",
            spelling="Digits and capital letters. A 0 with a stroke is the digit zero; the letters O, I, L and U do"
            " not occur. You may leave out the hyphens.",
            qr="saves typing the ID",
            steps_heading="How to register",
            steps=(
                ("Open the page", "Scan the QR code with your phone, or open {claim} in a browser."),
                ("Enter the ID", "Enter your own mail address, and the temporary ID and password above."),
                (
                    "Register",
                    (
                        "Enter your company and your name, check what you entered, and register."
                        " Press the button in the mail that arrives, and you are done."
                    ),
                ),
            ),
            account_heading="If you have an account already",
            account="Sign in at {sign_in} and enter the temporary ID and password on the page of your invitations."
            " We are then added to your account.",
            direct_heading="Without registering a company",
            direct="Enter the following at {sign_in}#letter, then set the mail address that invoices are to go to.",
            company_code="Company code",
            customer_code="Customer code",
            letter_password="Password: the temporary password above",  # noqa: S106  a label
            contact_heading="Questions",
            lost="If this letter is lost, or the date above has passed, we will send you a new one: please contact us."
            " Show the temporary ID and password to nobody but those who receive invoices.",
            phone="Phone",
            hours=" ({hours})",
            email="Email",
            registration_number="Invoice registration number",
            separator=": ",
        ),
    }
)
"""By language; any other than these gets English."""


def words_for(locale: str) -> Words:
    """Return the words of a language."""
    return WORDS.get(locale, WORDS["en"])
