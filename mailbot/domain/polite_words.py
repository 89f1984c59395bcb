"""Words of a reply that say nothing of substance: greetings, thanks, closings, a signature.

Owns this small vocabulary, in Japanese and English, in the folded form that `reply_command` reads. A clause is polite
only where it holds nothing else: whoever adds a thought to his thanks is heard by a person.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

LONGEST = 80
"""Characters of a clause or line that may be polite."""

_THANKED_FOR = (
    r"(?:いつも|毎度|平素|この度|このたび|早速|大変|誠に|まことに|どうも|本当に|格別|御?引き?立て|お引き?立て|賜り|厚く|ご?連絡|ご?案内"
    r"|ご?送付|ご?対応|ご?手配|ご?返信|ご?利用|ご?請求書|メール|お世話になり|いただき|頂き|くださり|下さり|して|お送り|[のをはにもより、]){0,10}"
)
_THANKS = (
    r"ありがとう(?:ございま(?:す|した))?|有り?難うございま(?:す|した)"
    r"|[御お]礼を?申し上げます|感謝(?:いたし|申し上げ|し)ます"
)
_SORRY = (
    r"お手数(?:です|を?(?:お掛け|おかけ)(?:し|いたし|致し)ます|で恐縮です|ではございます)が"
    r"|(?:大変)?(?:恐れ入りますが?|恐縮(?:です|ではございます)が|すみませんが?|申し訳(?:ありません|ございません)が)"
)
_APOLOGY = re.compile(rf"(?:{_SORRY})\s*")
_DO = r"(?:(?:いた|致)?します|申し上げます)"
_A_NAME = (
    r"(?![件話分方物為用額側様者品先元旨事]|予定|状況|内容|対応|処理|番号|金額|支払|請求|確認|問題|連絡|質問|依頼|相談|希望|返事|返信"
    r"|回答|誤|間違|予算|担当|本人|社員|資料|書類|見積|納品|注文|発注|契約|最後|最終|通り|場合|理由|原因|以下|以上|未払|過払|重複|数量"
    r"|単価|税|消費|振込|締|宛|住所|会社|サービス|システム|メール|アドレス|リンク|ファイル|データ|エラー|ミス|トラブル|テスト|キャンセル|ダブリ)"
    r"[一-龠々ァ-ヶー]{1,6}"
)
"""What may be somebody's name: no noun that people write of invoices."""
_JAPANESE = (
    r"(?:いつも|平素より|平素は|大変){0,3}お世話に(?:なっております|なっています|なります|なりました|なってます)",
    rf"{_THANKED_FOR}(?:{_THANKS})",
    (
        r"(?:どうぞ|何卒|なにとぞ|引き?続き|今後とも|以上|ご(?:確認|対応|手配)のほど|お手配のほど|それでは|取り急ぎ){0,3}"
        rf"(?:よろしく|宜しく)(?:どうぞ)?(?:お願い{_DO})?"
    ),
    r"以上(?:です|でございます|となります)?",
    rf"(?:まずは)?取り?急ぎ?(?:ご?(?:連絡|報告|返信|返事|御礼|お礼)(?:まで(?:です)?|{_DO})?)?",
    rf"(?:ご(?:連絡|報告|返信)|お知らせ)(?:{_DO}|まで(?:です)?)",
    _SORRY,
    r"(?:本件|(?:標記|表題|首題)の件)(?:につきまして|について|ですが)?",
    r"(?:了解|承知)(?:(?:いた|致)?しました|です)|かしこまりました",
    r"(?:内容を?)?確認(?:(?:いた|致)?しました|済みです)",
    r"はい|おはようございます|こんにちは|こんばんは|お疲れ(?:様|さま)(?:です|でございます)|はじめまして",
    r"[^。?]{0,40}(?:御中|ご?担当(?:者)?(?:様|さま|殿|各位)|各位)",
    r"[^ぁ-んの。?]{1,30}の?[^ぁ-ん。?]{0,12}(?:様|殿|さま|さん)",
    (
        r"[^。?はがをも]{0,30}(?:会社|社|部|課|室|係|店|所|会|担当|経理|総務)の?"
        r"[^はがをもで\s]{1,10}(?:です|と申します|でございます)"
    ),
    r"[^。?はがをも\s]{1,12}と申します",
    rf"[^。?はがをもでに\s]{{2,20}}の{_A_NAME}(?:です|でございます)",
)
_NAMED = r"(?:there|all|team|sirs?|madam|sir or madam|colleagues|(?:mr|mrs|ms|dr)\.? [\w'-]{1,20}|[\w'-]{1,20})"
_FOR_MAIL = r"for (?:the|your|this|these) (?:invoices?|mails?|emails?|message|reminders?|information|help|letter)"
_ENGLISH = (
    rf"(?:hi|hello|dear|good (?:morning|afternoon|evening|day))(?: {_NAMED})?",
    rf"(?:many |with (?:many )?)?thanks?(?: you)?(?: (?:very much|so much|a lot|again|in advance|{_FOR_MAIL}))?",
    r"(?:with )?(?:kind(?:est)?|best|warm(?:est)?|many)?(?: and)? ?regards|best(?: wishes)?",
    r"(?:yours )?(?:sincerely|faithfully|truly)(?: yours)?|cheers",
    r"ok|okay|please|yes|have a (?:nice|good) (?:day|weekend|evening)",
    r"(?:i |we )?(?:got it|understood|noted|acknowledged)(?: with thanks)?|will do|perfect|great",
)
_POLITE = re.compile("|".join(f"(?:{pattern})" for pattern in (*_JAPANESE, *_ENGLISH)))
_COMMANDS = re.compile(r"承認|辞退|受領|再送|一覧|停止|再開|変更|ない|ません|違|誤")
_SIGNATURES = re.compile(
    r"(?:tel|fax|phone|mobile|電話|携帯|内線|e-?mail|mail|メール|url|web|〒|https?:|住所)[ :.)/].{0,60}"
    r"|〒?\d{3}-\d{4}.{0,40}"
    r"|[\d()+ -]{9,20}|<?[^\s<>@]{1,64}@[^\s<>@]{1,80}>?"
    r"|[^。?はがをでにも]{0,20}(?:株式会社|有限会社|合同会社|\(株\)|\(有\)|法人|事務所|商店)[^。?はがをでにもすん]{0,20}"
    r"|[^ぁ-ん?]{0,30}(?:[部課室係]|支店|営業所|担当|\b(?:inc|ltd|llc|gmbh|corp|k\.k)\b)[^ぁ-ん?]{0,30}"
)


def is_polite(clause: str) -> bool:
    """Tell whether a clause (folded, without its full stop) says nothing of substance."""
    if len(clause) > LONGEST or _COMMANDS.search(clause):
        return False
    spelled = "".join(clause.split()) if not clause.isascii() else " ".join(clause.split())
    return _POLITE.fullmatch(spelled) is not None


def without_apology(clause: str) -> str:
    """Return a clause without the apology that begins it: お手数ですが."""
    found = _APOLOGY.match(clause)
    return clause[found.end() :] if found else clause


def is_signature(line: str) -> bool:
    """Tell whether a line below a command is one of a signature: a company, a department, how to reach somebody."""
    bare = line.strip()
    return len(bare) <= LONGEST and not _COMMANDS.search(bare) and _SIGNATURES.fullmatch(bare) is not None


def names_sender(line: str, names: Collection[str]) -> bool:
    """Tell whether a line holds nothing but the sender's names (folded), or parts of them."""
    words = line.strip(" \t　-—.,|/").split()
    return bool(words) and all(
        any(word in name.split() or word == name.replace(" ", "") for name in names) for word in words
    )
