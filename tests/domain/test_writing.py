"""Text comes from many systems, and is kept and compared in one way."""

from collections.abc import Callable

import pytest

from utskick.domain.writing import (
    as_kept,
    code_of,
    comparable,
    find_unusable,
    in_one_line,
    plain,
    without_odd_breaks,
)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Info\u0308r beso\u0308k pa\u030a A\u030angsva\u0308gen", "Inför besök på Ångsvägen"),
        ("ett\r\ntvå\rtre", "ett\ntvå\ntre"),
        ("ett\vtvå\ftre\x85fyra\u2028fem\u2029sex", "ett\ntvå\ntre\nfyra\nfem\nsex"),
        ("\ufeffForm\u00adulär\u200b och\u2060 svar", "Formulär och svar"),
        ("\u202b\u0645\u200c\u0647\u202c", "\u202b\u0645\u200c\u0647\u202c"),
        ("\tindrag – och…", "\tindrag – och…"),
    ],
)
def test_a_text_is_kept_in_one_way(written: str, kept: str) -> None:
    assert as_kept(written) == kept
    assert as_kept(kept) == kept


def test_a_name_has_one_line() -> None:
    assert in_one_line("Inför\n  besök, del \n\n 2") == "Inför besök, del 2"


@pytest.mark.parametrize(
    "mark", [*"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"]
)
def test_a_name_turns_nothing_around_that_stands_beside_it(mark: str) -> None:
    assert in_one_line(f"Inför{mark} besök") == "Inför besök"


@pytest.mark.parametrize("broken", ["\r\n", "\n", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_a_name_is_in_one_line_however_it_was_broken(broken: str) -> None:
    assert in_one_line(as_kept(f"Inför{broken}besök")) == "Inför besök"


def test_where_a_new_line_means_something_odd_ones_are_spaces() -> None:
    assert without_odd_breaks("title: ett\u2028två\x0btre\nend: x") == "title: ett två tre\nend: x"


@pytest.mark.parametrize(
    "other", ["INFÖR BESÖK", " Info\u0308r beso\u0308k\n", "\ufeffinför besök"]
)
def test_names_are_the_same_whatever_their_case_and_whoever_wrote_them(other: str) -> None:
    assert comparable(other) == comparable("Inför besök")


def test_what_is_typed_in_digits_is_plain() -> None:
    assert plain("\u202a070\u20111740605\u202c\u00a0\u2212\u200b1") == "070-1740605 -1"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\x00", "U+0000"),
        ("a\x07", "U+0007"),
        ("a\x1b[1m", "U+001B"),
        ("a\x9d", "U+009D"),
        ("a\uffff", "U+FFFF"),
    ],
)
def test_what_no_system_takes_is_found_and_named(text: str, code: str) -> None:
    place = find_unusable(text)

    assert place == 1
    assert code_of(text[place]) == code


def test_ordinary_texts_can_be_used() -> None:
    assert find_unusable("Hej!\n\tVi ses… 👍🏽 æøå") is None


@pytest.mark.parametrize("kept", [as_kept, comparable])
def test_no_letter_keeps_marks_without_end(kept: Callable[[str], str]) -> None:
    text = kept("a" + "\u0301\u0323" * 1_000 + "b")

    assert (text[0], text[-1]) == ("\u1ea1", "b")
    assert len(text) <= 32
    assert kept("\u2014" * 40 + "a\u030a" * 40) == "\u2014" * 40 + "\u00e5" * 40
