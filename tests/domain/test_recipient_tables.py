import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.people import ANNA, BO, CILLA
from utskick.domain.recipient_tables import (
    NoNumberColumn,
    Numbers,
    SeveralNumberColumns,
    numbers_of_table,
    numbers_of_text,
)
from utskick.domain.recipients import UnreadableFile
from utskick.domain.sheets import SheetRow
from utskick.domain.text_tables import read_table

QUICK = settings(max_examples=300, derandomize=True, deadline=None)
A, B, C = ANNA.digits, BO.digits, CILLA.digits
PATIENTS = ["Namn", "Personnummer", "Telefon"]
PHONES = ("0701740607", "0701740615", "0701740623")


def of_text(text: str) -> Numbers:
    return numbers_of_text(read_table(text))


def of_table(*rows: list[str]) -> Numbers:
    numbered = [
        SheetRow(
            number, {column: cell for column, cell in enumerate(row, start=1) if cell.strip()}
        )
        for number, row in enumerate(rows, start=1)
    ]
    return numbers_of_table([row for row in numbered if row.texts])


def cells(found: Numbers) -> list[tuple[int, str]]:
    return [(cell.row, cell.text) for cell in found.cells]


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
        f"Lista för mars\nPersonnummer\n{A}\n{B}",
        f"{A}\r\n{BO.digits}\r\n",
        f"{A},{B}",
        f"{A}, {B},",
        f"{A};{B}\n",
        f"{A}\t{B}",
        f"{A} {B}",
        f"\n\n{A}\n\n{B}\n\n",
        f"Personnummer\n{A},{B}",
    ],
)
def test_the_column_is_found_by_its_heading_or_by_what_it_holds(text: str) -> None:
    assert [cell.text.strip() for cell in of_text(text).cells] == [A, B]


def test_a_row_is_numbered_as_the_file_shows_it() -> None:
    found = of_text(f"Lista\n\nNamn;Personnummer\n\nAnna;{A}\nBo;{B}\n")

    assert cells(found) == [(5, A), (6, B)]
    assert found.headings == 2


def test_a_row_without_a_number_is_there_to_be_refused() -> None:
    found = of_table(PATIENTS, ["Anna", A], ["Bo", ""], ["Bo"])

    assert cells(found) == [(2, A), (3, ""), (4, "")]


def test_on_one_line_the_place_is_counted() -> None:
    assert cells(of_text(f"{A},x,{B}")) == [(1, A), (2, "x"), (3, B)]


@pytest.mark.parametrize("text", ["Personnummer\n9102042398", "\n9102042398\n"])
def test_a_number_alone_is_shown_by_the_row_it_stands_on(text: str) -> None:
    assert cells(of_text(text)) == [(2, "9102042398")]


def test_lines_that_were_broken_between_commas_are_one_list() -> None:
    found = of_text(f"{A}, {B},\n{CILLA.digits}, {A}\n")

    assert [cell.row for cell in found.cells] == [1, 1, 2, 2]


@pytest.mark.parametrize(
    "text",
    [
        f"{A};{C}\n{B};{C}",
        f"{A},{C}\n{B},{C}",
        f"{A},{C},\n{B},{C},",
        f"Anna\t{A}\t\nBo\t{B}\t{C}",
        f"Anna;{A};{C}",
        f"Personnummer;Personnummer\n{A};{C}",
        f"Personnummer;\n{A};{C}\n{B};{C}",
        f"900124-2388;{C}\n900127-2385;{C}",
        f"{A[:-1]}0;{C}\n{B[:-1]}0;{C}",
    ],
)
def test_nobody_in_another_column_is_guessed_to_be_a_recipient(text: str) -> None:
    with pytest.raises(SeveralNumberColumns) as caught:
        of_text(text)

    assert "rubriken Personnummer" in caught.value.staff_message


def test_patients_far_to_the_right_are_seen_as_well_as_guardians() -> None:
    far = [""] * 56

    with pytest.raises(SeveralNumberColumns) as caught:
        of_table(["Anna", "", C, *far, A], ["Bo", "", C, *far, B])

    assert "C och BH" in caught.value.staff_message


@pytest.mark.parametrize(
    "beside",
    [
        PHONES,
        ("202601120830", "202601121015", "202602131300"),
        ("2601120830", "2601121015", "2602131300"),
        ("0101011230", "0317412345", "0850000000"),
    ],
    ids=["mobiles", "moments", "short moments", "numbers of ten digits"],
)
def test_twelve_digits_outdo_telephones_and_moments(beside: tuple[str, ...]) -> None:
    people = zip((A, B, C), beside, strict=True)

    found = of_table(*(["Testperson", number, other] for number, other in people))

    assert [cell.text for cell in found.cells] == [A, B, C]


def test_a_note_with_a_number_in_it_makes_no_column() -> None:
    found = of_table(["Anna", A, f"Ring mor, {C}, först"], ["Bo", B, ""])

    assert [cell.text for cell in found.cells] == [A, B]


def test_a_quoted_note_is_one_cell_also_where_it_is_all_there_is() -> None:
    assert cells(of_text(f'{A};"{B};{C}"')) == [(1, A), (2, f"{B};{C}")]


def test_a_table_without_numbers_says_what_is_missing() -> None:
    with pytest.raises(NoNumberColumn) as caught:
        of_table(["Namn", "Ort"], ["Anna", "Borås"], ["Bo", "Skara"])

    assert "rubriken Personnummer" in caught.value.staff_message


def test_a_stray_quotation_mark_swallows_no_row() -> None:
    found = of_text(f'Namn;Personnummer\n"Anna;{A}\nBo;{B}')

    assert [cell.row for cell in found.cells] == [2, 3]


def test_the_rows_after_it_are_nobodys_as_they_may_be_a_note() -> None:
    found = of_text(f'Namn;Personnummer;Not\nBo;{B};\nAnna;{A};"Ring\nmor;{C};sen\n')

    assert [(cell.row, cell.unclear) for cell in found.cells] == [(2, False), (3, True), (4, True)]


def test_one_row_is_a_list() -> None:
    assert cells(of_table([], [A, "", B])) == [(2, A), (2, B)]


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
        found = of_table(*rows)
    except (NoNumberColumn, SeveralNumberColumns):
        assert filled
    else:
        count = len({cell.row for cell in found.cells}) + found.headings
        assert count >= min(len(filled), 1)
        if len(filled) - found.headings > 1:
            assert len(found.cells) + found.headings == len(filled)


@given(st.text())
@QUICK
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = of_text(text)
    except (NoNumberColumn, SeveralNumberColumns, UnreadableFile):
        return
    assert found.cells or found.headings or not any(map(str.isalnum, text))
