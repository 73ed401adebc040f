"""Personnummer: twelve digits that never show themselves by accident."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NoReturn

from stdnum import luhn
from stdnum.exceptions import InvalidChecksum, InvalidComponent
from stdnum.se import personnummer as ordinary

from utskick.domain.errors import UtskickError
from utskick.domain.writing import plain

_TYPED = re.compile(r"\d{8}-?\d{4}", re.ASCII)
_TWELVE_DIGITS = 12
_TEN_DIGITS = re.compile(r"\d{6}-?\d{4}", re.ASCII)
_RESERVE = re.compile(r"\d{8}-?(?:[KMX]\d{3}|\d{2}[KMX]\d)", re.ASCII | re.IGNORECASE)
_COORDINATION = re.compile(r"\d{4}(?:0\d|1[0-2])(?:[6-8]\d|9[01])\d{4}", re.ASCII)
"""Its date need not exist: the month may be 00, the day of birth 0, or the 31st of April."""
_COORDINATION_DAYS = 60
_EARLIEST_YEAR = 1840
"""Nobody born before it was alive when numbers were first given, and the check digit does not
cover the century: 1091 for 1991 would pass."""
_QUOTES = frozenset("\"'`\u00b4\u201a\u201e")


class PersonnummerProblem(StrEnum):
    EMPTY = "empty"
    TEN_DIGITS = "ten_digits"
    PLUS_SIGN = "plus_sign"
    OTHER_DIGITS = "other_digits"
    WRONG_CHARACTERS = "wrong_characters"
    MISPLACED_HYPHEN = "misplaced_hyphen"
    WRONG_LENGTH = "wrong_length"
    IMPOSSIBLE_DATE = "impossible_date"
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    IN_THE_FUTURE = "in_the_future"
    SERIAL_ZERO = "serial_zero"
    COORDINATION_NUMBER = "coordination_number"
    RESERVE_NUMBER = "reserve_number"


SENTENCES: dict[PersonnummerProblem, tuple[str, str]] = {
    PersonnummerProblem.EMPTY: ("Personnummer saknas.", "Skriv det som ÅÅÅÅMMDD-XXXX."),
    PersonnummerProblem.TEN_DIGITS: (
        "Personnumret har tio siffror.",
        "Lägg till århundradet: ÅÅÅÅMMDD-XXXX.",
    ),
    PersonnummerProblem.PLUS_SIGN: (
        "Plustecken går inte att använda.",
        "Skriv ett bindestreck i stället, och födelseåret med fyra siffror.",
    ),
    PersonnummerProblem.OTHER_DIGITS: (
        "Siffrorna är av en annan sort än tangentbordets.",
        "Skriv in dem för hand i stället för att klistra in dem.",
    ),
    PersonnummerProblem.WRONG_CHARACTERS: (
        "Det finns andra tecken än siffror.",
        "Ta bort allt utom de tolv siffrorna och bindestrecket.",
    ),
    PersonnummerProblem.MISPLACED_HYPHEN: (
        "Bindestrecken står inte rätt.",
        "Skriv bara ett, före de fyra sista siffrorna, eller inget alls.",
    ),
    PersonnummerProblem.WRONG_LENGTH: (
        "Antalet siffror stämmer inte.",
        "Ett personnummer har tolv siffror: ÅÅÅÅMMDD-XXXX.",
    ),
    PersonnummerProblem.IMPOSSIBLE_DATE: (
        "Födelsedatumet är inte möjligt.",
        "Kontrollera de åtta första siffrorna.",
    ),
    PersonnummerProblem.WRONG_CHECK_DIGIT: (
        "Kontrollsiffran stämmer inte.",
        "Kontrollera om någon siffra blivit fel.",
    ),
    PersonnummerProblem.IN_THE_FUTURE: (
        "Födelsedatumet ligger framåt i tiden.",
        "Kontrollera årtalet.",
    ),
    PersonnummerProblem.SERIAL_ZERO: (
        "Födelsenumret 000 används inte.",
        "Kontrollera de fyra sista siffrorna.",
    ),
    PersonnummerProblem.COORDINATION_NUMBER: (
        "Det är ett samordningsnummer, och med ett sådant går det inte att logga in på 1177.",
        "Använd en formulärlänk i stället.",
    ),
    PersonnummerProblem.RESERVE_NUMBER: (
        "Det är ett reservnummer, och med ett sådant går det inte att logga in på 1177.",
        "Använd personnumret, eller en formulärlänk.",
    ),
}
"""Each problem's reason, and what to do about it."""


class InvalidPersonnummer(UtskickError):
    """What was typed is no personnummer that can be sent to. Says why, never what."""

    def __init__(self, problem: PersonnummerProblem) -> None:
        self.problem = problem
        super().__init__(f"not a personnummer: {problem.value}")
        self.reason, self.remedy = SENTENCES[problem]
        self.staff_message = f"{self.reason} {self.remedy}"


