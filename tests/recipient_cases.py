"""Recipient files as people really have them, each with its right result, for every face."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import openpyxl
from openpyxl.styles import Font

from tests.config.region import read_persons

_PERSONS = read_persons()
REACHABLE = [
    row["personnummer"]
    for row in _PERSONS
    if row["notified_by"]
    and row["account"] == "yes"
    and not (row["deregistered"] or row["protected"] or row["guardians"])
]
A, B, C, D, E, F = (f"{number[:8]}-{number[8:]}" for number in REACHABLE[:6])
PROTECTED = next(row["personnummer"] for row in _PERSONS if row["protected"])
PHONES = ("0701740607", "0701740615", "0701740623")
COORDINATION = ("191711602399", "191806602395", "193002902397", "192004912388", "193302912385")
"""Official test numbers whose date does not exist: the day 60, or the 31st of April."""


@dataclass(frozen=True, slots=True)
class Case:
    """`taken` are those who become recipients, once `asked` has been answered where it is.

    `rows` is where they stand in the file; `refused` are the rows of those who do not. `said` is
    a part of what staff are shown.
    """

    name: str
    content: bytes
    taken: Sequence[str] = ()
    rows: Sequence[int] = ()
    refused: Sequence[int] = ()
    said: str = ""
    asked: str = ""
    sheet: str = ""

    @property
    def id(self) -> str:
        return self.name

    @property
    def digits(self) -> list[str]:
        return [number.replace("-", "") for number in self.taken]


def _book(*rows: Sequence[Any], title: str = "Lista") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return book


def _saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _edited(raw: bytes, *changes: tuple[str, str]) -> bytes:
    """The workbook with text of its parts changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(file, "w", 8) as new:
        for name in old.namelist():
            text = old.read(name)
            for was, becomes in changes:
                text = text.replace(was.encode(), becomes.encode())
            new.writestr(name, text)
    return file.getvalue()


def _people(*numbers: str) -> list[list[str]]:
    return [[f"Testperson {n}", number] for n, number in enumerate(numbers)]


def _filtered() -> bytes:
    rows = [
        [*row, "ja" if n % 2 == 0 else "nej"] for n, row in enumerate(_people(A, B, C, D, E, F))
    ]
    book = _book(["Namn", "Personnummer", "Ska ha formulär"], *rows)
    book.active.auto_filter.ref = "A1:C7"
    book.active.auto_filter.add_filter_column(2, ["ja"])
    for number in (3, 5, 7):
        book.active.row_dimensions[number].hidden = True
    return _saved(book)


def _hidden_columns() -> bytes:
    book = _book(["Namn", "Personnummer", "Förälder"], ["Anna", A, C], ["Bo", B, D])
    book.active.column_dimensions["C"].hidden = True
    return _saved(book)


def _folded() -> bytes:
    book = _book(["Personnummer"], [A], [B], [C])
    book.active.row_dimensions.group(3, 4, hidden=True)
    return _saved(book)


def _hidden_sheet() -> bytes:
    book = _book(["Personnummer"], [A], [B], [C], title="Gammal lista")
    front = book.create_sheet("Februari")
    for row in (["Personnummer"], [D], [E]):
        front.append(row)
    book["Gammal lista"].sheet_state = "hidden"
    book.active = 1
    return _saved(book)


def _empty_first() -> bytes:
    book = _book(title="Försättsblad")
    listed = book.create_sheet("Lista")
    for row in (["Personnummer"], [A], [B]):
        listed.append(row)
    return _saved(book)


def _struck() -> bytes:
    book = _book(["Namn", "Personnummer"], *_people(A, B))
    for cell in book.active[3]:
        cell.font = Font(strike=True)
    return _saved(book)


def _strict() -> bytes:
    old, new = "http://schemas.openxmlformats.org/", "http://purl.oclc.org/ooxml/"
    return _edited(
        _saved(_book(["Namn", "Personnummer"], *_people(A, B, C))),
        (f"{old}spreadsheetml/2006", f"{new}spreadsheetml"),
        (f"{old}officeDocument/2006", f"{new}officeDocument"),
    )


def _empty_formulas() -> bytes:
    book = _book(["Personnummer"], [A], [B], [C])
    for row in range(5, 205):
        book.active.cell(row, 1, f'=IF(Bokning!A{row}="","",Bokning!A{row})')
    book.create_sheet("Bokning")
    return _edited(_saved(book), ("><f>IF", ' t="str"><f>IF'))


def _odd_styles() -> bytes:
    return _edited(
        _saved(_book(["Personnummer"], [A], [B])),
        ('patternType="gray125"', 'patternType="konstig"'),
        ('theme="1"', 'theme="-7" rgb="XYZ"'),
    )


def _far_down() -> bytes:
    book = _book(["Personnummer"], [A], [B])
    book.active.cell(30_000, 1, C)
    return _saved(book)


def _far_right() -> bytes:
    far = [""] * 56
    return _saved(_book(*([name, "", other, *far, number] for (name, number), other in
                          zip(_people(A, B), (C, D), strict=True))))  # fmt: skip


