"""Personnummer: twelve digits that never show themselves by accident."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NoReturn

from stdnum import luhn

from utskick.domain.errors import UtskickError

_TYPED = re.compile(r"\d{8}-?\d{4}", re.ASCII)
_TEN_DIGITS = re.compile(r"\d{6}[-+]?\d{4}", re.ASCII)
_RESERVE = re.compile(r"\d{8}-?\d{2}[KMX]\d", re.ASCII | re.IGNORECASE)
_IN_TEXT = re.compile(r"(?<!\d)(?:\d{2})?(\d{2})(\d{2})(\d{2})[\s\-–+]?(\d{4})(?!\d)")
_WITHOUT_MONTH = re.compile(r"\d{4}00(?:6[1-9]|[78]\d|9[01])\d{4}", re.ASCII)
_EARLIEST_YEAR = 1840
"""Nobody born before it was alive when numbers were first given, and the check digit does not
cover the century: 1091 for 1991 would pass."""
_COORDINATION_DAYS = 60
_MONTHS = 12
_LONGEST_MONTH = 31


class PersonnummerProblem(StrEnum):
    EMPTY = "empty"
    TEN_DIGITS = "ten_digits"
    PLUS_SIGN = "plus_sign"
    WRONG_CHARACTERS = "wrong_characters"
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
        "Skriv århundradet i stället: ÅÅÅÅMMDD-XXXX.",
    ),
    PersonnummerProblem.WRONG_CHARACTERS: (
        "Det finns andra tecken än siffror.",
        "Skriv personnumret som ÅÅÅÅMMDD-XXXX.",
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
        return f"{self.digits[:8]}-{self.digits[8:]}"

    @property
    def is_coordination_number(self) -> bool:
        return int(self.digits[6:8]) > _COORDINATION_DAYS

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
    """Read ÅÅÅÅMMDDXXXX or ÅÅÅÅMMDD-XXXX. Raises `InvalidPersonnummer`.

    ASCII digits only: libraries let full-width digits, long dashes and future dates through.
    """
    typed = text.strip()
    if problem := _not_typed_right(typed):
        raise InvalidPersonnummer(problem)
    number = Personnummer(typed.replace("-", ""))
    if problem := _not_a_person(number, today):
        raise InvalidPersonnummer(problem)
    if number.is_coordination_number and not accept_coordination_numbers:
        raise InvalidPersonnummer(PersonnummerProblem.COORDINATION_NUMBER)
    return number


def masked(text: str) -> str:
    """At most the year of birth; enough to find the row, not the person."""
    year = text[:4]
    shown = year if len(year) == 4 and year.isascii() and year.isdigit() else ""  # noqa: PLR2004
    return f"{shown}••••-••••"


def looks_like_personnummer(text: str) -> bool:
    """Whether free text holds anything like a personnummer, in any digits.

    A phone number or an HSA-id is none: its date or its check digit does not hold.
    """
    return any(_could_be_a_person(*found) for found in _IN_TEXT.findall(text))


def _could_be_a_person(year: str, month: str, day: str, last: str) -> bool:
    number = str(int(f"1{year}{month}{day}{last}"))[1:]
    return (
        int(month) <= _MONTHS
        and 1 <= int(day) % _COORDINATION_DAYS <= _LONGEST_MONTH
        and luhn.is_valid(number)
    )


def _not_typed_right(typed: str) -> PersonnummerProblem | None:
    if _TYPED.fullmatch(typed):
        return None
    digits = typed.replace("-", "")
    likely = {
        PersonnummerProblem.EMPTY: not typed,
        PersonnummerProblem.PLUS_SIGN: "+" in typed,
        PersonnummerProblem.TEN_DIGITS: _TEN_DIGITS.fullmatch(typed),
        PersonnummerProblem.RESERVE_NUMBER: _RESERVE.fullmatch(typed),
        PersonnummerProblem.WRONG_LENGTH: digits.isascii() and digits.isdigit(),
        PersonnummerProblem.WRONG_CHARACTERS: True,
    }
    return next(problem for problem, found in likely.items() if found)


def _not_a_person(number: Personnummer, today: date) -> PersonnummerProblem | None:
    year = int(number.digits[:4])
    dated = number.born is not None or _WITHOUT_MONTH.fullmatch(number.digits)
    if not dated or year < _EARLIEST_YEAR:
        return PersonnummerProblem.IMPOSSIBLE_DATE
    if not luhn.is_valid(number.digits[2:]):
        return PersonnummerProblem.WRONG_CHECK_DIGIT
    if (number.born or date(year, 1, 1)) > today:
        return PersonnummerProblem.IN_THE_FUTURE
    if number.digits[8:11] == "000":
        return PersonnummerProblem.SERIAL_ZERO
    return None
