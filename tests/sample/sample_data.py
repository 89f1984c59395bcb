"""The two made-up companies of the sample, their customers and what they bill.

Owns the facts only; `make_sample` writes files from them. Every mail domain is reserved (RFC 2606), every telephone
number is one that is not given out, and the registration numbers have a right check digit and no owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of an invoice; `price` in minor units, without tax."""

    what: str
    quantity: int
    unit: str
    price: int
    rate: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One invoice, and how its row is written: people write the same amount in many ways."""

    customer: str
    number: str
    subject: str
    lines: tuple[Line, ...]
    note: str = ""
    issued: date = date(2026, 11, 20)
    due: date = date(2026, 12, 31)
    amount_as: str = "{plain}"
    date_as: str = "%Y-%m-%d"
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One customer."""

    code: str
    name: str
    kana: str = ""
    emails: str = ""
    locale: str = ""
    channel: str = ""
    postal_code: str = ""
    address: str = ""
    delivery: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Abroad:
    """An issuer in its other language."""

    locale: str
    name: str
    department: str
    hours: str
    postal: str
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """One issuer, with the looks of its invoices."""

    code: str
    name: str
    locale: str
    currency: str
    sender: str
    staff: str
    registration_number: str
    department: str
    phone: str
    hours: str
    email: str
    postal: str
    bank: str
    colour: str
    tint: str
    spacing: str
    seal: str
    closed: tuple[str, ...]
    abroad: Abroad
    customers: tuple[Customer, ...]
    bills: tuple[Bill, ...]


