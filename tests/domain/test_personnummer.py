import copy
import pickle
import re
import traceback
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.people import ANNA, TOLVAN
from utskick.domain.personnummer import (
    SENTENCES,
    InvalidPersonnummer,
    Personnummer,
    PersonnummerProblem,
    looks_like_personnummer,
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
    "1991-02-04-2398": PersonnummerProblem.WRONG_LENGTH,
    "19910204\u20132398": PersonnummerProblem.WRONG_CHARACTERS,
    "19910204:2398": PersonnummerProblem.WRONG_CHARACTERS,
    "1991020423\uff19\uff18": PersonnummerProblem.WRONG_CHARACTERS,
    "\u0661\u0669\u0669\u0661\u0660\u0662\u0660\u0664\u0662\u0663\u0669\u0668":
        PersonnummerProblem.WRONG_CHARACTERS,
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
}  # fmt: skip


@pytest.mark.parametrize(
    "typed", ["199102042398", "19910204-2398", "  19910204-2398\n", "19121212-1212"]
)
def test_twelve_digits_are_read_with_or_without_a_hyphen(typed: str) -> None:
    assert parse_personnummer(typed, today=TODAY).digits == re.sub(r"\D", "", typed)


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


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("197000992391", PersonnummerProblem.IMPOSSIBLE_DATE),
        ("000000612391", PersonnummerProblem.IMPOSSIBLE_DATE),
        ("209900612392", PersonnummerProblem.IN_THE_FUTURE),
    ],
)
def test_without_a_month_the_day_and_the_year_must_still_be_possible(
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
        told = "".join(traceback.format_exception_only(error)) + error.staff_message
        assert not re.search(r"\d{4}", told)
    else:
        assert re.fullmatch(r"[0-9]{12}", number.digits)
        assert isinstance(number, Personnummer)


@pytest.mark.parametrize(
    "text",
    [
        "Ring Anna 910204-2398",
        "199102042398",
        "19910204 2398",
        "91 0204-2398 910204+2398",
        "910204\u20132398",
        "\uff11\uff19\uff19\uff11\uff10\uff12\uff10\uff14\uff12\uff13\uff19\uff18",
    ],
)
def test_a_personnummer_in_free_text_is_noticed(text: str) -> None:
    assert looks_like_personnummer(text)


@pytest.mark.parametrize(
    "text", ["", "Ring 031-390 06 11 före kl. 16", "2027-02-01 08:30", "Rum 1234, plan 5"]
)
def test_phone_numbers_and_dates_are_no_personnummer(text: str) -> None:
    assert not looks_like_personnummer(text)
