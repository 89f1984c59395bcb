"""What is said of recipients who do not exist, in other languages than English.

Filters that pretend so do it in English: whoever says this knows his users.
"""

from __future__ import annotations

_WHO_JA = (
    r"(?:ユーザー?|利用者|会員|受信者|受取人|宛て?先|あて先|宛名|送信先|配信先|アドレス|アカウント|ボックス|名前"
    r"|氏名|@)"
    r"(?:様|さん|名|id)?"
)
_OF_HIM = r"(?:(?!(?:ドメイン|ホスト|サーバー?)(?![ーに上内で])|容量|領域|空き|権限|許可|送信者|差出人)[^。、]){0,24}?"
"""Japanese: a few characters between who is spoken of and what is said of him."""

UNKNOWN = (
    r"ディレクトリ.{0,6}(?:あり|ない|無|見つ|登録|存在)",
    (
        rf"{_WHO_JA}{_OF_HIM}(?:存在し(?:ません|ない|ておりません|ていません)|見つ(?:かり|け)|見当たり|不明"
        rf"|登録され(?:てい|てお)?(?:ません|ない)"
        r"|(?:あり|ござい|おり|い)ません|実在し|確認でき|認識でき|間違|誤[っり]|正しくあり)"
    ),
    (
        r"該当(?:する|の)?(?:(?!ドメイン|ホスト)[^。\s]){0,12}(?:なし|無し|ない|ありません|存在しま|おりません"
        r"|いません|見つか)"
    ),
    r"宛て?先不明|あて先不明|存在しない(?:(?!ドメイン|ホスト|サーバ)[^。\s]){0,6}(?:アドレス|ユーザ|宛先|アカウント)",
    (
        r"(?:用[户戶]|收件人|[邮郵]箱|信箱|[帐账帳]号|地址|收件地址)(?!.{0,4}域名)[^。,，]{0,8}(?:不存在|不正确"
        r"|不正確|未找到|找不到|无法找到)|查无此人"
        r"|(?:找不到|不存在)(?:该|此|这个)?(?:用[户戶]|收件人|[邮郵]箱|[帐账]号)"
    ),
    (
        r"(?:사용자|수신자|수신인|메일 ?주소|계정|메일함)[^.]{0,12}(?:존재하지|찾을 수 없|없습니다|없는)"
        r"|존재하지 않는 (?:사용자|수신|메일|계정)"
    ),
    (
        r"(?:utilisateur|destinataire|compte|bo[iî]te|adresse (?:e?mail|de messagerie|du destinataire))\b(?! ip).{0,30}"
        r"(?:inconnue?\b|introuvable|n'existe|inexistante?|n'a pas [ée]t[ée] trouv)"
    ),
    (
        r"(?:benutzer|empf[aä]nger|postfach|mailadresse|emailadresse|email-adresse|emp(?:f[aä]nger)?adresse|konto)\b.{0,30}"
        r"(?:unbekannt|existiert nicht|nicht (?:gefunden|bekannt|vorhanden|existent))"
    ),
    (
        r"(?:usuario|destinatario|buz[oó]n|cuenta|direcci[oó]n de correo)\b.{0,30}(?:desconocid|no existe|inexistente"
        r"|no (?:se )?(?:ha )?(?:sido )?encontrad)"
    ),
    (
        r"(?:utente|destinatario|casella|indirizzo (?:di posta|e-?mail))\b.{0,30}(?:sconosciut|non esiste|inesistente"
        r"|non (?:[eè] stat[oa] )?trovat)"
    ),
    (
        r"(?:usu[áa]rio|destinat[áa]rio|caixa postal|conta|endere[cç]o de e?mail)\b.{0,30}(?:desconhecid|n[ãa]o existe"
        r"|inexistente|n[ãa]o (?:foi )?encontrad)"
    ),
    r"(?:gebruiker|ontvanger|postvak|emailadres)\b.{0,24}(?:onbekend|bestaat niet|niet gevonden)",
    r"(?:u[żz]ytkownik|adresat|odbiorca|skrzynka|konto)\b.{0,24}(?:nieznan|nie istnieje|nie (?:zosta\w+ )?znalezion)",
    (
        r"(?:пользовател|получател|ящик|адрес|адресат)\w{0,3}\b.{0,24}(?:не найден|не существует|неизвест"
        r"|не зарегистр)|нет такого (?:пользоват|адрес|получат)"
    ),
)

STEMS = (
    *("inconnu", "introuv", "n'exist", "trouv", "bekannt", "gefunden", "vorhanden", "existiert", "existent"),
    *("desconocid", "no existe", "encontrad", "inexist", "sconosc", "non esist", "inesist", "trovat", "desconhec"),
    *("nao existe", "onbekend", "bestaat", "gevonden", "nieznan", "istnieje", "znalezion"),
)
"""One of these stands in whatever is said so in ASCII; looking for them takes less time than for the phrases."""
