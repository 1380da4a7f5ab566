"""Planted identifiers of Safe Harbor's kinds in up to sixteen locales, as notes and exports write them.

`docs/identifiers.md` has the figures of each set's first run, after which what it missed was mended. A set
is a file of words, with a section for each locale: a line for each kind with its column's name and two
remarks, and lines of people in no list, of months and of remarks that name nobody. A section with `checked`
has national ids by `identifier_cases.national`: Faker's have another country's form. `{last}` stands for a
family name alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

from faker import Faker
from stdnum import luhn, verhoeff

from benchmarks.identifier_cases import ROWS, Case, national, planted

# The sets by name, each with the seed of its first run.
SEEDS = {"third": 2027, "fourth": 3041, "fifth": 5077, "sixth": 6089, "seventh": 7103, "eighth": 8111}
_NO_KINDS = {"people", "months", "fillers", "checked"}
# Kinds whose values a reader recognises without a word beside them, and the variants of which that is true.
PLAIN: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("name", "birth", "admission", "phone", "mail", "national"), (0, 1)),
    **dict.fromkeys(("url", "ip", "address"), (0, 1)),
    **{"account": (0,), "device": (0,), "vehicle": (1,)},
}
Words = dict[str, dict[str, list[str]]]


def words(name: str) -> Words:
    """Locale, kind, and what the file of a set has of it."""
    sections: Words = {}
    file = Path(__file__).with_name(f"identifier_{name}_words.txt")
    for line in file.read_text().splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line:
            kind, *rest = line.split(" | ")
            section[kind] = rest
    return sections


def cases(name: str, seed: int) -> Iterator[Case]:
    """All locales, kinds and modes of a set; the same for the same seed."""
    for locale, section in words(name).items():
        planter = _Planter(locale, section, seed)
        for kind in section:
            if kind not in _NO_KINDS:
                for variant in (0, 1):
                    yield from planter.cases(kind, variant)


def controls(name: str, seed: int) -> Iterator[Case]:
    """The remarks that name nobody, without a planted one: none of them may stop."""
    for locale, section in words(name).items():
        yield Case(locale, "none", "control", "v3", _Planter(locale, section, seed).fillers())


class _Planter:
    def __init__(self, locale: str, section: dict[str, list[str]], seed: int) -> None:
        self._locale, self._words = locale, section
        self._fake = Faker(locale)
        self._fake.seed_instance(seed)
        self._dice = random.Random(f"{seed}{locale}")

    def cases(self, kind: str, variant: int) -> Iterator[Case]:
        heading, *remarks = self._words[kind]
        make = self._maker(kind, variant)
        column = tuple(make() for _ in range(ROWS))
        yield Case(self._locale, kind, "named", heading, column)
        if variant in PLAIN.get(kind, ()):
            yield Case(self._locale, kind, "hidden", "v3", column)
            numbers = tuple(f"{self._dice.gauss(7, 2):.2f}" for _ in range(ROWS))
            yield Case(self._locale, kind, "one row", "v3", planted(self._dice, make(), numbers))
        remark = remarks[variant].format(make(), last=self._fake.last_name())
        yield Case(self._locale, kind, "remarks", "v3", planted(self._dice, remark, self.fillers()))

    def fillers(self) -> tuple[str, ...]:
        return tuple(self._dice.choice(self._words["fillers"]) for _ in range(ROWS))

    def _maker(self, kind: str, variant: int) -> Callable[[], str]:
        fake, dice = self._fake, self._dice
        first = {
            "name": self._name,
            "birth": lambda: self._day(1925, 30_000, variant),
            "admission": lambda: self._day(2009, 5_500, variant),
            "phone": fake.phone_number,
            "fax": fake.phone_number,
            "mail": fake.email if variant else fake.company_email,
            "national": self._national,
            "mrn": lambda: f"{dice.randrange(10**6, 10**8)}",
            "insurance": lambda: f"{dice.choice('ABEKTX')}{dice.randrange(10**8, 10**9)}",
            "account": self._account,
            "licence": lambda: f"{dice.choice('BDKN')}{dice.randrange(10**6, 10**7)}",
            "vehicle": fake.license_plate,
            "device": lambda: f"(01)0{dice.randrange(10**12, 10**13)}(21)A{dice.randrange(10**5)}",
            "url": lambda: f"https://www.facebook.com/{fake.ascii_email().partition('@')[0]}",
            "ip": fake.ipv4_public,
            "address": lambda: fake.address().replace("\n", ", "),
            "postcode": fake.postcode,
        }
        second = {
            "name": self._unlisted,
            "mrn": lambda: f"{dice.choice('HKP')}{dice.randrange(10**6, 10**7)}",
            "insurance": lambda: f"{dice.randrange(10**9, 10**10)}",
            "account": lambda: f"{dice.randrange(10**9, 10**10)}",
            "licence": lambda: f"{dice.randrange(10**8, 10**9)}",
            "vehicle": fake.vin,
            "device": lambda: f"SN{dice.randrange(10**6, 10**7)}",
            "url": lambda: f"{fake.domain_name()}/{fake.ascii_email().partition('@')[0]}",
            "ip": fake.ipv6,
        }
        return second[kind] if variant and kind in second else first[kind]

    def _name(self) -> str:
        first, last = self._fake.first_name(), self._fake.last_name()
        if self._locale in {"ja_JP", "ko_KR", "zh_CN"}:
            return f"{last}{first}"
        return self._dice.choice((f"{first} {last}", f"{last}, {first}"))

    def _unlisted(self) -> str:
        name = self._dice.choice(self._words["people"])
        return name.replace(" ", "") if self._locale in {"ko_KR", "zh_CN"} else name

    def _day(self, year: int, days: int, variant: int) -> str:
        day = date(year, 1, 1) + timedelta(days=self._dice.randrange(days))
        month = self._dice.choice(self._words["months"])
        if self._locale in {"ja_JP", "zh_CN"}:
            return f"{day:%Y/%m/%d}" if variant else f"{day.year}年{month}月{day.day}日"
        if self._locale == "ko_KR":
            return f"{day:%Y.%m.%d}" if variant else f"{day.year}년 {month}월 {day.day}일"
        if variant:
            dots = self._locale in {"de_DE", "de_AT", "de_CH", "pl_PL", "tr_TR"}
            return (
                f"{day:%m/%d/%Y}"
                if self._locale == "en_US"
                else f"{day:{'%d.%m.%Y' if dots else '%d/%m/%Y'}}"
            )
        number = min(day.day, 28)
        if self._locale == "en_US":
            return f"{month} {number}, {day.year}"
        joint = {"es_ES": " de ", "es_MX": " de ", "pt_BR": " de "}
        joint |= dict.fromkeys(("de_DE", "de_AT", "de_CH"), ". ")
        return f"{number}{joint.get(self._locale, ' ')}{month} {day.year}"

    def _national(self) -> str:
        # Australia's Individual Healthcare Identifier.
        if self._locale == "en_AU" and "checked" in self._words:
            body = f"800360{self._dice.randrange(10**8, 10**9)}"
            return body + str(luhn.calc_check_digit(body))
        if self._locale == "ja_JP" or "checked" in self._words:
            return national(self._locale, self._fake, self._dice)
        # Faker's numbers of these two have the form of the United States.
        if self._locale == "en_IN":
            digits = f"{self._dice.randrange(2 * 10**10, 10**11)}"
            digits += verhoeff.calc_check_digit(digits)
            return f"{digits[:4]} {digits[4:8]} {digits[8:]}"
        if self._locale == "fr_CA":
            digits = f"{self._dice.randrange(10**7, 8 * 10**7)}"
            digits += luhn.calc_check_digit(digits)
            return f"{digits[:3]} {digits[3:6]} {digits[6:]}"
        return str(self._fake.curp() if self._locale == "es_MX" else self._fake.ssn())

    def _account(self) -> str:
        if self._locale in {"en_IN", "en_US", "es_MX", "fr_CA", "ja_JP", "ko_KR", "zh_CN"}:
            return self._fake.credit_card_number()
        return self._fake.iban()
