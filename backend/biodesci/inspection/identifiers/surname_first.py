"""Chinese and Korean names, which stand without a space, the family name first.

Family and given names are those that Faker ships (zh_CN, zh_TW, ko_KR). A family name is an ordinary
character, too, so a value is a name where its given name is one, and a column where nearly all values begin
with a family name.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from biodesci.inspection.identifiers import lists

_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]{2,4}")
_KOREAN: Final = re.compile(r"[\uac00-\ud7a3]{2,4}")
_SPACED: Final = re.compile(
    r"([\u4e00-\u9fff]{1,2}|[\uac00-\ud7a3]{1,2}) ([\u4e00-\u9fff]{1,2}|[\uac00-\ud7a3]{1,2})"
)
_ROLE: Final = re.compile(
    r"(?:患者|病人|家属|家屬|姓名|联系人|聯絡人|환자|보호자|이름|성명)[ :：]{0,2}"
    r"(?P<after>[\u4e00-\u9fff]{2,3}|[\uac00-\ud7a3]{3})"
    r"|(?P<before>[\u4e00-\u9fff]{1,3}?)(?:先生|女士|小姐|太太|阿姨|大爷|奶奶|医生|醫師|护士)"
    r"|(?P<korean>[\uac00-\ud7a3]{2,4}) ?(?:님|씨|환자|선생님|할머니|할아버지|어르신)"
)
_RELATIVE: Final = re.compile(
    r"(?:女儿|儿子|丈夫|妻子|母亲|父亲|哥哥|姐姐|弟弟|妹妹|配偶|已与|与|和|"
    r"딸|아들|남편|아내|어머니|아버지|보호자|환자)[ :：]{0,2}"
    r"(?P<name>[\u4e00-\u9fff]{2}|[\uac00-\ud7a3] ?[\uac00-\ud7a3]{2})"
)
# Family names of two characters, which Faker's lists lack.
_COMPOUND_WORDS: Final = """
    남궁 황보 제갈 사공 선우 서문 독고 동방 欧阳 歐陽 司马 司馬 上官 诸葛
    諸葛 令狐 皇甫 慕容 尉迟 公孙 长孙 宇文 司徒 轩辕 端木 夏侯 独孤
"""
_COMPOUND: Final = frozenset(_COMPOUND_WORDS.split())
_RUN: Final = re.compile(r"[\u4e00-\u9fff]{3,}|[\uac00-\ud7a3]{3,}")


@cache
def _families() -> frozenset[str]:
    return frozenset(
        name
        for locale in ("zh_CN", "zh_TW", "ko_KR")
        for name in lists.persons("last", locale)
        if not name.isascii()
    )


@cache
def _given() -> frozenset[str]:
    return frozenset(
        name
        for locale in ("zh_CN", "zh_TW", "ko_KR")
        for name in lists.persons("first", locale)
        if not name.isascii()
    )


@cache
def _characters() -> frozenset[str]:
    """What given names are written with."""
    return frozenset(character for name in _given() for character in name)


def begins_with_family(value: str) -> bool:
    """Whether a value of two to four characters may be a family name with a given name."""
    if match := _SPACED.fullmatch(value):
        return match[1] in _families()
    if _KOREAN.fullmatch(value):
        if len(value) == 4:
            return value[:2] in _COMPOUND
        return len(value) == 3 and value[0] in _families()
    return _CHINESE.fullmatch(value) is not None and _split(value) is not None


def is_name(value: str) -> bool:
    """Whether a value is a family name with two characters that given names are written with.

    With one character it may be a word: 安静 is quiet.
    """
    if value[:2] in _COMPOUND and len(value) in {3, 4} and value.isalpha():
        return True
    given = _split(value.replace(" ", "")) if begins_with_family(value) else None
    if given is None or len(given) < 2:
        return False
    return given in _given() or (not _KOREAN.fullmatch(value) and all(c in _characters() for c in given))


def may_be_name(value: str) -> bool:
    """Whether a value is a family name with one character that is a given name, or a word.

    In Korean it has two that given names are written with, together in no list.
    """
    if _KOREAN.fullmatch(value):
        return len(value) == 3 and value[0] in _families() and all(c in _characters() for c in value[1:])
    given = _split(value) if _CHINESE.fullmatch(value) else None
    return given is not None and len(given) == 1 and given in _characters()


def find(text: str) -> bool:
    """Whether a sentence names a person: by a role before, a title behind, or a listed name in it."""
    for match in _ROLE.finditer(text):
        word = match["after"] or match["before"] or match["korean"]
        if any(word[:size] in _families() for size in (1, 2)) and (len(word) > 1 or match["before"]):
            return True
    for match in _RELATIVE.finditer(text):
        name = match["name"].replace(" ", "")
        given = name[1:]
        if name[0] in _families() and (given in _given() or given[0] in _characters()):
            return True
    for match in _RUN.finditer(text):
        run = match[0]
        for start in range(len(run) - 2):
            if run[start] in _families() and run[start + 1 : start + 3] in _given():
                return True
    return False


def _split(value: str) -> str | None:
    """The given name of one or two characters behind a family name; None where there is none."""
    for size in (2, 1):
        if value[:size] in _families() and 1 <= len(value) - size <= 2:
            return value[size:]
    return None