def _csv(*lines: str, encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    return "".join(line + end for line in lines).encode(encoding)


def _two_hundred_empty() -> Case:
    return Case(
        "formler-som-är-tomma.xlsx", _empty_formulas(), [A, B, C], [2, 3, 4], sheet="Lista"
    )


READ = [
    Case("filtrerad-lista.xlsx", _filtered(), [A, C, E], [2, 4, 6],
         asked="3 rader är dolda av ett filter", sheet="Lista"),
    Case("dold-kolumn.xlsx", _hidden_columns(), [A, B], [2, 3],
         asked="kolumn C är dold och har 2 personnummer", sheet="Lista"),
    Case("hopfälld-grupp.xlsx", _folded(), [A], [2],
         asked="2 rader är dolda i en hopfälld grupp", sheet="Lista"),
    Case("överstruken.xlsx", _struck(), [A], [2], asked="1 rad är överstruken", sheet="Lista"),
    Case("gömt-första-blad.xlsx", _hidden_sheet(), [D, E], [2, 3], sheet="Februari",
         said="Bladet Gammal lista är dolt och har 3 personnummer"),
    Case("tomt-första-blad.xlsx", _empty_first(), [A, B], [2, 3], sheet="Lista"),
    Case("strict-open-xml.xlsx", _strict(), [A, B, C], [2, 3, 4], sheet="Lista"),
    _two_hundred_empty(),
    Case("udda-format.xlsx", _odd_styles(), [A, B], [2, 3], sheet="Lista"),
    Case("långt-ner.xlsx", _far_down(), [A, B, C], [2, 3, 30_000], sheet="Lista"),
    Case("tre-punkter.csv", _csv("Namn;Anteckning;Personnummer", f"Ek;väntar… återkommer;{A}",
         f"Al;”sen”;{B}", encoding="cp1252"), [A, B], [2, 3]),
    Case("radbrytning-i-cell.csv", _csv("Namn;Adress;Personnummer",
         f'Ek;"Storgatan 1\n411 01 Göteborg";{A}', f'Al;"Storgatan 1\n411 01 Göteborg";{B}',
         encoding="utf-8-sig"), [A, B], [2, 3]),
    Case("anteckning-med-radbrytning.csv", _csv("Namn;Personnummer;Anteckning",
         f'Ek;{A};"Ring först\n mor; {C}; kvällstid"', f"Al;{B};"), [A, B], [2, 3]),
    Case("radavskiljare.csv", _csv("Namn;Personnummer", f"Ek\u2028Storgatan;{A}", f"Al;{B}"),
         [A, B], [2, 3]),
    Case("ctrl-z.txt", _csv(A, B, "\x1a", end="\r\n"), [A, B], [1, 2]),
    Case("utf16-flik.txt", _csv("Namn\tPersonnummer", f"Åsa\t{A}", f"Östen\t{B}",
         encoding="utf-16"), [A, B], [2, 3]),
    Case("hårt-bindestreck.txt", _csv(A.replace("-", "\u2011"), B.replace("-", "\u2011")),
         [A, B], [1, 2]),
    Case("tankstreck.txt", _csv(A.replace("-", "–"), B.replace("-", "−")), [A, B], [1, 2]),
    Case("samordningsnummer.txt", _csv(*COORDINATION), refused=[1, 2, 3, 4, 5],
         said="samordningsnummer"),
    Case("telefon-utan-rubrik.csv", _csv(*(f"Testperson;{n};{phone}" for n, phone in
         zip((A, B, C), PHONES, strict=True))), [A, B, C], [1, 2, 3]),
    Case("likhetstecken.csv", _csv("Namn;Personnummer", f'Ek;"=""{A}"""', f'Al;="{B}"'),
         [A, B], [2, 3]),
    Case("decimaler.csv", _csv("Namn;Personnummer", f"Ek;{A.replace('-', '')}.0",
         f"Al;{B.replace('-', '')},0"), [A, B], [2, 3]),
    Case("namngiven-avskiljare.csv", _csv("sep=;", "Namn;Personnummer", f"Ek, Eva;{A}"),
         [A], [3]),
    Case("rubrik-med-format.csv", _csv("Namn;Personnummer (ÅÅÅÅMMDDNNNN)", f"Ek;{A}", f"Al;{B}"),
         [A, B], [2, 3]),
    Case("rubrik-och-tomma-rader.txt", _csv("Personnummer", "", A, "", B, PROTECTED),
         [A, B], [3, 5], refused=[6], said="Skyddad identitet"),
]  # fmt: skip
"""Read, some after a question; a refused row is named by the file's own number."""

REFUSED = [
    Case("html-som-xls.xls", b"<html><table><tr><td>" + A.encode() + b"</td></tr></table></html>",
         said="webbsida (HTML)"),
    Case("xml-som-xls.xls", b'<?xml version="1.0"?><Workbook></Workbook>', said="XML"),
    Case("patient-och-vårdnadshavare.csv", _csv(f"{A};{C}", f"{B};{D}"), said="kolumner: A och B"),
    Case("långt-till-höger.xlsx", _far_right(), said="kolumner: C och BH"),
    Case("gammalt-format.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", said="äldre format"),
]  # fmt: skip
"""Nobody is taken, and staff see why."""