@dataclass(frozen=True, slots=True, order=True, repr=False)
class Personnummer:
    """Checked by `parse_personnummer`. Masked as text; refuses to be pickled."""

    digits: str

    def __str__(self) -> str:
        return masked(self.digits)

    def __repr__(self) -> str:
        return f"Personnummer({self})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __reduce_ex__(self, _protocol: Any) -> NoReturn:
        raise TypeError("a personnummer is not to be pickled")

    @property
    def formatted(self) -> str:
        """ÅÅÅÅMMDD-XXXX, for those who may see it."""
        return ordinary.format(self.digits)

    @property
    def is_coordination_number(self) -> bool:
        """A samordningsnummer: the day of birth plus 60, or 60 alone if it is not known."""
        return int(self.digits[6:8]) >= _COORDINATION_DAYS

    @property
    def born(self) -> date | None:
        """`None` for a coordination number whose date of birth is not known."""
        day = int(self.digits[6:8])
        if self.is_coordination_number:
            day -= _COORDINATION_DAYS
        try:
            return date(int(self.digits[:4]), int(self.digits[4:6]), day)
        except ValueError:
            return None


def parse_personnummer(
    text: str, *, accept_coordination_numbers: bool = False, today: date
) -> Personnummer:
    """Read ÅÅÅÅMMDDXXXX or ÅÅÅÅMMDD-XXXX, once `tidied`. Raises `InvalidPersonnummer`.

    ASCII digits only: libraries let full-width digits and future dates through.
    """
    typed = tidied(text)
    if problem := _not_typed_right(typed):
        raise InvalidPersonnummer(problem)
    number = Personnummer(typed.replace("-", ""))
    if problem := _not_a_number(number) or _in_the_future(number, today):
        raise InvalidPersonnummer(problem)
    if number.is_coordination_number and not accept_coordination_numbers:
        raise InvalidPersonnummer(PersonnummerProblem.COORDINATION_NUMBER)
    return number


def tidied(text: str) -> str:
    """Without the spaces, quotes and unseen marks that come along when a number is pasted.

    Any dash is a hyphen.
    """
    return text.translate(_TIDY)


class _Tidy(dict[int, str]):
    """What becomes of each character, by its code: long lists ask for the same few."""

    def __missing__(self, code: int) -> str:
        character = plain(chr(code))
        dropped = character in ("", " ") or _is_quote(character)
        self[code] = "" if dropped else character
        return self[code]


_TIDY = _Tidy()


def could_be_somebodys(digits: str) -> bool:
    """Whether twelve ASCII digits have a date and a check digit that hold, on whatever day."""
    return _not_a_number(Personnummer(digits)) is None


def masked(text: str) -> str:
    """At most the year of birth; enough to find the row, not the person."""
    year = text[:4]
    shown = year if len(year) == 4 and year.isascii() and year.isdigit() else ""  # noqa: PLR2004
    return f"{shown}••••-••••"


def _is_quote(character: str) -> bool:
    return unicodedata.category(character) in ("Pi", "Pf") or character in _QUOTES


def _not_typed_right(typed: str) -> PersonnummerProblem | None:
    if _TYPED.fullmatch(typed):
        return None
    digits = typed.replace("-", "")
    only_digits = digits.isascii() and digits.isdigit()
    likely = {
        PersonnummerProblem.EMPTY: not typed,
        PersonnummerProblem.PLUS_SIGN: "+" in typed,
        PersonnummerProblem.TEN_DIGITS: _TEN_DIGITS.fullmatch(typed),
        PersonnummerProblem.RESERVE_NUMBER: _RESERVE.fullmatch(typed),
        PersonnummerProblem.MISPLACED_HYPHEN: only_digits and len(digits) == _TWELVE_DIGITS,
        PersonnummerProblem.WRONG_LENGTH: only_digits,
        PersonnummerProblem.OTHER_DIGITS: digits.isdigit(),
        PersonnummerProblem.WRONG_CHARACTERS: True,
    }
    return next(problem for problem, found in likely.items() if found)


def _not_a_number(number: Personnummer) -> PersonnummerProblem | None:
    if int(number.digits[:4]) < _EARLIEST_YEAR:
        return PersonnummerProblem.IMPOSSIBLE_DATE
    wrong = _not_coordination if number.is_coordination_number else _not_ordinary
    if problem := wrong(number):
        return problem
    return PersonnummerProblem.SERIAL_ZERO if number.digits[8:11] == "000" else None


def _not_ordinary(number: Personnummer) -> PersonnummerProblem | None:
    try:
        ordinary.validate(number.digits)
    except InvalidComponent:
        return PersonnummerProblem.IMPOSSIBLE_DATE
    except InvalidChecksum:
        return PersonnummerProblem.WRONG_CHECK_DIGIT
    return None


def _not_coordination(number: Personnummer) -> PersonnummerProblem | None:
    """What is wrong with it as a coordination number, which the library does not know."""
    if not _COORDINATION.fullmatch(number.digits):
        return PersonnummerProblem.IMPOSSIBLE_DATE
    if not luhn.is_valid(number.digits[2:]):
        return PersonnummerProblem.WRONG_CHECK_DIGIT
    return None


def _in_the_future(number: Personnummer, today: date) -> PersonnummerProblem | None:
    year, month = int(number.digits[:4]), int(number.digits[4:6])
    earliest = number.born or date(year, month or 1, 1)
    return PersonnummerProblem.IN_THE_FUTURE if earliest > today else None
