"""What was recognised in the values of one column, counted; judgement.py says what it amounts to."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from biodesci.inspection.identifiers import (
    addresses,
    dates,
    forms,
    headings,
    joined,
    names,
    phones,
    surname_first,
)
from biodesci.inspection.identifiers.names import Grade
from biodesci.inspection.identifiers.pieces import pieces
from biodesci.inspection.identifiers.spelling import plain

_KEPT: Final = 2_000  # dates and numbers of which the spacing is looked at
_CHECKED: Final = 500
_DIALLED: Final = 200
_ENOUGH: Final = 2_000  # different sentences
_SMALL: Final = re.compile(r"(?<![^\W\d_])[^\W\d_A-ZÀ-ÖØ-Þ][^\W_]*")  # a word that begins with a small letter
_SENTENCE: Final = 8  # words
_LABELLED: Final = re.compile(
    r"(?i)(?:\b(?:ssn|nhs|nino?|id|nr|no|num(?:ber|mer|ero)?|numéro|número|insurance|versicherung\w*|"
    r"steuer\w*|dni|nie|nif|bsn|nir|secu|sécu\w*|"
    r"codice|cf|card|carte|karte|tarjeta|konto|account|mbi|kvnr|svnr|pesel|cpf|passport|pass|"
    r"ausweis\w*)\b|番号|マイナンバー|カード|카드|银行卡|信用卡)[^\d]{0,15}$"
)
_RECORD: Final = re.compile(
    r"(?i)(?:(?<![0-9A-Za-z_À-ɏ])(?:mrn|record|chart|hosp(?:ital)?|file|case|pat(?:ient)?(?:en)?|"
    r"pid|fall|akte|"
    r"aktenzeichen|dossier|ipp|nhc|nip|historia|expediente|"
    r"cartella|nosologico|aufnahme|aufn|id|kis|adm(?:ission)?|account|acct|fallnummer|"
    r"patientennummer|aktennummer)(?![0-9A-Za-z_À-ɏ])[-. ]{0,2}(?:no|nr|num|number|nummer|"
    r"id|clinica|clínica|médico|n°|nº|n)?|カルテ番号|診察券番号|患者番号|カルテ|患者id|ID番号|番号)"
    r"(?:[ .:#°º=-]|は|is|ist|est|es|è){0,6}(?=[A-Z0-9/-]*\d{4})[A-Z]{0,4}[-/]?\d[\d/-]{3,}"
)
_MARKS: Final = re.compile(r"[@.:/\\-]")  # without one of them and with few digits, a value has no form
_OLD: Final = re.compile(
    r"(?i)(?<![\d.,])(?:9\d|1[01]\d)[- ]?(?:years?[- ]?old|yrs?[- ]old|y/?o\b|year[- ]old|jahre?\b|"
    r"jährige?r?|ans\b|años|anos\b|anni\b|jaar\b|"
    r"jarige?\b|år(?:ig|ige|ing)?\b|-?vuotia\w+|-?letni\w*|-?let[áý]\w*|"
    r"yaş\w*|лет\b|-?летн\w+|ετών|éves\b|歳|才|岁|歲|세(?!트))|(?:aged?|alter|edad|età|âge|âgée?|"
    r"leeftijd|idade|wiek|wieku|ålder|alder|возраст|年龄|나이) (?:de |of |von |"
    r"di )?(?:9\d|1[01]\d)(?!\d|[.,]\d|\+)"
)
_WHOLE: Final = re.compile(r"(\d{6,})[.,]0{1,6}")  # as pandas writes whole numbers of a column with gaps
_FEWEST: Final = 4  # digits of a number that has a label
_LABEL: Final = 40  # characters before a number in which its label stands
_NUMBER: Final = re.compile(
    r"(?<![0-9A-Za-z_À-ɏ])(?<!\d\.)[A-Z]{0,4}[-/]?\d[\d /.+-]{2,24}\d(?: ?[A-Z]{2}|[A-Z])?(?![A-Za-z%])"
)
_POSTCODE: Final = re.compile(
    r"\d{4,6}|\d{8}|\d{5}-\d{3,4}|\d{4} ?[A-Z]{2}|\d\d-\d{3}|\d{3} \d\d|\d{3}-\d{3,4}|\d{4}-\d{3}|"
    r"[A-Z]{1,2}-?\d{4,5}"
)
# What stands behind an amount: "moved to 1500 mg", "lives at 2000 m".
_UNIT: Final = re.compile(
    r"(?i) ?(?:[kmcnµμ]?[glm]|mcg|units?|[IU][UE]|UI|kcal|steps?|f(?:ee)?t|miles?|hours?|days?|years?|"
    r"patients?|cells?|x10|%|/)(?!\w)"
)
_LONG: Final = re.compile(r"(?<![\w.,:/+#-])\d{9,19}(?![\w%]|[.,:/-]\w)")
_LETTERS: Final = re.compile(r"[^\W\d_]{2,}")
_CODE: Final = re.compile(r"([A-Za-z]{0,8}[-_ ]?)(\d{1,18})([-_]?[A-Za-z]?)")


@dataclass(slots=True)
class Tally:
    """How many distinct values had a form (`tried`), how many of them are valid, and in how many rows."""

    tried: int = 0
    valid: int = 0
    rows: int = 0
    within: int = 0  # valid ones within longer texts
    chance: float = 0.0
    bare: bool = False

    def add(self, rows: int, *, valid: bool = True) -> None:
        """Counts one more distinct value."""
        self.tried += 1
        self.valid += valid
        self.rows += rows * valid


@dataclass(slots=True)
class Evidence:
    """Of one column. `distinct` counts the values that were looked at, `texts` those with letters."""

    distinct: int = 0
    texts: int = 0
    sentences: int = 0
    sentence_rows: int = 0
    capitals: int = 0  # short values of capitalised words alone
    surnamed: int = 0  # that begin with a Chinese or Korean family name
    checked: int = 0  # numbers whose checksums were looked at
    dialled: int = 0  # numbers without separators that were looked up in the plans
    words: int = 0  # the most words of a value
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    grades: Counter[Grade] = field(default_factory=Counter)
    grade_rows: Counter[Grade] = field(default_factory=Counter)
    days: list[int] = field(default_factory=list)
    codes: Counter[tuple[str, int]] = field(default_factory=Counter)  # (prefix, number of digits)
    code_rows: int = 0
    padded: int = 0  # long numbers that begin with a zero
    numbers: list[int] = field(default_factory=list)
    sample: set[str] = field(default_factory=set)

    @property
    def enough(self) -> bool:
        """Whether it is free text beyond doubt, so that further texts change nothing."""
        return self.sentences >= _ENOUGH

    def tally(self, kind: str, label: str) -> Tally:
        """The tally of a kind by its label, made where there is none."""
        return self.tallies.setdefault((kind, label), Tally())

    def take(self, text: str, rows: int) -> None:
        """Looks at one more distinct value."""
        value = plain(text).strip()
        if whole := _WHOLE.fullmatch(value):
            value = whole[1]
        self.distinct += 1
        if len(self.sample) < 60:
            self.sample.add(value[:40])
        has_letters = any(map(str.isalpha, value))
        self.texts += has_letters
        if has_letters:
            self._count_words(value, rows)
        for piece in pieces(value):
            # Among many, the random digits of some spell a day, a name or a year.
            if forms.UUID.fullmatch(piece):
                self.tally("UUID", "UUID").add(rows)
                continue
            covered: list[tuple[int, int]] = []
            self._dates(piece, rows, covered)
            self._forms(piece, rows, covered)
            self._phones(piece, rows, covered)
            if has_letters:
                self._names(piece, rows, covered)
        if code := _CODE.fullmatch(value):
            self.codes[code[1], len(code[2])] += 1
            self.code_rows += rows
            self.padded += not code[1] and len(value) > 7 and value[0] == "0"
            if len(self.numbers) < _KEPT:
                self.numbers.append(int(code[2]))

    def _dates(self, value: str, rows: int, covered: list[tuple[int, int]]) -> None:
        if len(value) in {8, 12, 14} and value.isdigit():
            day = dates.compact(value)
            tally = self.tally("date", "eight digits")
            tally.add(rows, valid=day is not None)
            tally.chance, tally.bare = 0.001, True
            if day is not None:
                self._day(day)
        if len(value) == 6 and value.isdigit():
            for order, day in dates.six_digits(value).items():
                tally = self.tally("date", f"six digits, {order}")
                tally.add(rows, valid=day is not None)
                tally.chance, tally.bare = 0.04, True
        born = dates.born(value)
        found = born or dates.find(value)
        if found is None:
            return
        start, end, day = found
        covered.append((start, end))
        whole = end - start >= len(value) - 1
        written = value[start:end]
        certain = born is not None or re.search(r"\d{4}|年|[A-Za-z]{3}", written) is not None
        tally = self.tally("date", "written out" if certain else "two-digit year")
        tally.add(rows)
        tally.bare = not certain
        if whole:
            self._day(day)
        else:
            tally.within += 1

    def _day(self, day: date) -> None:
        if len(self.days) < _KEPT:
            self.days.append(day.toordinal())

    def _forms(self, value: str, rows: int, covered: list[tuple[int, int]]) -> None:
        digits = sum(map(str.isdigit, value))
        marked = _MARKS.search(value) is not None
        # A plate has two digits and more, behind a word.
        if digits < _FEWEST and not marked and (digits < 2 or " " not in value):
            return
        # Of numbers a part says how many are valid; checksums of all would take most of the time.
        is_number = value.isdigit()
        self.checked += is_number
        bare = not is_number or self.checked <= _CHECKED
        matches = sorted(forms.scan(value, digits, bare=bare), key=lambda m: (not m.valid, m.start - m.end))
        for match in matches:
            if any(
                match.start < end and start < match.end
                for start, end in covered
                if (start, end) != (match.start, match.end)
            ):
                continue
            form, whole = match.form, match.end - match.start >= len(value) - 1
            labelled = _LABELLED.search(value[max(0, match.start - _LABEL) : match.start]) is not None
            if not whole and (not match.valid or (form.bare and not labelled)):
                continue
            tally = self.tally(form.kind, form.label)
            tally.add(rows, valid=match.valid)
            tally.chance, tally.bare = form.chance, form.bare and whole
            tally.within += not whole
            if match.valid:
                covered.append((match.start, match.end))
        if digits >= 4 and (record := _RECORD.search(value)) and record.span() not in covered:
            self.tally("record number", "a label before it").add(rows)
        elif digits >= _FEWEST and not value[0].isdigit():
            self._labelled(value, rows, covered)

    def _labelled(self, value: str, rows: int, covered: list[tuple[int, int]]) -> None:
        """Looks at what the words in front of a number make of it."""
        for number in _NUMBER.finditer(value):
            kind = headings.labelled(value[max(0, number.start() - _LABEL) : number.start()])
            digits = sum(map(str.isdigit, number[0]))
            if kind == "postcode" and (
                not _POSTCODE.fullmatch(number[0].rstrip(" .-/+")) or _UNIT.match(value, number.end())
            ):
                continue
            if kind and digits >= (_FEWEST if kind == "postcode" else _FEWEST + 1):
                tally = self.tally("date" if kind == "date of birth" else kind, "a label before it")
                tally.add(rows)
                tally.within += 1
                covered.append(number.span())
                return
        if (
            len(_LETTERS.findall(value)) > 1
            and (alone := _LONG.search(value))
            and alone.span() not in covered
        ):
            tally = self.tally("record number", "a long number in a text")
            tally.add(rows)
            tally.within += 1

    def _phones(self, value: str, rows: int, covered: list[tuple[int, int]]) -> None:
        if value.isdigit():
            if 9 <= len(value) <= 12 and self.dialled < _DIALLED:
                self.dialled += 1
                for region in phones.regions(value):
                    tally = self.tally("phone or fax", region)
                    tally.add(rows)
                    tally.bare = True
            return
        span = phones.find(value)
        if span and not any(start < span[1] and span[0] < end for start, end in covered):
            tally = self.tally("phone or fax", "its notation")
            tally.add(rows)
            tally.within += span[1] - span[0] < len(value) - 1

    def _count_words(self, value: str, rows: int) -> None:
        count = _word_count(value)
        self.words = max(self.words, count)
        if count >= _SENTENCE:
            self.sentences += 1
            self.sentence_rows += rows
        coded = count == 1 and any(map(str.isdigit, value))
        self.capitals += count < _SENTENCE and value[:1].isupper() and not coded and not _SMALL.search(value)

    def _names(self, value: str, rows: int, covered: list[tuple[int, int]]) -> None:
        count = _word_count(value)
        if (place := addresses.find(value)) and not any(s < place[1] and place[0] < e for s, e in covered):
            # A number with a capitalised word may be anything; many of them are places.
            weak = addresses.is_weak(value[place[0] : place[1]])
            tally = self.tally("address", "postcode and place" if weak else "street or place")
            tally.add(rows)
            tally.bare = weak
        if _OLD.search(value):
            self.tally("age over 89", "in words").add(rows)
        grade = names.grade(value) if count <= 6 else Grade.NONE
        if grade <= Grade.PART and (count > 1 or not value.isascii()):
            grade = max(grade, names.find(value))
        if grade < Grade.LIKELY:
            grade = max(grade, joined.grade(value))
        self.surnamed += not value.isascii() and surname_first.begins_with_family(value)
        if grade:
            self.grades[grade] += 1
            self.grade_rows[grade] += rows


def is_sentence(value: str) -> bool:
    """Whether a text has so many words that it can say anything."""
    return _word_count(value) >= _SENTENCE


def _word_count(value: str) -> int:
    words = value.count(" ") + 1
    return words if value.isascii() else max(words, len(value) // 6 if _is_cjk(value) else 0)


def _is_cjk(value: str) -> bool:
    return any("\u3040" <= c <= "\u9fff" for c in value)
