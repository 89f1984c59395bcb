"""Whether an automatic reply says that its writer is gone for good."""

from __future__ import annotations

import time

import pytest

from mailbot.mail.departure import LONGEST, left, tells
from mailbot.mail.parse import parse

GONE = """
私は10月31日をもちまして退職いたしました。後任は鈴木です。
山田は退職しております。今後のご連絡は下記までお願いいたします。
誠に勝手ながら、2026年3月31日をもって退社いたしました。
本日をもって退社いたしました。長い間お世話になりました。
人事異動に伴い、担当が佐藤に変更となりました。
このたび営業部へ異動となりました。
4月1日付で大阪支店に転出いたしました。
山田は現在在籍しておりません。
このメールアドレスは現在使用されておりません。
当アドレスは2026年10月末で廃止いたしました。新しいアドレスは info@example.com です。
担当者が鈴木に変わりました。
お問い合わせは後任の田中までお願いします。
Thank you for your message. Please note that I am no longer with ACME.
John Smith no longer works for this company.
She is no longer employed at Example Corp.
Mr Smith has recently left ACME Ltd. Please write to Hanako.
I've retired. Contact info@example.com.
As of October I have moved to a new role within the company.
My last day at ACME was October 3.
He doesn’t work here any more.
Herr Müller ist nicht mehr in unserem Unternehmen beschäftigt.
Frau Schmidt hat das Unternehmen verlassen.
M. Dupont ne travaille plus dans notre société.
J'ai quitté la société.
María ya no trabaja en esta empresa.
Mario Rossi non lavora più presso di noi.
João já não trabalha nesta empresa.
Jan is niet meer werkzaam bij ons.
Иванов больше не работает в компании.
我已离职，请联系王小姐。
해당 직원은 퇴사하였습니다.
"""

AWAY = """
本日は休暇をいただいております。11月24日より出社いたします。
本日は退社いたしました。明日ご連絡いたします。
すでに退社いたしました。お急ぎの方は代表までお電話ください。
産休・育休のため2027年4月まで不在です。代わりに鈴木が承ります。
退職金に関するお問い合わせは人事部までお願いします。
I am out of the office until Monday with limited access to email.
I am on parental leave until April. Please contact Hanako.
I have left the office for the day.
I have left you a voicemail.
I am no longer in the office today. I will be back tomorrow.
Please let us know if you no longer wish to receive these mails.
Ich bin bis 24.11. nicht im Büro.
Je suis absent jusqu'au 24 novembre.
Estoy fuera de la oficina hasta el lunes.
Sono fuori ufficio fino a lunedì.
Estou de férias até segunda.
Ik ben afwezig tot maandag.
Я в отпуске до понедельника.
我正在休假，下周一回来。
ご担当者様が退職された場合は、お知らせください。
請求書の受け取り担当者が変更されました。後任の方が請求書の受け取りを承諾されました。
異動になりましたら新しい宛先をご連絡ください。
If the person you wrote to has left the company, write to info@example.com.
> I am no longer with ACME.
Your message has been received. We will reply within two days.
"""


@pytest.mark.parametrize("text", GONE.strip().splitlines())
def test_who_has_left(text: str) -> None:
    assert left(f"いつもお世話になっております。\n{text}\n")


@pytest.mark.parametrize("text", AWAY.strip().splitlines())
def test_who_is_only_away(text: str) -> None:
    assert not left(f"いつもお世話になっております。\n{text}\n")


def test_a_reply_tells_by_its_subject_or_its_words() -> None:
    def told(subject: str, words: str) -> bool:
        return tells(parse(f"From: a@b.c\nSubject: {subject}\n\n{words}".encode()))

    assert told("退職いたしました", "今までありがとうございました。")
    assert told("Automatic reply", "I am no longer with ACME.")
    assert not told("Automatic reply", "I am away.")


def test_words_that_a_mail_program_broke() -> None:
    assert left("10月31日をもちまして退職い\nたしました。")
    assert left("I am no longer\nwith ACME.")


def test_only_so_much_is_read() -> None:
    assert not left("x" * LONGEST + " I am no longer with ACME.")


@pytest.mark.parametrize("piece", ["a ", "no longer ", "退職", "has ", "not ", "now ", " ", "退\n"])
def test_reading_takes_time_by_length_only(piece: str) -> None:
    began = time.process_time()
    left(piece * 100_000)
    assert time.process_time() - began < 0.5
