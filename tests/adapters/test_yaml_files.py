"""YAML that staff write: every fault with its line, and nothing that can hurt the reader."""

import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest

from tests.people import ANNA
from utskick.adapters.yaml_files import read_file, read_text
from utskick.domain.errors import SpecRefused
from utskick.domain.specs import DispatchSpec

START = "unit: SE2321000131-E000000000101\npackage: infor-besok\n"
AS_TEXT = 'värdet ska vara text. Sätt citattecken runt det, till exempel "08:00".'


def read(text: str | bytes, *, aliases: bool = False) -> DispatchSpec:
    raw = text if isinstance(text, bytes) else text.encode()
    return read_text(raw, DispatchSpec, name="utskick.yaml", aliases=aliases)


def faults(text: str | bytes, *, aliases: bool = False) -> list[str]:
    with pytest.raises(SpecRefused) as caught:
        read(text, aliases=aliases)
    return [str(problem) for problem in caught.value.problems]


def fault(text: str | bytes, *, aliases: bool = False) -> str:
    (only,) = faults(text, aliases=aliases)
    return only


def a_bomb() -> str:
    """Nine levels of nine: 387 million entries, written out."""
    levels = [
        f"{name}: &{name} [{', '.join([f'*{below}'] * 9)}]"
        for below, name in pairwise("abcdefghi")
    ]
    return "\n".join(["a: &a [x, x, x, x, x, x, x, x, x]", *levels])


# What is read


def test_times_and_dates_need_no_quotes() -> None:
    spec = read(START + "start: {date: 2027-02-01, time: 10:30}\nanswer_by: 2027-03-01\n")

    assert spec.start
    assert (spec.start.date, spec.start.time) == ("2027-02-01", "10:30")
    assert f"{spec.answer_by}" == "2027-03-01"


def test_json_is_read_as_well() -> None:
    text = '{"unit": "SE2321000131-E000000000101", "package": "infor-besok", "recipients": []}'

    assert read(text).package == "infor-besok"


def test_windows_mark_of_utf_8_is_no_fault() -> None:
    assert read(START.encode("utf-8-sig")).package == "infor-besok"


# Faults


def test_each_fault_has_its_line_field_and_remedy() -> None:
    found = faults(
        "unit: SE2321000131-E000000000101\n"
        "pakage: infor-besok\n"
        "answer_by: 2027-13-45\n"
        "start:\n"
        "  time: [08:00]\n"
        "recipients:\n"
        "  - 19910204-2398\n"
        "  - 199308282384\n"
        "leave_out_unreachable: ja\n"
    )

    assert sorted(found, key=lambda said: said.split(": ")[0]) == [
        f"utskick.yaml, rad {line}, {said}"
        for line, said in (
            (1, "package: fältet saknas. Lägg till det."),
            (2, "pakage: fältet finns inte. Kontrollera stavningen eller ta bort det."),
            (3, "answer_by: datumet är inte giltigt. Skriv det som ÅÅÅÅ-MM-DD."),
            (5, f"start, time: {AS_TEXT}"),
            (8, f"recipients, rad 2: {AS_TEXT}"),
            (9, "leave_out_unreachable: värdet ska vara ja eller nej. Skriv true eller false."),
        )
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (START + "start:\n\ttime: x\n", "rad 4, kolumn 1"),
        (START + "recipients: [\n", "rad 4, kolumn 1"),
        (START + "---\n" + START, "rad 3, kolumn 1"),
        (START + "title: !!python/object/apply:os.system ['true']\n", "rad 3, kolumn 8"),
        (START + "? [a]\n: b\n", "rad 3, kolumn 3"),
    ],
    ids=["tab", "open bracket", "two documents", "tag that runs", "list for a key"],
)
def test_what_is_no_yaml_of_ours_has_its_line(text: str, place: str) -> None:
    assert fault(text).startswith(f"utskick.yaml, {place}: filen går inte att tolka.")


@pytest.mark.parametrize("text", ["", "# bara en kommentar\n", "- a\n- b\n", "hej\n"])
def test_anything_but_fields_with_values_is_refused(text: str) -> None:
    assert "tomt eller har fel form" in fault(text)


