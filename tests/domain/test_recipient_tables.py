import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.people import ANNA, BO, CILLA
from utskick.domain.recipient_tables import (
    NoNumberColumn,
    SeveralNumberColumns,
    numbers_of_table,
    numbers_of_text,
)
from utskick.domain.recipients import UnreadableFile

QUICK = settings(max_examples=300, derandomize=True, deadline=None)
A, B = ANNA.digits, BO.digits
PATIENTS = ["Namn", "Personnummer", "Telefon"]


@pytest.mark.parametrize(
    "text",
    [
        f"Namn;Personnummer;Telefon\nAnna;{A};070-174 06 05\nBo;{B};",
        f"Namn\tPersonnr\nAnna\t{A}\nBo\t{B}\n",
        f'"Namn","Person-nr."\n"Ek, Anna","{A}"\n"Al, Bo","{B}"',
        f"Personnummer;Vårdnadshavare\n{A};{CILLA.digits}\n{B};{CILLA.digits}",
        f"Lista för mars;\n;\nNamn;PNR\nAnna;{A}\nBo;{B}",
        f"Anna;{A};0701740605\nBo;{B};0701740606",
        f"Patient;Id\nAnna;{A}\nBo;{B}",
        f"{A};\n{B};",
        f"{A},\n{B}",
        f"Personnummer\n{A}\n{B}",
    ],
)
def test_the_column_is_found_by_its_heading_or_by_what_it_holds(text: str) -> None:
    cells, _ = numbers_of_text(text)

    assert [cell for _, cell in cells] == [A, B]


def test_a_row_is_numbered_as_the_file_shows_it() -> None:
    cells, headings = numbers_of_text(f"Lista\n\nNamn;Personnummer\n\nAnna;{A}\nBo;{B}\n")

    assert cells == [(5, A), (6, B)]
    assert headings == 2


def test_a_row_without_a_number_is_there_to_be_refused() -> None:
    cells, _ = numbers_of_table([PATIENTS, ["Anna", A], ["Bo", ""], ["Bo"]])

    assert cells == [(2, A), (3, ""), (4, "")]


def test_lines_that_were_broken_between_commas_are_one_list() -> None:
    cells, _ = numbers_of_text(f"{A}, {B},\n{CILLA.digits}, {A}\n")

    assert [row for row, _ in cells] == [1, 1, 2, 2]


@pytest.mark.parametrize(
    "text",
    [
        f"{A};{CILLA.digits}\n{B};{CILLA.digits}",
        f"Anna\t{A}\t\nBo\t{B}\t{CILLA.digits}",
        f"Personnummer;Personnummer\n{A};{CILLA.digits}",
    ],
)
def test_nobody_in_another_column_is_guessed_to_be_a_recipient(text: str) -> None:
    with pytest.raises(SeveralNumberColumns) as caught:
        numbers_of_text(text)

    assert "rubriken Personnummer" in caught.value.staff_message


def test_a_table_without_numbers_says_what_is_missing() -> None:
    with pytest.raises(NoNumberColumn) as caught:
        numbers_of_table([["Namn", "Ort"], ["Anna", "Borås"], ["Bo", "Skara"]])

    assert "rubriken Personnummer" in caught.value.staff_message


def test_a_stray_quotation_mark_swallows_no_row() -> None:
    cells, _ = numbers_of_text(f'Namn;Personnummer\n"Anna;{A}\nBo;{B}')

    assert [row for row, _ in cells] == [2, 3]


def test_one_row_is_a_list_in_which_the_place_is_counted() -> None:
    assert numbers_of_table([[], [A, "", B]]) == ([(1, A), (3, B)], 0)


@given(
    st.lists(
        st.lists(st.sampled_from([A, B, "Anna", "Personnummer", "0701740605", "", " "])),
        max_size=12,
    )
)
@QUICK
def test_every_filled_row_of_a_table_is_a_number_or_a_heading(rows: list[list[str]]) -> None:
    filled = [row for row in rows if any(cell.strip() for cell in row)]

    try:
        cells, headings = numbers_of_table(rows)
    except (NoNumberColumn, SeveralNumberColumns):
        assert len(filled) > 1
    else:
        assert len({row for row, _ in cells}) + headings >= min(len(filled), 1)
        if len(filled) > 1:
            assert len(cells) + headings == len(filled)


@given(st.text())
@QUICK
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        cells, headings = numbers_of_text(text)
    except (NoNumberColumn, SeveralNumberColumns, UnreadableFile):
        return
    assert cells or headings or not any(map(str.isalnum, text))
