"""Japanese names, which stand without spaces: by family names, honorifics and the kanji of given names."""

from __future__ import annotations

import re
from typing import Final

from biodesci.inspection.identifiers import lists, vocabulary

_KANJI: Final = "一-龥々ヶ"
_HONORED: Final = re.compile(
    rf"([{_KANJI}]{{1,4}}(?:[ 　]?[{_KANJI}ぁ-んァ-ヶー]{{1,4}})?|[ァ-ヶー]{{2,8}})"
    rf"(?:さん|様|氏|先生|くん|君|ちゃん|殿|医師|看護師)"
)
_ROLES: Final = re.compile(
    r"^(?:患者|皆|奥|お客|客|看護師?|医師|家族|ご家族|主人|旦那|息子|娘|父|母|祖父|祖母|兄|弟|姉|妹|担当|本人|病院|薬剤師|業者|主治医|同|各|両|仕|王|"
    r"一|多|有|神|同|模|異|外|内|術|当|他|諸|貴|男|女|高齢者|利用者|介護者|保護者|技師|療法士|理学療法士)+(?:の|お)?$"
)
# What given names end with.
_ENDINGS: Final = frozenset(
    "子美恵代江枝香奈菜花華音乃穂絵織里郎太朗男夫雄一二三介助輔樹斗翔人士司志治史彦也哉平久之行幸信明彰浩宏博広弘和正雅義修誠実真隆孝剛勝茂豊進学智徹光春夏秋冬希心愛咲桜葵凛蓮陽颯湊結衣莉紗優悠大健秀英"
)
_FULL: Final = re.compile(rf"^([{_KANJI}]{{1,4}})[ 　・]([{_KANJI}ぁ-んァ-ヶー]{{1,5}})$")
_RUN: Final = re.compile(rf"[{_KANJI}]{{2,7}}")
_KANA_NAME: Final = re.compile(r"^[ァ-ヶー]{2,6}[ 　・][ァ-ヶー]{2,6}$|^[ぁ-ん]{2,6}[ 　・][ぁ-ん]{2,6}$")
_LABELLED: Final = re.compile(
    rf"(?:氏名|名前|患者名|姓名|フリガナ)[:： 　は]*([{_KANJI}ァ-ヶーぁ-ん]{{2,8}})"
)


def is_name(value: str) -> bool:
    """Whether a whole value is a Japanese, or another listed, name."""
    if _KANA_NAME.match(value):
        family, given = re.split(r"[ 　・]", value, maxsplit=1)
        known = lists.tokens()
        return bool(
            known.get(lists.fold(family), 0) & lists.LAST or known.get(lists.fold(given), 0) & lists.FIRST
        )
    if match := _FULL.match(value):
        return match[1] in lists.japanese_families() or _is_given(match[2])
    if re.fullmatch(rf"[{_KANJI}ぁ-んァ-ヶー]{{2,7}}", value):
        return _split(value) is not None
    honored = _HONORED.fullmatch(value)
    return honored is not None and not _ROLES.match(honored[1])


def find(text: str) -> tuple[int, int] | None:
    """Where a Japanese sentence names a person."""
    for match in _HONORED.finditer(text):
        name = re.sub(r"^.*[のはがにをとへで、]", "", match[1])
        if _ROLES.match(name) or not name:
            continue
        families = lists.japanese_families()
        # A short run in front of an honorific is a name; of a longer one, a known family name has to be part.
        if any(
            name.endswith(family) or name.startswith(family) or _split(name)
            for family in families
            if family in name
        ):
            return match.span(1)
        kanji = re.sub(r"[ 　]", "", name)
        if (
            (len(kanji) <= 4 or kanji[-1] in _ENDINGS)
            and not re.search(r"[ぁ-ん]", name)
            and match[0][len(match[1]) :] in {"さん", "様", "氏", "くん", "ちゃん", "殿"}
        ):
            return match.span(1)
    if labelled := _LABELLED.search(text):
        return labelled.span(1)
    for match in _RUN.finditer(text):
        for start in range(len(match[0]) - 1):
            if _split(match[0][start : start + 6]) or _split(match[0][start : start + 4]):
                return match.start() + start, match.end()
    for match in re.finditer(rf"([{_KANJI}]{{1,4}})[ 　]([{_KANJI}]{{1,3}})(?![{_KANJI}])", text):
        if _is_given(match[2]):
            return match.span()
    return None


def _split(value: str) -> tuple[str, str] | None:
    """Family and given name of a value without a space. Of one kanji, the given one has to be listed."""
    for cut in range(min(5, len(value) - 1), 0, -1):
        family, given = value[:cut], value[cut:]
        if family not in lists.japanese_families() or len(given) > 4:
            continue
        if given in _GIVEN or lists.tokens().get(given, 0) & lists.FIRST:
            return family, given
        if cut > 1 and 2 <= len(given) <= 3 and _is_given(given):
            return family, given
    return None


def _is_given(text: str) -> bool:
    if text in _GIVEN or lists.tokens().get(text, 0) & lists.FIRST:
        return True
    kanji = re.fullmatch(rf"[{_KANJI}]{{2,3}}", text)
    return kanji is not None and text[-1] in _ENDINGS


_GIVEN: Final = frozenset(vocabulary.JAPANESE_GIVEN.split())