def test_a_field_that_stands_twice_is_a_fault() -> None:
    said = fault(START + "start:\n  time: 08:00\n  time: 09:00\n")

    assert said == "utskick.yaml, rad 5, kolumn 3: fältet står två gånger. Ta bort det ena."


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_is_distinguished_from_a_fault_in_the_text(encoding: str) -> None:
    said = fault((START + "title: Inför besök\n").encode(encoding))

    assert said == "utskick.yaml: filen är inte sparad som UTF-8. Spara om den som UTF-8."


@pytest.mark.parametrize(("escape", "code"), [(r"\0", "U+0000"), (r"\a", "U+0007")])
def test_characters_that_no_system_takes_are_named(escape: str, code: str) -> None:
    said = fault(START + f'title: "Inför{escape}besök"\n')

    assert said == (
        f"utskick.yaml, rad 3, title: tecknet {code} går inte att använda. Ta bort det."
    )


def test_half_a_character_is_refused() -> None:
    said = fault(START + r'title: "Inför\ud800besök"')

    assert said.startswith("utskick.yaml, rad 3, title: texten innehåller ett otillåtet tecken.")


def test_a_control_character_in_the_file_is_named_with_its_place() -> None:
    said = fault(START + "title: Inför\x07besök\n")

    assert (
        said == "utskick.yaml, rad 3, kolumn 13: tecknet U+0007 går inte att använda. Ta bort det."
    )


def test_line_breaks_of_other_systems_are_spaces_and_an_old_end_of_file_is_none() -> None:
    text = START + "title: Inför\u2028ditt\vbesök\nform_banner: Ring\x85oss\n\x1a"

    assert (read(text).title, read(text).form_banner) == ("Inför ditt besök", "Ring oss")


def test_letters_in_two_pieces_as_a_mac_writes_them_are_whole() -> None:
    decomposed = unicodedata.normalize("NFD", "Vuxenpsykiatri, inför besök")

    spec = read(
        f"unit: SE2321000131-E000000000101\npackage: {decomposed}\nforms: ['{decomposed}']\n"
    )

    assert (spec.package, spec.forms) == (
        "Vuxenpsykiatri, inför besök",
        ["Vuxenpsykiatri, inför besök"],
    )


def test_a_number_of_five_thousand_digits_is_a_fault() -> None:
    assert "går inte att tolka" in fault(START + f"title: {'9' * 5000}\n")


def test_a_fault_does_not_repeat_what_was_typed() -> None:
    number = ANNA.digits

    said = "\n".join(
        faults(START + f"recipients: [{number}]\n'{number}': x\nanswer_by: '{number}'\n")
        + faults(START + f"recipients: [{number}\n")
    )

    assert number not in said


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SpecRefused) as caught:
        read_file(tmp_path / "saknas.yaml", DispatchSpec)

    assert "går inte att läsa" in caught.value.staff_message


# What would hurt


def test_a_file_of_more_than_a_megabyte_is_not_even_read() -> None:
    assert fault(START + "#" * 1_000_000) == "utskick.yaml: filen är för stor. Dela upp utskicket."


@pytest.mark.parametrize("opening", ["[", "{a: "])
def test_a_hundred_thousand_open_brackets_end_in_a_fault(opening: str) -> None:
    assert "går inte att tolka" in fault("recipients: " + opening * 100_000)


def test_a_spec_cannot_refer_to_itself() -> None:
    said = fault(START + "recipients: &r ['199102042398']\nforms: *r\n")

    assert said == (
        "utskick.yaml, rad 3, kolumn 13: det här upprepas på annan plats."
        " Skriv ut det där i stället."
    )


@pytest.mark.parametrize(
    "text",
    [
        a_bomb(),
        "a: &a [*a]\n",
        "&a [*a]\n",
        "a: &a [x]\nb: [" + ", ".join(["*a"] * 101) + "]\n",
    ],
    ids=["billion laughs", "within itself", "root within itself", "too often"],
)
def test_repetition_that_grows_is_refused_where_aliases_are_allowed(text: str) -> None:
    assert "upprepas" in fault(text, aliases=True)


def test_merging_is_not_understood() -> None:
    assert any("<<" in said for said in faults("<<: {a: 1}\n" + START, aliases=True))
