"""Tables with planted identifiers in six languages, for `benchmarks/identifiers.py` and its tests.

Half of the names are Faker's, which ships the lists that the check reads; the other half are people whose
family names stand in no list, so that recognition by shape and by the words around is measured, too. Dates
come in four notations.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from faker import Faker

LOCALES = ("en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "ja_JP")
ROWS = 60

_WORDS = json.loads(Path(__file__).with_name("identifier_words.json").read_text())
UNLISTED: dict[str, list[str]] = _WORDS["unlisted names"]
HEADINGS: dict[str, dict[str, str]] = _WORDS["headings"]
REMARKS: dict[str, dict[str, list[str]]] = _WORDS["remarks"]
FILLERS: dict[str, list[str]] = _WORDS["fillers"]


@dataclass(frozen=True)
class Case:
    """A column with planted identifiers. `mode` is named, hidden, one row or remarks."""

    locale: str
    kind: str
    mode: str
    heading: str
    values: tuple[str, ...]


def cases(seed: int) -> Iterator[Case]:
    """All locales, kinds and modes; the same for the same seed."""
    for locale in LOCALES:
        fake = Faker(locale)
        fake.seed_instance(seed)
        dice = random.Random(f"{seed}{locale}")
        for kind in HEADINGS:
            for variant in range(4):
                make = _maker(locale, kind, fake, dice, variant)
                column = tuple(make() for _ in range(ROWS))
                yield Case(locale, kind, "named", HEADINGS[kind][locale], column)
                yield Case(locale, kind, "hidden", "x7", column)
                value, numbers = make(), [str(dice.randint(40, 180)) for _ in range(ROWS)]
                yield Case(locale, kind, "one row", "x7", planted(dice, value, numbers))
                sentence = REMARKS[locale][kind][variant % len(REMARKS[locale][kind])]
                fillers = [dice.choice(FILLERS[locale]) for _ in range(ROWS)]
                yield Case(locale, kind, "remarks", "x7", planted(dice, sentence.format(make()), fillers))


def planted(dice: random.Random, value: str, others: Sequence[str]) -> tuple[str, ...]:
    """The others, with the value in place of one of them."""
    at = dice.randrange(len(others))
    return (*others[:at], value, *others[at + 1 :])


def _maker(locale: str, kind: str, fake: Faker, dice: random.Random, variant: int) -> Callable[[], str]:
    makers: dict[str, Callable[[], str]] = {
        "name": lambda: _name(locale, fake, dice, variant),
        "phone": fake.phone_number,
        "national": lambda: national(locale, fake, dice),
        "address": lambda: fake.address().replace("\n", ", "),
        "birth": lambda: _birth(locale, dice, variant),
        "mail": fake.email,
        "iban": lambda: fake.iban() if variant % 2 else " ".join(_fours(fake.iban())),
        "mrn": lambda: f"{('MRN-', 'PAT', '', '')[variant]}{dice.randrange(10**7, 10**8)}",
    }
    return makers[kind]


def _fours(text: str) -> list[str]:
    return [text[i : i + 4] for i in range(0, len(text), 4)]


def _name(locale: str, fake: Faker, dice: random.Random, variant: int) -> str:
    full = f"{fake.first_name()} {fake.last_name()}" if variant < 2 else dice.choice(UNLISTED[locale])
    if locale == "ja_JP":
        family, given = full.split(" ") if variant >= 2 else (fake.last_name(), fake.first_name())
        return f"{family}{given}" if variant % 2 else f"{family} {given}"
    first, _, last = full.partition(" ")
    return f"{last}, {first}" if variant == 1 else full


def _birth(locale: str, dice: random.Random, variant: int) -> str:
    day = date(1925, 1, 1) + timedelta(days=dice.randrange(30_000))
    if locale == "ja_JP" and variant in {1, 2}:
        return (
            f"昭和{day.year % 60 + 1}年{day.month}月{day.day}日"
            if variant == 1
            else f"{day.year}年{day.month}月{day.day}日"
        )
    months = {
        "en_GB": "March",
        "de_DE": "März",
        "fr_FR": "mars",
        "es_ES": "marzo",
        "it_IT": "marzo",
        "ja_JP": "Mar",
    }
    local = f"{day:%d/%m/%Y}" if locale in {"en_GB", "fr_FR", "es_ES", "it_IT"} else f"{day:%d.%m.%Y}"
    return (day.isoformat(), local, f"{min(day.day, 28)} {months[locale]} {day.year}", f"{day:%Y%m%d}")[
        variant
    ]


def national(locale: str, fake: Faker, dice: random.Random) -> str:
    if locale == "en_GB":
        while True:
            digits = f"{dice.randrange(400_000_000, 800_000_000)}"
            check = 11 - sum(int(d) * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11
            if check != 10:
                return f"{digits[:3]} {digits[3:6]} {digits[6:]}{check % 11}"
    if locale == "de_DE":
        return _steuer_id(dice)
    if locale == "fr_FR":
        month, department = f"{dice.randrange(1, 13):02d}", dice.randrange(30, 95)
        tail = f"{dice.randrange(1, 990):03d}{dice.randrange(1, 999):03d}"
        base = int(f"{dice.choice('12')}{dice.randrange(25, 99)}{month}{department}{tail}")
        return f"{base}{97 - base % 97:02d}"
    if locale == "es_ES":
        number = dice.randrange(10**7, 10**8)
        return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"
    if locale == "it_IT":
        return str(fake.ssn())
    first = [dice.randrange(10) for _ in range(11)]
    total = sum(d * (n + 1 if n <= 6 else n - 5) for n, d in enumerate(reversed(first), 1))
    last = 0 if total % 11 <= 1 else 11 - total % 11
    return "".join(map(str, first)) + str(last)


def _steuer_id(dice: random.Random) -> str:
    while True:
        digits = dice.sample(range(10), 10)
        digits[dice.randrange(1, 10)] = digits[0]
        if digits[0] and len(set(digits)) == 9:
            product = 10
            for digit in digits:
                total = (digit + product) % 10 or 10
                product = 2 * total % 11
            return "".join(map(str, digits)) + str((11 - product) % 10)