AOBA = Company(
    code="AOBA",
    name="株式会社あおば商事",
    locale="ja",
    currency="JPY",
    sender="seikyu@aoba.example.com",
    staff="keiri@aoba.example.com",
    registration_number="T7999901000001",
    department="経理部 請求書係",
    phone="03-0000-0000",
    hours="平日 9:00～17:00",
    email="keiri@aoba.example.com",
    postal="〒100-0000 東京都千代田区青葉町1-2-3 あおばビル5階",
    bank="みほん銀行 本店営業部 普通 0000000 カ）アオバシヨウジ",
    colour="#1f6b4a",
    tint="#eef5f1",
    spacing=".6em",
    seal="青葉商事",
    closed=("12-29..01-03",),
    abroad=Abroad(
        locale="en",
        name="Aoba Trading Co., Ltd.",
        department="Billing Department",
        phone="+81 3-0000-0000",
        hours="weekdays 9:00-17:00 Japan time",
        postal="Aoba Building 5F, 1-2-3 Aoba-cho, Chiyoda-ku, Tokyo 100-0000, Japan",
    ),
    customers=(
        Customer(
            code="A001",
            name="さくら歯科クリニック",
            kana="サクラシカクリニック",
            emails="uketsuke@sakura-dental.example.com",
            channel="確認のみ",
            postal_code="150-0000",
            address="東京都渋谷区桜木町4-5-6",
        ),
        Customer(
            code="A002",
            name="㈱髙橋工務店",
            kana="タカハシコウムテン",
            emails="keiri@takahashi.example.com; jimusho@takahashi.example.com",
            channel="確認のみ",
            postal_code="330-0000",
            address="埼玉県さいたま市みどり区高砂7-8-9",
            delivery="リンク",
        ),
        Customer(
            code="A003",
            name="有限会社みなと水産",
            kana="ミナトスイサン",
            emails="info@minato-suisan.example.com",
            channel="確認のみ",
            postal_code="104-0000",
            address="東京都中央区みなと町1-1",
        ),
        Customer(
            code="A004",
            name="学校法人ひばり学園",
            kana="ヒバリガクエン",
            emails="jimu@hibari.example.com",
            channel="確認のみ",
            postal_code="210-0000",
            address="神奈川県川崎市ひばり区緑ケ丘10-20",
            delivery="両方",
        ),
        Customer(
            code="A005",
            name="中野ベーカリー",
            kana="ナカノベーカリー",
            channel="郵送",
            postal_code="164-0000",
            address="東京都中野区麦町3-3-3",
        ),
        Customer(
            code="A006",
            name="医療法人社団 若葉会",
            kana="ワカバカイ",
            emails="keiri@wakabakai.example.com",
            channel="メール",
            postal_code="260-0000",
            address="千葉県千葉市若葉台2-2",
        ),
        Customer(
            code="A007",
            name="Blue Heron Design LLC",
            kana="ブルーヘロンデザイン",
            emails="accounts@blueheron.example.com",
            locale="en",
            channel="確認のみ",
            postal_code="220-0000",
            address="神奈川県横浜市みらい区海岸通5-6-7",
        ),
    ),
    bills=(
        Bill(
            customer="A001",
            number="AB-2026-1101",
            subject="11月分 オフィス用品",
            amount_as="￥{grouped}",
            lines=(
                Line(what="コピー用紙 A4 5,000枚", quantity=6, unit="箱", price=3_200),
                Line(what="診察券ケース 100枚入", quantity=4, unit="袋", price=1_450),
                Line(what="ボールペン 黒 10本組", quantity=5, unit="組", price=1_000),
            ),
        ),
        Bill(
            customer="A002",
            number="AB-2026-1102",
            subject="現場事務所 什器一式",
            amount_as="{grouped}円",
            date_as="%Y/%m/%d",
            note="納品書番号 D-20261105 分を含みます。",
            lines=(
                Line(what="会議テーブル 1800×900", quantity=2, unit="台", price=48_000),
                Line(what="スタッキングチェア", quantity=12, unit="脚", price=6_800),
                Line(what="配送・組立", quantity=1, unit="式", price=22_400),
            ),
        ),
        Bill(
            customer="A003",
            number="AB-2026-1103",
            subject="11月分 事務用品・お茶",
            lines=(
                Line(what="伝票用紙 3枚複写", quantity=20, unit="冊", price=620),
                Line(what="緑茶 ティーバッグ 100袋", quantity=10, unit="箱", price=980, rate=8),
                Line(what="防水ラベルシール", quantity=8, unit="巻", price=1_150),
            ),
        ),
        Bill(
            customer="A004",
            number="AB-2026-1104",
            subject="図書室 書架および備品",
            amount_as="wide",
            date_as="%Y年%m月%d日",
            file="ご請求書_AB-2026-1104.pdf",
            lines=(
                Line(what="木製書架 6段", quantity=8, unit="台", price=57_500),
                Line(what="閲覧机 4人掛", quantity=5, unit="台", price=42_000),
                Line(what="据付工事", quantity=1, unit="式", price=80_000),
            ),
        ),
        Bill(
            customer="A005",
            number="AB-2026-1105",
            subject="11月分 包装資材",
            note="郵送でのご案内をお送りしております。",
            lines=(
                Line(what="パン用紙袋 中", quantity=30, unit="束", price=420),
                Line(what="シール 丸型 ロゴ入", quantity=6, unit="巻", price=2_900),
            ),
        ),
        Bill(
            customer="A006",
            number="AB-2026-1106",
            subject="複合機 保守料 11月分",
            lines=(Line(what="複合機保守 基本料", quantity=3, unit="台", price=10_000),),
        ),
        Bill(
            customer="A007",
            number="AB-2026-1107",
            subject="Office supplies, November",
            amount_as="¥{grouped}",
            lines=(
                Line(what="トレーシングペーパー A3", quantity=10, unit="冊", price=1_380),
                Line(what="カッティングマット A2", quantity=4, unit="枚", price=2_250),
            ),
        ),
        Bill(
            customer="A001",
            number="AB-2026-1108",
            subject="待合室 チェア（追加分）",
            amount_as="￥{grouped}",
            lines=(Line(what="待合チェア 2人掛 グリーン", quantity=2, unit="脚", price=39_500),),
        ),
    ),
)

