"""What a reply asks for: the words, the small grammar around them, and all that is not plainly a command."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.domain.polite_words import is_polite, is_signature, names_sender
from mailbot.domain.reply_command import COURTESY, LONGEST, LONGEST_PAUSE, MISREAD, UNCLEAR, Command, Deed, read

settings.register_profile("patient", deadline=None)  # another program may have the processor for a while
settings.load_profile("patient")

PLAIN = {
    Deed.APPROVE: (
        *(
            "承認",
            "承認します",
            "承認します。",
            "承認いたします。",
            "「承認」",
            "【承認】",
            " 承 認 ",
            "承認！",
            "・承認",
            "　承認　",
        ),
        *("ご招待を承認いたします", "本件、承認します。", "承認させていただきます", "辞退を取り消します", "辞退取消"),
        *(
            "approve",
            "APPROVE",
            "Ａｐｐｒｏｖｅ",
            "Approved.",
            "I approve.",
            "We approve the invitation",
            "approve please",
        ),
    ),
    Deed.DECLINE: (
        *(
            "辞退",
            "非承認",
            "辞退します。",
            "辞退いたします",
            "招待を辞退させていただきます。",
            "辞退いたしたく存じます",
            "辞退したいと思います",
        ),
        *("decline", "I decline.", "Declined", "we decline the invitation"),
    ),
    Deed.RECEIVED: (
        *(
            "受領",
            "受領しました",
            "受領いたしました。",
            "受領済みです",
            "確かに受領しました。",
            "請求書を受領いたしました",
            "受け取りました",
        ),
        *(
            "拝受いたしました",
            "受領しましたのでご連絡いたします。",
            "メールの添付を受領しました",
            "請求書を受領しました",
        ),
        *(
            "received",
            "Received!",
            "I have received it.",
            "We received the invoice",
            "received with thanks",
            "Invoice received",
        ),
    ),
    Deed.NOT_RECEIVED: (
        "未受領",
        "未受領です。",
        "受領を取り消します",
        "受領取消",
        "受領取り消し",
        "not received",
    ),
    Deed.RESEND: (
        *(
            "再送",
            "再送信",
            "再送をお願いします。",
            "再送してください",
            "再送お願いいたします",
            "メールの再送をお願い申し上げます",
            "再送希望",
        ),
        *(
            "お手数ですが、再送をお願いいたします。",
            "恐れ入りますが再送をお願いします",
            "再送していただけると助かります",
        ),
        *("resend", "Re-send please", "please resend the invoice", "Please send it again", "resend this mail"),
    ),
    Deed.LIST: (
        *("一覧", "請求書一覧", "一覧をください", "請求書の一覧をお願いします", "一覧を送ってください。"),
        *("list", "please send me the list", "invoice list", "list of my open invoices"),
    ),
    Deed.STOP: (
        *(
            "停止",
            "停止してください",
            "停止をお願いします。",
            "リマインドを停止してください",
            "メールの配信を停止します",
            "停止希望",
        ),
        *("stop", "STOP", "please stop the reminders", "Stop reminding me.", "mute"),
    ),
    Deed.RESUME: (
        "再開",
        "再開してください。",
        "リマインドの再開をお願いします",
        "停止解除",
        "resume",
        "start",
        "Please restart the reminders",
    ),
}


@pytest.mark.parametrize(("deed", "words"), [(deed, words) for deed, found in PLAIN.items() for words in found])
def test_the_words_of_each_command(deed: Deed, words: str) -> None:
    assert read(words) == Command(deed=deed)


@pytest.mark.parametrize(
    ("words", "days"),
    [
        *(
            ("停止 7日", 7),
            ("停止7日間", 7),
            ("停止７日", 7),
            ("7日間停止してください", 7),
            ("停止を14日間お願いします", 14),
        ),
        *(
            ("一週間停止", 7),
            ("停止 2週間", 14),
            ("停止（30日）", 30),
            ("停止1か月", 30),
            ("三ヶ月停止", 90),
            ("停止 三日", 3),
        ),
        *(("stop 7", 7), ("stop 7 days", 7), ("Stop for 14 days.", 14), ("pause 3 days", 3), ("snooze a week", 7)),
        *(("stop reminders for two weeks", 14), ("mute for 1 month", 30), ("stop 90", LONGEST_PAUSE)),
    ],
)
def test_a_pause_has_its_days(words: str, days: int) -> None:
    assert read(words) == Command(deed=Deed.PAUSE, days=days)


@pytest.mark.parametrize("words", ["停止 0日", "停止 91日", "停止 999日", "stop 91", "stop 0 days", "pause"])
def test_a_pause_without_end_or_length_is_unclear_or_nothing(words: str) -> None:
    assert not isinstance(read(words), Command)


@pytest.mark.parametrize(
    "words",
    [
        *(
            "担当変更 taro@example.jp",
            "担当変更：taro@example.jp",
            "担当変更　ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ",
            "担当者変更 taro@example.jp",
        ),
        *(
            "担当変更\ntaro@example.jp",
            "担当変更：\n\n<taro@example.jp>",
            "担当変更 山田太郎 <taro@example.jp>",
            "担当変更 <mailto:taro@example.jp>",
        ),
        *(
            "担当をtaro@example.jpに変更してください",
            "担当者の変更をtaro@example.jpにお願いします",
            "担当変更 taro@example.jp です。",
        ),
        *(
            "successor taro@example.jp",
            "Successor: taro@example.jp.",
            "my successor is taro@example.jp",
            "successor <taro@example.jp>",
        ),
    ],
)
def test_a_successor_has_an_address(words: str) -> None:
    assert read(words) == Command(deed=Deed.SUCCESSOR, address="taro@example.jp")


@pytest.mark.parametrize(
    "words",
    [
        "お世話になっております。\n株式会社さくらの山田です。\n\n受領いたしました。\n\nよろしくお願いいたします。",
        "みなと商事株式会社\n経理部 御中\n\nいつもお世話になっております。\n受領しました。\n取り急ぎご連絡まで。",
        "請求書をお送りいただきありがとうございます。\n受領しました。",
        "受領しました\n\n株式会社さくら\n経理部 山田太郎\nTEL: 03-1234-5678\ntaro@sakura.example\nhttps://sakura.example/",
        "受領しました。ありがとうございました。",
        "受領しました、よろしくお願いします",
        "受領しました よろしくお願いします",
        "確認しました。受領です。\n山田 太郎",
        "受領\n受領しました",
        "Hi,\n\nthanks for the invoice.\nReceived.\n\nBest regards,\nTaro Yamada\nSakura Ltd.\nTel. +81 3 1234 5678",
        "Dear Ms. Sato, received. Thank you very much!",
        "ok, received",
    ],
)
def test_politeness_around_a_command_is_passed_over(words: str) -> None:
    assert read(words, names=["山田 太郎", "Taro Yamada"]) == Command(deed=Deed.RECEIVED)


@pytest.mark.parametrize(
    "words",
    [
        *(
            "承認しません",
            "承認できません",
            "まだ承認できません。",
            "承認しかねます",
            "辞退しません",
            "受領していません",
            "受領しておりません",
        ),
        *(
            "停止しないでください",
            "再送不要です",
            "承認予定です",
            "承認してください",
            "承認しますか",
            "承認？",
            "承認でよろしいでしょうか。",
        ),
        *(
            "再送していただけますか？",
            "停止するとどうなりますか",
            "承認 辞退",
            "承認\n辞退",
            "承認、受領",
            "停止。再開。",
            "停止 7日\n停止 14日",
        ),
        *(
            "受領しました。金額が違います。",
            "受領しました。いつ振り込めばよいですか？",
            "受領しましたが、金額が違います",
            "承認します。ただし来月からです。",
        ),
        *(
            "受領しました\n来月から担当が変わります",
            "担当変更 taro@example.jp hanako@example.jp",
            "担当変更 taro yamada@example.jp",
            "担当変更は不要です (taro@example.jp)",
            "担当変更しません <taro@example.jp>",
            "担当変更について教えてください",
            "successor will be taro@example.com",
        ),
        *(
            "do not approve",
            "I don't approve",
            "approve?",
            "not approved",
            "please do not stop",
            "approve or decline",
            "approve\ndecline",
        ),
        *(
            "received, but the amount is wrong",
            "stop sending me this?",
            "Could you resend it?",
            "list everything you know",
        ),
    ],
)
def test_what_is_not_plain_is_never_an_act(words: str) -> None:
    assert read(words) is UNCLEAR


@pytest.mark.parametrize(
    "words",
    [
        *(
            "",
            "  \n ",
            "請求書の宛名を変えられますか？",
            "金額が違うようです。",
            "仮IDと仮パスワードはどこにありますか",
        ),
        *("When is it due?", "We have a question about the amount.", "please call me with this note"),
        *(
            "追跡番号 1234-5678-9012",
            "with this note",
            "0312345678",
            "承認" + "あ" * LONGEST,
            "長い話です。" * 40 + "承認の件",
        ),
    ],
)
def test_a_persons_words_are_no_command(words: str) -> None:
    found = read(words)
    assert found is None or (found is UNCLEAR and "承認の件" in words)


@pytest.mark.parametrize(
    "words",
    [
        "仮ID: ABCD-EFGH-2345\n仮パスワード: 0123-4567-89AB",
        "仮パスワードは 0123-4567-89AB、仮IDは ABCD-EFGH-2345 です。",
        "ABCDEFGH2345 0123456789AB",
        "ａｂｃｄ－ｅｆｇｈ－２３４５\n０１２３－４５６７－８９ａｂ",
        "Temporary ID abcd efgh 2345, password 0123 4567 89ab. Thanks!",
        "お世話になっております。どう登録しますか？\nABCD-EFGH-2345\nO123-4567-89AB\n山田",
    ],
)
def test_a_temporary_id_and_password_anywhere(words: str) -> None:
    found = read(words)
    assert isinstance(found, Command)
    assert (found.deed, found.paper_id, found.paper_password) == (Deed.REDEEM, "ABCDEFGH2345", "0123456789AB")
    assert "0123456789AB" not in repr(found)


@pytest.mark.parametrize(
    "words",
    [
        "仮ID UUUU-UUUU-2345 仮パスワード 0123-4567-89AB",
        "仮ID ABCD-EFGH-2345",
        "仮ID ABCD-EFGH-2345 仮パスワード 0123-4567",
        "仮ID: 7KQM-3FX 仮パスワード: 0123-4567",
        "ABCD-EFGH-2345 0123-4567-89AB XYZ1-XYZ2-XYZ3",
    ],
)
def test_a_code_that_cannot_be_read_is_told_from_other_words(words: str) -> None:
    assert read(words) is MISREAD


@pytest.mark.parametrize(
    "words",
    [
        *(
            "ありがとうございます。",
            "お世話になっております。",
            "了解しました。",
            "承知いたしました。よろしくお願いいたします。",
        ),
        *("Thank you!", "Got it, thanks.", "Noted, thank you.", "Hi Taro,\nUnderstood.\nKind regards"),
    ],
)
def test_thanks_alone_are_told_from_other_words(words: str) -> None:
    assert read(words) is COURTESY


@pytest.mark.parametrize(
    "words",
    [
        *(
            "担当変更（taro@example.jp）",
            "担当変更 （taro@example.jp）",
            "担当変更「taro@example.jp」",
            "担当変更【taro@example.jp】",
        ),
        *(
            "担当変更 〔taro@example.jp〕",
            "担当変更 ［taro@example.jp］",
            "担当変更 ＜taro@example.jp＞",
            "担当変更 山田（taro@example.jp）",
        ),
        *(
            "担当変更（後任の方のメールアドレス：taro@example.jp）",
            "担当変更 メールアドレス: taro@example.jp",
            "担当変更 <mailto:taro@example.jp>",
        ),
        *("successor (taro@example.jp)", "successor [taro@example.jp]", "successor: <taro@example.jp>"),
    ],
)
def test_an_address_may_stand_in_brackets(words: str) -> None:
    assert read(words) == Command(deed=Deed.SUCCESSOR, address="taro@example.jp")


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        *(
            ("担当変更", ""),
            ("担当変更お願いします", ""),
            ("担当変更 taro@", "taro@"),
            ("担当変更：taro.example.jp", "taro.example.jp"),
        ),
        *(("successor", ""), ("successor not-an-address", "not-an-address")),
    ],
)
def test_a_successor_whose_address_cannot_be_read_is_still_one_named(words: str, typed: str) -> None:
    assert read(words) == Command(deed=Deed.SUCCESSOR, address=typed)


@pytest.mark.parametrize(
    "words",
    ["ひばり工業の田中です。\n受領", "ひばり工業の田中です。受領しました。", "みなと物流の小林でございます。\n受領"],
)
def test_who_introduces_himself_may_command(words: str) -> None:
    assert read(words) == Command(deed=Deed.RECEIVED)


@pytest.mark.parametrize(
    "words",
    [
        "受領\n来月の予定です",
        "受領\n先日の件です",
        "受領しました。別の請求書の話です。",
        "受領\n数量の間違いです",
        "受領\n二重の請求です",
    ],
)
def test_what_only_looks_like_an_introduction_is_substance(words: str) -> None:
    assert read(words) is UNCLEAR


@pytest.mark.parametrize(
    "clause", ["承認しませんありがとうございます", "金額が違いますがよろしくお願いします", "振込先の変更です", "x" * 90]
)
def test_what_has_substance_is_not_polite(clause: str) -> None:
    assert not is_polite(clause)
    assert not is_signature(f"{clause}。株式会社を承認")


def test_names_are_those_of_the_sender() -> None:
    assert names_sender("山田 太郎", ["山田 太郎"])
    assert names_sender("山田太郎", ["山田 太郎"])
    assert not names_sender("田中", ["山田 太郎"])
    assert not names_sender("", ["山田 太郎"])


@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=2))
def test_nothing_raises(words: str, names: list[str]) -> None:
    read(words, names=names)


_PIECES = st.lists(
    st.sampled_from(
        [
            "承認",
            "辞退",
            "停止",
            "7日",
            "しません",
            "します",
            "。",
            "\n",
            "、",
            " ",
            "?",
            "approve",
            "not ",
            "お願い",
            "@a.jp",
        ]
    ),
    max_size=30,
).map("".join)


@given(_PIECES)
def test_a_question_or_a_negation_is_never_an_act(words: str) -> None:
    if "?" in words or "しません" in words:
        assert not isinstance(read(words), Command)


@given(st.sampled_from([words for found in PLAIN.values() for words in found]), st.text(min_size=5, max_size=30))
def test_other_words_beside_a_command_keep_it_from_being_one_or_leave_it_as_it_is(command: str, other: str) -> None:
    alone, together = read(command), read(f"{command}\nところで{other}")
    assert together in (UNCLEAR, None, alone) or isinstance(read(other), Command)


def test_no_words_take_long() -> None:
    began = time.perf_counter()
    for piece in (
        "承認を",
        "いつもお世話になり",
        "請求書のを",
        "a@",
        "<",
        "ご",
        "停止7",
        "0123-",
        "よろしく",
        "received ",
        "、",
        "の",
        "(",
        "社",
    ):
        for count in (30, 300, 20_000):
            read(piece * count)
            read(f"承認\n{piece * count}")
    assert time.perf_counter() - began < 5
