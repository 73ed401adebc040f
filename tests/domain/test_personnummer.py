import copy
import pickle
import re
import traceback
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.se import personnummer as stdnum_personnummer

from tests.people import ANNA, COORDINATION_NUMBERS, TOLVAN
from utskick.domain.personnummer import (
    SENTENCES,
    InvalidPersonnummer,
    Personnummer,
    PersonnummerProblem,
    masked,
    parse_personnummer,
)

TODAY = date(2026, 11, 23)
QUICK = settings(max_examples=200, derandomize=True, deadline=None)

REFUSED = {
    "": PersonnummerProblem.EMPTY,
    "   ": PersonnummerProblem.EMPTY,
    "9102042398": PersonnummerProblem.TEN_DIGITS,
    "910204-2398": PersonnummerProblem.TEN_DIGITS,
    "910204+2398": PersonnummerProblem.PLUS_SIGN,
    "19910204+2398": PersonnummerProblem.PLUS_SIGN,
    "1991020423": PersonnummerProblem.TEN_DIGITS,
    "19910204239": PersonnummerProblem.WRONG_LENGTH,
    "1991020423980": PersonnummerProblem.WRONG_LENGTH,
    "1991-02-04-2398": PersonnummerProblem.MISPLACED_HYPHEN,
    "19910204--2398": PersonnummerProblem.MISPLACED_HYPHEN,
    "19910204:2398": PersonnummerProblem.WRONG_CHARACTERS,
    "1991020423\uff19\uff18": PersonnummerProblem.OTHER_DIGITS,
    "\u0661\u0669\u0669\u0661\u0660\u0662\u0660\u0664\u0662\u0663\u0669\u0668":
        PersonnummerProblem.OTHER_DIGITS,
    "Anna": PersonnummerProblem.WRONG_CHARACTERS,
    "199102312390": PersonnummerProblem.IMPOSSIBLE_DATE,
    "199113042390": PersonnummerProblem.IMPOSSIBLE_DATE,
    "10910204-2398": PersonnummerProblem.IMPOSSIBLE_DATE,
    "199102042397": PersonnummerProblem.WRONG_CHECK_DIGIT,
    "20910204-2398": PersonnummerProblem.IN_THE_FUTURE,
    "19910204-0004": PersonnummerProblem.SERIAL_ZERO,
    "19701063-2391": PersonnummerProblem.COORDINATION_NUMBER,
    "1991020423K1": PersonnummerProblem.RESERVE_NUMBER,
    "19910204-23x1": PersonnummerProblem.RESERVE_NUMBER,
    "19910204-K231": PersonnummerProblem.RESERVE_NUMBER,
}  # fmt: skip


@pytest.mark.parametrize(
    "typed", ["199102042398", "19910204-2398", "  19910204-2398\n", "19121212-1212"]
)
def test_twelve_digits_are_read_with_or_without_a_hyphen(typed: str) -> None:
    assert parse_personnummer(typed, today=TODAY).digits == re.sub(r"\D", "", typed)


PASTED = {
    "hyphen": "19910204\u20102398",
    "non-breaking hyphen": "19910204\u20112398",
    "figure dash": "19910204\u20122398",
    "en dash": "19910204\u20132398",
    "em dash": "19910204\u20142398",
    "minus": "19910204\u22122398",
    "small hyphen": "19910204\ufe632398",
    "full-width hyphen": "19910204\uff0d2398",
    "soft hyphen": "19910204\u00ad2398",
    "spaces around a dash": "19910204 \u2013 2398",
    "no-break space": "19910204\u00a02398",
    "narrow no-break space": "\u202f19910204-2398",
    "zero-width space": "1991\u200b0204-2398",
    "byte order mark": "\ufeff19910204-2398",
    "marks of direction": "\u202a\u200e19910204-2398\u202c",
    "quotation marks": "\u201d19910204-2398\u201d",
    "control character": "19910204-2398\x1a",
    "blank braille": "19910204-2398\u2800",
}
"""As Word, PDF, web pages and telephones hand over 19910204-2398."""


@pytest.mark.parametrize("typed", PASTED.values(), ids=PASTED)
def test_what_comes_along_when_a_number_is_pasted_is_tidied_away(typed: str) -> None:
    assert parse_personnummer(typed, today=TODAY) == ANNA


