"""Made-up recipient files: a list with every fault that people make, as text, CSV and Excel."""

from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice

from stdnum import luhn

from benchmarks.neighbours import persons
from utskick.adapters.openpyxl_spreadsheets import OpenpyxlSpreadsheets

HEADINGS = ("Nr", "Namn", "Personnummer", "Telefon", "Mottagning", "Besöksdatum")
FORMATS = ("txt", "csv", "xlsx")
_TEST_NUMBERS = 18_262
_COORDINATION_NUMBER = "197010632391"
"""An official test number too."""
_FULL_WIDTH = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}
_WRONG_EACH = 20
"""Every twentieth row is wrong, in one way after the other."""


def _checked(body: str) -> str:
    return body + luhn.calc_check_digit(body[2:])


WRONG: dict[str, Callable[[str], str]] = {
    "nothing": lambda _number: "",
    "ten digits": lambda number: number[2:],
    "a plus sign": lambda number: f"{number[2:8]}+{number[8:]}",
    "a hyphen elsewhere": lambda number: f"{number[:4]}-{number[4:]}",
    "digits of another sort": lambda number: number.translate(_FULL_WIDTH),
    "other characters": lambda number: f"{number[:8]}-{number[8:10]}O{number[11]}",
    "too few digits": lambda number: number[:11],
    "an impossible date": lambda number: f"{number[:4]}1341{number[8:]}",
    "a wrong check digit": lambda number: number[:-1] + str((int(number[-1]) + 1) % 10),
    "a birth to come": lambda number: _checked(f"2099{number[4:11]}"),
    "the serial number zero": lambda number: _checked(f"{number[:8]}000"),
    "a coordination number": lambda _number: _COORDINATION_NUMBER,
    "a reserve number": lambda number: f"{number[:8]}-{number[8:10]}K{number[11]}",
    "rounded by a spreadsheet": lambda number: f"{number[0]},{number[1:6]}E+11",
    "a name": lambda _number: "Testperson",
}
"""What makes a number wrong."""


def numbers(rows: int) -> Iterator[str]:
    """So many, in the two ways to type them; once the test numbers have run out, again."""
    wrong = cycle(WRONG.values())
    each = islice(cycle(persons(min(rows, _TEST_NUMBERS))), rows)
    for row, number in enumerate(each, start=1):
        if row % _WRONG_EACH == 0:
            yield next(wrong)(number)
        else:
            yield number if row % 2 else f"{number[:8]}-{number[8:]}"


def recipient_file(kind: str, rows: int) -> bytes:
    """A file of one of the `FORMATS`; all but the text have headings and other columns."""
    if kind == "txt":
        # An empty line is no row, so there a missing number is reported.
        return "".join(f"{number or 'saknas'}\r\n" for number in numbers(rows)).encode()
    table = _table(rows)
    if kind == "csv":
        return "".join(";".join(row) + "\r\n" for row in table).encode("utf-8-sig")
    return OpenpyxlSpreadsheets().write(table, name="Mottagare")


def _table(rows: int) -> Iterator[Sequence[str]]:
    yield HEADINGS
    for row, number in enumerate(numbers(rows), start=1):
        visit = f"2027-{row % 12 + 1:02}-{row % 28 + 1:02}"
        yield (
            str(row),
            f"Testperson {row}",
            number,
            f"070-{row % 1000:03} 00 00",
            f"Mottagning {row % 40}",
            visit,
        )