HARBOUR = Company(
    code="HARBOUR",
    name="Harbour & Pine Consulting K.K.",
    locale="en",
    currency="USD",
    sender="billing@harbour-pine.example.com",
    staff="accounts@harbour-pine.example.com",
    registration_number="T5999902000002",
    department="Accounts receivable",
    phone="+1 202-555-0143",
    hours="Mon-Fri 9:00-17:00 (JST)",
    email="accounts@harbour-pine.example.com",
    postal="9-9-9 Kaigan-dori, Minato-machi, Tokyo 105-0000, Japan",
    bank="Specimen Bank, Head Office, account 0000000, SWIFT SPECJPJT",
    colour="#1d3f66",
    tint="#eef2f7",
    spacing="0",
    seal="",
    closed=("12-24..01-03",),
    abroad=Abroad(
        locale="ja",
        name="ハーバー・アンド・パイン株式会社",
        department="経理部 請求担当",
        hours="平日 9:00～17:00",
        postal="〒105-0000 東京都みなと町海岸通9-9-9",
    ),
    customers=(
        Customer(
            code="H-100",
            name="Larkspur Robotics Inc.",
            emails="ap@larkspur.example.com",
            locale="en",
            channel="confirm",
            address="12 Foundry Lane, Springfield",
        ),
        Customer(
            code="H-101",
            name="Quill & Thistle Publishing",
            emails="finance@quillthistle.example.org",
            locale="en",
            channel="confirm",
            address="7 Printer's Row, Milltown",
            delivery="both",
        ),
        Customer(
            code="H-102",
            name="株式会社そよかぜ旅行",
            kana="ソヨカゼリョコウ",
            emails="keiri@soyokaze.example.net",
            locale="ja",
            channel="confirm",
            postal_code="530-0000",
            address="大阪府大阪市風町1-2-3",
        ),
        Customer(
            code="H-103",
            name="O'Malley, Finch & Partners LLP",
            emails="office@omalleyfinch.example.org",
            locale="en",
            channel="none",
            address="44 Chancery Court, Oldbridge",
        ),
        Customer(
            code="H-104",
            name="Meridian Tea Traders",
            emails="ledger@meridiantea.example.net accounts@meridiantea.example.net",
            locale="en",
            channel="confirm",
            address="3 Wharf Street, Portside",
        ),
    ),
    bills=(
        Bill(
            customer="H-100",
            number="HP-0417",
            subject="Process review, November",
            amount_as="{plain}",
            lines=(
                Line(what="Senior consultant", quantity=6, unit="days", price=98_000),
                Line(what="Workshop, on site", quantity=1, unit="day", price=145_050),
            ),
        ),
        Bill(
            customer="H-101",
            number="HP-0418",
            subject="Catalogue migration, phase 2",
            amount_as="{grouped}",
            note="Purchase order QT-2291.",
            lines=(
                Line(what="Data engineer", quantity=9, unit="days", price=72_500),
                Line(what="Quality check", quantity=12, unit="hours", price=9_575),
            ),
        ),
        Bill(
            customer="H-102",
            number="HP-0419",
            subject="インバウンド向けサイト改善",
            amount_as="US${grouped}",
            date_as="%Y/%m/%d",
            lines=(Line(what="Website review and report", quantity=1, unit="set", price=250_000),),
        ),
        Bill(
            customer="H-103",
            number="HP-0420",
            subject="Retainer, November",
            amount_as="{plain}",
            lines=(Line(what="Monthly retainer", quantity=1, unit="month", price=120_000),),
        ),
        Bill(
            customer="H-104",
            number="HP-0421",
            subject="Export compliance training",
            amount_as="USD {grouped}",
            lines=(
                Line(what="Training session, remote", quantity=3, unit="days", price=88_000),
                Line(what="Printed course book", quantity=14, unit="copies", price=2_350),
            ),
        ),
    ),
)

COMPANIES = (AOBA, HARBOUR)
