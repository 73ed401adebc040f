"""What staff should know before they send, in the same words at every door."""

from datetime import date

import pytest
from stdnum import luhn

from utskick.domain.advice import of_children, of_the_unnotified
from utskick.domain.personnummer import Personnummer, parse_personnummer

TODAY = date(2027, 2, 1)
A_YEAR_ON = date(2028, 2, 1)


def born(day: str) -> Personnummer:
    ten = f"{day[2:]}238"
    return parse_personnummer(f"{day[:2]}{ten}{luhn.calc_check_digit(ten)}", today=TODAY)


def advised(*days: str, answer_by: date = A_YEAR_ON) -> list[str]:
    listed = [(place, born(day)) for place, day in enumerate(days, start=1)]
    return of_children(listed, today=TODAY, answer_by=answer_by)


@pytest.mark.parametrize("day", ["20140201", "20140131", "20090202"])
def test_a_child_that_has_had_its_thirteenth_birthday_answers_alone(day: str) -> None:
    (sentence,) = advised("19910204", day)

    assert sentence.startswith("1 mottagare (nummer 2 i listan) har fyllt 13 år men inte 18:")
    assert "vårdnadshavare kan inte svara åt barnet" in sentence


@pytest.mark.parametrize(
    ("day", "answer_by", "warned"),
    [
        ("20140202", A_YEAR_ON, True),
        ("20140301", date(2027, 3, 1), True),
        ("20140301", date(2027, 2, 28), False),
        ("20141231", date(2027, 6, 1), False),
    ],
)
def test_a_birthday_before_the_last_day_to_answer_is_shown(
    day: str, answer_by: date, warned: bool
) -> None:
    sentences = advised(day, answer_by=answer_by)

    assert len(sentences) == warned
    assert all(f"fyller 13 år senast {answer_by}" in each for each in sentences)


@pytest.mark.parametrize("day", ["20090201", "19910204"])
def test_whoever_is_of_age_needs_no_guardian(day: str) -> None:
    assert advised(day) == []


def test_each_is_found_by_the_place_in_the_list_unless_they_are_many() -> None:
    (three,) = advised("20140115", "19910204", "20130115", "20120115")
    (many,) = advised(*["20130115", "20130116", "20130117", "20130118", "20130119", "20130120"])

    assert three.startswith("3 mottagare (nummer 1, 3 och 4 i listan) har")
    assert many.startswith("6 mottagare har")


@pytest.mark.parametrize(
    ("count", "end"), [(0, ""), (1, "du tar bort den."), (2, "du tar bort dem.")]
)
def test_whoever_1177_would_not_notify_is_counted(count: int, end: str) -> None:
    sentences = of_the_unnotified(count)

    assert len(sentences) == bool(count)
    assert all(each.startswith(f"{count} mottagare har ingen") for each in sentences)
    assert all(each.endswith(end) for each in sentences)
