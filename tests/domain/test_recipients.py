from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.people import ANNA, BO, CILLA
from utskick.domain.recipients import (
    FileTooLarge,
    NoRecipients,
    RecipientList,
    TooManyRecipients,
    UnreadableFile,
    decode,
    read_recipients,
)

TODAY = date(2026, 11, 23)
QUICK = settings(max_examples=200, derandomize=True, deadline=None)


def read(text: str, *, allowed: int = 250) -> RecipientList:
    return read_recipients(text, max_recipients=allowed, today=TODAY)


@pytest.mark.parametrize(
    "text",
    [
        f"{ANNA.digits}\n{BO.digits}",
        f"{ANNA.digits}\r\n{BO.formatted}\r\n",
        f"{ANNA.digits},{BO.digits}",
        f"{ANNA.digits}, {BO.digits},",
        f"{ANNA.digits};{BO.digits}\n",
        f"{ANNA.digits}\t{BO.digits}",
        f"\n\n{ANNA.digits}\n\n{BO.digits}\n\n",
        f"Personnummer\n{ANNA.digits}\n{BO.digits}",
    ],
)
def test_a_list_is_one_column_or_one_line_with_separators(text: str) -> None:
    found = read(text)

    assert [row.personnummer for row in found.accepted] == [ANNA, BO]
    assert found.refused == ()


def test_every_bad_row_is_told_with_its_number_masked() -> None:
    found = read(f"{ANNA.digits}\n9102042398\nBo\n{BO.digits}\n199102042397")

    assert [row.row for row in found.refused] == [2, 3, 5]
    assert all(row.reason and row.remedy for row in found.refused)
    assert [row.masked for row in found.refused] == ["9102••••-••••", "••••-••••", "1991••••-••••"]


def test_on_one_line_the_place_is_counted() -> None:
    assert [row.row for row in read(f"{ANNA.digits},x,{BO.digits}").refused] == [2]


@pytest.mark.parametrize("text", ["Personnummer\n9102042398", "\n9102042398\n"])
def test_a_number_alone_is_told_by_the_row_it_stands_on(text: str) -> None:
    assert [row.row for row in read(text).refused] == [2]


def test_a_duplicate_names_the_row_it_repeats() -> None:
    found = read(f"{ANNA.digits}\n{BO.digits}\n{ANNA.formatted}")

    assert [row.personnummer for row in found.accepted] == [ANNA, BO]
    assert "rad 1" in found.refused[0].reason


def test_at_most_as_many_as_the_setting_allows() -> None:
    assert len(read(f"{ANNA.digits}\n{BO.digits}", allowed=2).accepted) == 2
    with pytest.raises(TooManyRecipients) as caught:
        read(f"{ANNA.digits}\n{BO.digits}\n{CILLA.digits}", allowed=2)

    assert "3 mottagare" in caught.value.staff_message


@pytest.mark.parametrize("text", ["", "\n \n", "Personnummer\n", ",,,"])
def test_an_empty_list_is_refused(text: str) -> None:
    with pytest.raises(NoRecipients):
        read(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_files_are_read_as_people_save_them(encoding: str) -> None:
    raw = f"{ANNA.digits}\nÅsa\n".encode(encoding)

    assert decode(raw, max_bytes=1000) == f"{ANNA.digits}\nÅsa\n"


@pytest.mark.parametrize(
    "raw",
    [
        ANNA.digits.encode("utf-16-le"),
        b"1991\x000204",
        b"\xff\xfe1",
        b"PK\x03\x04\x14",
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_what_is_no_text_is_refused_and_not_guessed(raw: bytes) -> None:
    with pytest.raises(UnreadableFile):
        decode(raw, max_bytes=1000)


def test_a_large_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(FileTooLarge):
        decode(b"1" * 11, max_bytes=10)


@given(st.lists(st.sampled_from([ANNA.digits, BO.formatted, "x", "", " ", "9102042398"])))
@QUICK
def test_no_row_is_lost(rows: list[str]) -> None:
    filled = [row for row in rows if row.strip()]

    try:
        found = read("\n".join(rows), allowed=1000)
    except NoRecipients:
        assert not filled
    else:
        assert len(found.accepted) + len(found.refused) == len(filled)


@given(st.binary(max_size=200))
@QUICK
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with suppress(UnreadableFile, NoRecipients, TooManyRecipients):
        found = read(decode(raw, max_bytes=1000))
        assert found.accepted or found.refused