@pytest.mark.parametrize(("typed", "problem"), REFUSED.items())
def test_what_is_wrong_is_refused_with_its_own_reason(
    typed: str, problem: PersonnummerProblem
) -> None:
    with pytest.raises(InvalidPersonnummer) as caught:
        parse_personnummer(typed, today=TODAY)

    assert caught.value.problem is problem


def test_every_reason_has_a_sentence_and_can_be_met() -> None:
    assert set(SENTENCES) == set(PersonnummerProblem) == set(REFUSED.values())
    assert all(
        reason.endswith(".") and remedy.endswith(".") for reason, remedy in SENTENCES.values()
    )


def test_a_coordination_number_is_accepted_where_the_setting_says_so() -> None:
    number = parse_personnummer("19701063-2391", accept_coordination_numbers=True, today=TODAY)

    assert number.is_coordination_number
    assert number.born == date(1970, 10, 3)


def test_a_coordination_number_may_lack_its_month() -> None:
    number = parse_personnummer("19700063-2393", accept_coordination_numbers=True, today=TODAY)

    assert number.born is None


@pytest.mark.parametrize("typed", COORDINATION_NUMBERS)
def test_the_date_of_a_coordination_number_need_not_exist(typed: str) -> None:
    with pytest.raises(InvalidPersonnummer) as caught:
        parse_personnummer(typed, today=TODAY)
    accepted = parse_personnummer(typed, accept_coordination_numbers=True, today=TODAY)

    assert caught.value.problem is PersonnummerProblem.COORDINATION_NUMBER
    assert accepted.is_coordination_number
    assert accepted.born is None


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("197000992391", PersonnummerProblem.IMPOSSIBLE_DATE),
        ("197013602391", PersonnummerProblem.IMPOSSIBLE_DATE),
        ("000000612391", PersonnummerProblem.IMPOSSIBLE_DATE),
        ("193302912384", PersonnummerProblem.WRONG_CHECK_DIGIT),
        ("209900612392", PersonnummerProblem.IN_THE_FUTURE),
        ("202612602397", PersonnummerProblem.IN_THE_FUTURE),
    ],
)
def test_but_its_year_its_month_and_its_check_digit_must_be_possible(
    typed: str, problem: PersonnummerProblem
) -> None:
    with pytest.raises(InvalidPersonnummer) as caught:
        parse_personnummer(typed, accept_coordination_numbers=True, today=TODAY)

    assert caught.value.problem is problem


def test_born_today_is_not_in_the_future() -> None:
    born = date(1991, 2, 4)

    assert parse_personnummer(ANNA.digits, today=born).born == born
    with pytest.raises(InvalidPersonnummer):
        parse_personnummer(ANNA.digits, today=born - timedelta(days=1))


@given(
    st.dates(date(1840, 1, 1), TODAY), st.integers(1, 31), st.integers(1, 999), st.integers(0, 9)
)
@QUICK
def test_of_ordinary_numbers_it_thinks_as_stdnum_does(
    month: date, day: int, serial: int, last: int
) -> None:
    digits = f"{month:%Y%m}{day:02}{serial:03}{last}"

    try:
        parse_personnummer(digits, today=date(9999, 1, 1))
    except InvalidPersonnummer:
        assert not stdnum_personnummer.is_valid(digits)
    else:
        assert stdnum_personnummer.is_valid(digits)


def test_it_shows_at_most_the_year() -> None:
    shown = [str(ANNA), repr(ANNA), f"{ANNA}", f"{ANNA:>20}", repr([ANNA]), masked(ANNA.formatted)]

    assert not any(re.search(r"\d{5}|2398", text) for text in shown)
    assert ANNA.formatted == "19910204-2398"


@pytest.mark.parametrize("escape", [pickle.dumps, copy.copy, copy.deepcopy])
def test_it_is_not_pickled_nor_copied(escape: object) -> None:
    assert callable(escape)
    with pytest.raises(TypeError):
        escape(TOLVAN)


@given(st.text(max_size=30) | st.from_regex(r"[0-9+\- KMX]{0,16}"))
@QUICK
def test_any_text_is_a_personnummer_or_refused_and_never_repeated(text: str) -> None:
    try:
        number = parse_personnummer(text, today=TODAY)
    except InvalidPersonnummer as error:
        shown_text = "".join(traceback.format_exception_only(error)) + error.staff_message
        assert not re.search(r"\d{4}", shown_text)
    else:
        assert re.fullmatch(r"[0-9]{12}", number.digits)
        assert isinstance(number, Personnummer)
