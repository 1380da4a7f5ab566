"""Lists of names and of words that are none, from packages that ship them: Faker's locales, gender-guesser.

No list is complete. It says which tokens are names for certain; others are recognised by what stands around
them (names.py).
"""

from __future__ import annotations

import importlib
import pkgutil
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from types import ModuleType
from typing import Any, Final

from biodesci.inspection.identifiers import vocabulary
from biodesci.inspection.identifiers.spelling import STROKES

_RARE: Final = 2  # gender-guesser's frequencies are logarithms to the base 2, per country
_SHORTEST: Final = 3


# What a token is known as; one may be several things (Paris, Charlotte, May).
FIRST: Final = 1
LAST: Final = 2
PLACE: Final = 4
WORD: Final = 8
NAME: Final = FIRST | LAST
OTHER: Final = PLACE | WORD


def fold(text: str) -> str:
    """A token as it is compared: without case, accents and strokes (Müller, MULLER, Zdzisław, zdzislaw)."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold().translate(STROKES))
    return unicodedata.normalize("NFC", "".join(c for c in plain if not "\u0300" <= c <= "\u036f"))


@cache
def tokens() -> dict[str, int]:
    """Each listed token, folded, with what it is (a sum of FIRST, LAST, PLACE, WORD). Loaded once, in 1 s."""
    listed: dict[str, int] = {}

    def add(names: Iterable[str], flag: int) -> None:
        for name in names:
            for part in fold(name).replace("-", " ").split():
                if len(part) >= _SHORTEST or not part.isascii():
                    listed[part] = listed.get(part, 0) | flag

    add(_gendered(), FIRST)
    add(persons("first"), FIRST)
    add(persons("last"), LAST)
    add(vocabulary.FIRST_NAMES.split(), FIRST)
    add(vocabulary.LAST_NAMES.split(), LAST)
    add(vocabulary.JAPANESE_GIVEN.split(), FIRST)
    add(vocabulary.JAPANESE_FAMILY.split(), LAST)
    # Daughters and wives of Kowalski are called Kowalska.
    sons = [name for name, flag in listed.items() if flag & LAST and name.endswith(("ski", "cki"))]
    add((f"{name[:-1]}a" for name in sons), LAST)
    add(_places(), PLACE)
    add(_words(), WORD)
    for particle in vocabulary.PARTICLES.split():
        listed.pop(particle, None)
    return listed


def known(word: str) -> int:
    """What a word is known as, however it is written (a sum of FIRST, LAST, PLACE, WORD); 0 for no list's."""
    return tokens().get(fold(word), 0)


def is_only(word: str, flag: int) -> bool:
    """Whether a word is listed as what `flag` says of names, and neither as a place nor as another word."""
    flags = known(word)
    return bool(flags & flag) and not flags & OTHER


@cache
def japanese_families() -> frozenset[str]:
    """Family names as they are written in Japan, by kanji."""
    faker = {name for name in persons("last", "ja_JP") if not name.isascii()}
    return frozenset(faker | set(vocabulary.JAPANESE_FAMILY.split()))


def _gendered() -> Iterator[str]:
    """First names that are common somewhere."""
    import gender_guesser.detector  # noqa: PLC0415

    for name, genders in gender_guesser.detector.Detector(case_sensitive=False).names.items():
        counts = "".join(genders.values())
        if max((int(digit, 16) for digit in counts if digit.strip()), default=0) >= _RARE:
            yield name


def persons(part: str, locale: str = "") -> Iterator[str]:
    """The names of one part ("first", "last") that Faker ships, of a locale or of all."""
    import faker.providers.person as persons  # noqa: PLC0415

    for module in _locales(persons, locale):
        for attribute in dir(module.Provider):
            if part in attribute:
                yield from _texts(getattr(module.Provider, attribute))


def _places() -> Iterator[str]:
    import faker.providers.address as addresses  # noqa: PLC0415

    for module in _locales(addresses):
        for attribute in ("cities", "countries", "states", "prefectures"):
            # Places of several words are named after people: Ezequiel Montes, Patrick Springs.
            yield from (
                place for place in _texts(getattr(module.Provider, attribute, ())) if " " not in place
            )
    yield from vocabulary.PLACES.split()


def _words() -> Iterator[str]:
    import faker.providers.color as colors  # noqa: PLC0415
    import faker.providers.job as jobs  # noqa: PLC0415
    from faker.providers import lorem  # noqa: PLC0415

    # Latin in others' sentences is made up, and Faker's Latin has names in it.
    for module in _locales(lorem):
        if not module.__name__.endswith((".la", ".en_PH", ".cs_CZ")):
            yield from _texts(getattr(module.Provider, "word_list", ()))
    for module in (*_locales(jobs), *_locales(colors)):
        yield from _texts(getattr(module.Provider, "jobs", ()))
        yield from _texts(getattr(module.Provider, "all_colors", ()))
    yield from vocabulary.WORDS.split()


def _locales(package: ModuleType, locale: str = "") -> Iterator[ModuleType]:
    for _, name, _ in pkgutil.iter_modules(package.__path__):
        if locale in name:
            module = importlib.import_module(f"{package.__name__}.{name}")
            if hasattr(module, "Provider"):
                yield module


def _texts(items: Any) -> Iterator[str]:
    """The texts of Faker's collections, which are sequences, weighted dicts and tuples of spellings."""
    if isinstance(items, str):
        yield items
    elif hasattr(items, "__iter__"):
        for item in items:
            yield from _texts(item)
