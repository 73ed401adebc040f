"""What in a text is somebody's number, and what only has as many digits."""

import unicodedata
from typing import Literal

import pytest

from tests.people import COORDINATION_NUMBERS
from utskick.domain import personnummer_in_text
from utskick.domain.personnummer_in_text import Likeness, likeness, looks_like_personnummer

IN_TWELVE_DIGITS = [
    "199102042398",
    "19910204-2398",
    "19910204 2398",
    "19910204+2398",
    "19910204 - 2398",
    "19910204 -2398",
    "19910204\u20112398",
    "19910204\u2013 2398",
    "19910204\u22122398",
    "19910204\u00ad2398",
    "1991\u200b0204\u20602398",
    "19910204\n2398",
    "19910204_2398",
    "1991-02-04-2398",
    "1991.02.04.2398",
    "1991/02/04 2398",
    "1991 02 04 2398",
    "1991:0204:2398",
    "19 91 02 04 23 98",
    "19-91-02-04-23-98",
    "1 9 9 1 0 2 0 4 2 3 9 8",
    "\uff11\uff19\uff19\uff11\uff10\uff12\uff10\uff14\uff12\uff13\uff19\uff18",
    "\u0661\u0669\u0669\u0661\u0660\u0662\u0660\u0664\u0662\u0663\u0669\u0668",
    "Anna199102042398b",
    "19910204    2398",
    "1991,02,04,2398",
    "19910204, 2398",
    "19910204;2398",
    "19910204/2398",
    "(19910204) 2398",
    "19910204 (2398)",
    "19910204|2398",
    "**19910204**2398",
    "19910204 \u2022 2398",
    "1991 - 02 - 04 - 2398",
    "199 102 042 398",
    "19910204-23 98",
    "199102042398199102042398",
    "0199102042398",
    "1991020423980",
    "\u00b9\u2079\u2079\u00b9\u2070\u00b2\u2070\u2074-\u00b2\u00b3\u2079\u2078",
    "1\ufe0f\u20e39\ufe0f\u20e39\ufe0f\u20e31\ufe0f\u20e302042398",
    "\u202e19910204-2398",
    "Mellan 2027-02-01 och 2027-02-08 kommer 19910204-2398.",
    "19910204%2D2398",
    "%31%39910204%E2%80%912398",
    "19910204%2398",
]
IN_TEN_DIGITS = [
    "9102042398",
    "Ring Anna 910204-2398",
    "91 0204-2398 910204+2398",
    "910204\u20132398",
    "91-02-04-2398",
    "91 02 04 23 98",
    "19 910204-2398",
    "910204-23 98",
    "91 02 04-23 98",
    "19 91 02 04-23 98",
    "91 0204 2398",
    "91-0204-2398",
    "(910204)2398",
    "910204 (2398)",
    "910204*2398",
    "910204=2398",
    "910204|2398",
    "910204\u20222398",
    "910204, 2398",
    "910204,2398",
    "910204;2398",
    "910204%2D2398",
    "9102 04 23 98",
    "9102-04-23-98",
    "910204-23.98",
    "910204-239-8.",
    "070110-2386",
    "070110 2386",
]
PHONES = [
    "0701740607",
    "070-174 06 07",
    "070-1740607",
    "0701-740607",
    "0701-74 06 07",
    "07 01 74 06 07",
    "+46701740607",
    "+46 70 174 06 07",
    "+46 (0)70-174 06 07",
    "0046701740607",
    "0701740607, 0701740615 eller 0701740623",
    "031-390 06 11",
    "0502-12 34 56",
    "08-123 456 78",
]
NOBODY = [
    "",
    "Rum 1234, plan 5",
    "2027-02-01 08:30",
    "2027-02-01 08.30\u201309.15",
    "2027-01-03\u20132027-01-11",
    "2027-01-03 - 2027-01-11",
    "2027-01-03, 2027-01-11",
    "2027-02-01T10:15:30.123456+01:00",
    "20270201T101530Z",
    "01.02.27\u201303.02.27",
    "a7d1f0c2-0204-4398-9102-042398a1b2c3",
    "/Uppf%C3%B6ljning?sida=2&antal=50%20",
    "2027-02-01 kl. 10.15, 2027-02-08 kl. 10.15",
    "Svara 2027-02-01 10:15, 2027-02-08 10:15 eller 2027-02-15 10:15",
    "SE2321000131-E000000000101",
    "556036-0793",
    "16556036-0793",
    "232100-0131",
    "Ärende 2027-123456",
    "0 1 2 3 4 5 6 7 8 9 10",
    "199102042397",
    "19910204-0004",
]


@pytest.mark.parametrize("text", [*IN_TWELVE_DIGITS, *COORDINATION_NUMBERS])
def test_twelve_digits_are_noticed_however_they_are_written(text: str) -> None:
    assert likeness(text) is Likeness.TWELVE_DIGITS


@pytest.mark.parametrize("text", IN_TEN_DIGITS)
def test_ten_digits_are_noticed_too(text: str) -> None:
    assert likeness(text) is Likeness.TEN_DIGITS


@pytest.mark.parametrize("text", [*PHONES, *NOBODY])
def test_telephones_dates_times_and_other_numbers_are_nobodys(text: str) -> None:
    assert not looks_like_personnummer(text)


def test_a_mobile_number_is_none_unless_it_is_written_as_a_personnummer() -> None:
    assert not looks_like_personnummer("0701740607")
    assert looks_like_personnummer("070174-0607")


def test_the_surest_in_a_text_is_what_counts() -> None:
    assert likeness("910204-2398, 0701740607, 19910204-2398") is Likeness.TWELVE_DIGITS


def test_no_town_has_telephones_that_are_somebodys_number() -> None:
    codes = [code for code in range(300, 600) if code % 100 in range(1, 13)]
    numbers = [
        f"0{code}-{at % 40:02} {at % 83:02} {at % 97:02}" for code in codes for at in range(97)
    ]

    for number in numbers:
        assert not looks_like_personnummer(f"Ring {number} eller {number.replace('-', ' ')}.")


def test_no_moment_is_somebodys_number() -> None:
    days = [
        f"{year}-{month:02}-{year % 28 + 1:02}"
        for year in range(1998, 2036)
        for month in range(1, 13)
    ]

    for at, day in enumerate(days):
        hour, minute = at % 24, at % 60
        for moment in (f"{day} {hour:02}:{minute:02}", f"{day}, {hour:02}.{minute:02}\u201317.00"):
            assert not looks_like_personnummer(moment)


@pytest.mark.parametrize(
    ("text", "most"),
    [("19" * 10_000, 0), ("12 " * 10_000, 10), ("199102042397, " * 1_000, 10)],
    ids=["no date", "one pattern", "one number"],
)
def test_what_is_no_date_or_said_before_is_not_looked_at_again(
    text: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def nobodys(digits: str) -> bool:
        seen.append(digits)
        return False

    monkeypatch.setattr(personnummer_in_text, "could_be_somebodys", nobodys)

    assert not looks_like_personnummer(text)

    assert len(seen) <= most


def test_marks_in_a_row_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []
    as_ever = unicodedata.normalize

    def normalize(form: Literal["NFKC"], text: str) -> str:
        lengths.append(len(text))
        return as_ever(form, text)

    monkeypatch.setattr(unicodedata, "normalize", normalize)

    assert looks_like_personnummer("19910204" + "\u0301\u0323" * 1_000 + "2398")

    assert max(lengths, default=1) == 1
