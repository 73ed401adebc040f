import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utskick.domain.tables import csv_bytes

QUICK = settings(max_examples=200, derandomize=True, deadline=None)


def cells(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_a_table_opens_in_swedish_excel() -> None:
    raw = csv_bytes([["Rad", "Varför"], [2, "Födelsedatumet är inte möjligt; se rad 1."]])

    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.endswith('\r\n2;"Födelsedatumet är inte möjligt; se rad 1."\r\n'.encode())


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+46",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\u00a0=1",
        "\n=1",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff20a",
    ],
)
def test_no_text_is_run_as_a_formula(text: str) -> None:
    [[cell]] = cells(csv_bytes([[text]]))

    assert cell == f"'{text}"


def test_a_number_is_left_as_it_is() -> None:
    assert cells(csv_bytes([[-5, 0, 12]])) == [["-5", "0", "12"]]


@given(st.lists(st.lists(st.text(), min_size=1, max_size=4), max_size=5))
@QUICK
def test_every_cell_comes_out_again_harmless(rows: list[list[str]]) -> None:
    written = csv_bytes(rows)

    assert all(
        not cell.strip().startswith(("=", "+", "-", "@")) for row in cells(written) for cell in row
    )
