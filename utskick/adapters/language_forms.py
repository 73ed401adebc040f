"""Dates and plurals in the languages of inbox messages, as CLDR has them."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache

from babel import Locale
from babel.dates import format_date

from utskick.domain.languages import LANGUAGES, SWEDISH
from utskick.domain.schedules import AnswerBy

_LOCALES = {"en": "en_GB", "prs": "fa_AF", "kmr": "ku"}
_CLDR_ORDER = ("zero", "one", "two", "few", "many", "other")
_WHOLE_NUMBERS = range(201)


@lru_cache(maxsize=len(LANGUAGES))
def _locale(language: str) -> Locale:
    return Locale.parse(_LOCALES.get(language, language))


@lru_cache(maxsize=len(LANGUAGES))
def plural_forms(language: str) -> tuple[str, ...]:
    """Those that whole numbers take: Polish has one for fractions alone."""
    plural_form: Callable[[int], str] = _locale(language).plural_form
    taken = {plural_form(number) for number in _WHOLE_NUMBERS}
    return tuple(form for form in _CLDR_ORDER if form in taken)


def choose_word(number: int, *words: str, language: str) -> str:
    return words[plural_forms(language).index(_locale(language).plural_form(number))]


def answer_by_in_words(last: AnswerBy, language: str) -> str:
    day = written_out(last.day, language)
    if last.at is None:
        return day
    return f"{day}{' kl. ' if language == SWEDISH else ', '}{last.at:%H:%M}"


def written_out(on: date, language: str = SWEDISH) -> str:
    """As residents read it: 30 november 2027."""
    return format_date(on, "long", _locale(language))
