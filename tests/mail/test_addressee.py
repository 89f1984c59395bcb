"""Forms of address and dates."""

from __future__ import annotations

import pytest

from mailbot.mail.addressee import addressed, date_en, date_ja


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("株式会社みどり製作所", "株式会社みどり製作所 御中"),
        ("㈱みどり", "㈱みどり 御中"),
        ("みどり（株）", "みどり（株） 御中"),
        ("(有)田中商店", "(有)田中商店 御中"),
        ("医療法人 青空会", "医療法人 青空会 御中"),
        ("Midori Works Ltd.", "Midori Works Ltd. 御中"),
        ("ACME GmbH", "ACME GmbH 御中"),
        ("山田 太郎", "山田 太郎 様"),
        ("Lincoln", "Lincoln 様"),
        ("株式会社みどり 経理部 山田様", "株式会社みどり 経理部 山田様"),
        ("みどり町役場 御中", "みどり町役場 御中"),
    ],
)
def test_firms_and_persons_are_addressed_each_their_way(name: str, form: str) -> None:
    assert addressed(name) == form


@pytest.mark.parametrize(
    ("text", "ja", "en"),
    [
        ("2026-11-02", "2026年11月2日", "2 November 2026"),
        ("2026年11月2日", "2026年11月2日", "2026年11月2日"),
        ("2026-11-02 09:05", "2026年11月2日 09:05", "2 November 2026 09:05"),
        ("2026-11-02 9:5", "2026-11-02 9:5", "2026-11-02 9:5"),
        ("", "", ""),
        (None, "", ""),
    ],
)
def test_dates_are_written_as_people_do(text: str | None, ja: str, en: str) -> None:
    assert (date_ja(text), date_en(text)) == (ja, en)
