"""Reading a recipient list (mottagarlista): every row is accepted or refused with its reason."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from utskick.domain.errors import UtskickError
from utskick.domain.limits import UNPACKED_BYTES, megabytes
from utskick.domain.personnummer import (
    InvalidPersonnummer,
    Personnummer,
    masked,
    parse_personnummer,
    tidied,
)
from utskick.domain.personnummer_in_text import looks_like_personnummer

_ROUNDED = re.compile(r"(\d)[.,](\d+E\+\d+)", re.IGNORECASE | re.ASCII)
"""What a spreadsheet makes of a long number when it saves CSV."""
_AS_TEXT = re.compile(r'=\s*"([^"]*)"')
"""How systems write a number so that a spreadsheet keeps its digits."""
_DECIMALS = re.compile(r"(\d{8}-?\d{4})[.,]0+", re.ASCII)
_FORMULA = "="
_FORMAT = re.compile(r"[(\[].*|\b[åa]{2,4}mm?dd?[-–]?[xn]{4}\b")
"""What a heading says of how numbers are written."""
_UNCLEAR = (
    "Raden står mellan citattecken som inte går ihop.",
    "Ta bort citattecknen, eller spara listan som Excel (.xlsx).",
)


class UnreadableFile(UtskickError):
    """The bytes are no text and no spreadsheet, or in no encoding that can be recognised."""

    def __init__(self, *, locked: bool = False) -> None:
        super().__init__("the file is not readable")
        fault = "är lösenordsskyddad eller i ett äldre format" if locked else "går inte att läsa"
        self.staff_message = (
            f"Filen {fault}. Spara den som ren text (UTF-8), CSV eller Excel (.xlsx)"
            f"{' utan lösenord' if locked else ''} och försök igen."
        )


class OtherKind(UnreadableFile):
    """A file that is known for what it is, and is no list. `what` and `remedy` are Swedish."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__()
        self.staff_message = f"Filen är {what} och går inte att läsa som en lista. {remedy}"


class FileTooLarge(UtskickError):
    """More bytes than a list of recipients ever has: mostly it holds something else as well."""

    def __init__(self, *, allowed: int, pasted: bool = False) -> None:
        super().__init__("the file is too large")
        what, otherwise = (
            ("Det inklistrade", "klistra in en del i taget")
            if pasted
            else ("Filen", "klistra in numren i stället")
        )
        self.staff_message = (
            f"{what} är för stor{'t' if pasted else ''}: högst {megabytes(allowed)} kan läsas in."
            f" Ta med bara kolumnen med personnummer, eller {otherwise}."
        )


class WorkbookTooLarge(FileTooLarge):
    """More than is read, once it is unpacked; all is refused, nothing is cut off."""

    def __init__(self, *, sheet: str = "", row: int = 0) -> None:
        super().__init__(allowed=UNPACKED_BYTES)
        named = "Ett blad" if looks_like_personnummer(sheet) else f"Bladet {sheet}"
        where = f"{named} är för stort: läsningen stannade vid rad {row}"
        self.staff_message = (
            f"{where if sheet else 'Arbetsboken har för mycket i sig'}, och ingen är tagen."
            " Spara bara mottagarna i en egen fil och försök igen."
        )


class TooManyLines(FileTooLarge):
    """A text of so many lines is no list."""

    def __init__(self, *, allowed: int) -> None:
        super().__init__(allowed=allowed)
        self.staff_message = (
            f"Filen har för många rader: högst {allowed} kan läsas in."
            " Spara bara mottagarna i en egen fil och försök igen."
        )


class TooManyRecipients(UtskickError):
    """Manual: "utskick till cirka 250 mottagare åt gången"."""

    def __init__(self, *, count: int, allowed: int) -> None:
        self.count, self.allowed = count, allowed
        super().__init__(f"{count} recipients, at most {allowed} allowed")
        self.staff_message = (
            f"Listan har {count} mottagare, men ett utskick kan ha högst {allowed}."
            " Dela upp det i flera utskick."
        )


class NoRecipients(UtskickError):
    def __init__(self) -> None:
        super().__init__("no recipients")
        self.staff_message = "Mottagarlistan är tom. Lägg till minst en mottagare."


@dataclass(frozen=True, slots=True)
class NumberCell:
    """What stands where a number should. `row` is the file's own.

    `unclear`: nobody can know whether it is a row of its own or the middle of a quoted note. The
    `name` is what the file calls the person, where a column says so.
    """

    row: int
    text: str
    unclear: bool = False
    name: str = field(default="", repr=False)


def place_of_row(row: int, sheet: str) -> str:
    """The row as the file counts it, and its sheet, unless that is named by a personnummer."""
    named = sheet and not looks_like_personnummer(sheet)
    return f"rad {row} på bladet {sheet}" if named else f"rad {row}"


@dataclass(frozen=True, slots=True)
class AcceptedRow:
    row: int
    personnummer: Personnummer
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """`masked` shows at most a year of birth. `sheet` is the file's, if it has sheets."""

    row: int
    masked: str
    reason: str
    remedy: str
    sheet: str = ""

    @property
    def place(self) -> str:
        """The row, and its sheet."""
        return f"{self.row}, {self.sheet}" if self.sheet else f"{self.row}"


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """All rows that were not blank: accepted + refused + `headings`.

    `sheet` is the one that was read, if it was a workbook; `notes` is what staff should know.
    """

    accepted: tuple[AcceptedRow, ...]
    refused: tuple[RefusedRow, ...]
    headings: int = 0
    sheet: str = ""
    notes: tuple[str, ...] = ()


def judge(
    cells: Iterable[NumberCell],
    *,
    already: Collection[Personnummer] = (),
    accept_coordination_numbers: bool = False,
    today: date,
) -> JudgedRows:
    """Accept or refuse each cell: one cell is one number, whatever is in it.

    `already` are those that the list has before.
    """
    accepted: dict[Personnummer, AcceptedRow] = {}
    refused: list[RefusedRow] = []
    for cell in cells:
        row, text = cell.row, bare(cell.text)
        try:
            number = parse_personnummer(
                text, accept_coordination_numbers=accept_coordination_numbers, today=today
            )
        except InvalidPersonnummer as error:
            why = _UNCLEAR if cell.unclear else _why(text, error)
            refused.append(RefusedRow(row, masked(tidied(text)), *why))
            continue
        if cell.unclear:
            refused.append(RefusedRow(row, str(number), *_UNCLEAR))
        elif number in accepted:
            reason = f"Personen finns redan på rad {accepted[number].row}."
            refused.append(RefusedRow(row, str(number), reason, "Ta bort den ena raden."))
        elif number in already:
            reason = "Personen finns redan i mottagarlistan."
            refused.append(RefusedRow(row, str(number), reason, "Du behöver inte göra något."))
        else:
            accepted[number] = AcceptedRow(row, number, cell.name)
    return JudgedRows(tuple(accepted.values()), tuple(refused))


def bare(cell: str) -> str:
    """A number without what systems put around it: ="199102042398", or 199102042398.0."""
    text = cell.strip()
    if wrapped := _AS_TEXT.fullmatch(text):
        text = wrapped[1].strip()
    with_decimals = _DECIMALS.fullmatch(text)
    return with_decimals[1] if with_decimals else text


def is_rounded(cell: str) -> bool:
    return bool(_ROUNDED.fullmatch(tidied(cell)))


def with_points(text: str) -> str:
    """The text with a decimal point in each rounded number, so that no comma splits it."""
    return _ROUNDED.sub(r"\1.\2", text)


def is_heading(cell: str) -> bool:
    """Whether a cell says that numbers follow under it, perhaps with how they are written."""
    letters = "".join(filter(str.isalpha, _FORMAT.sub("", cell.casefold())))
    return letters in ("personnummer", "personnr", "persnr", "pnr", "personid", "personidentitet")


def _why(text: str, error: InvalidPersonnummer) -> tuple[str, str]:
    if is_rounded(text):
        return (
            "Kalkylprogrammet har avrundat personnumret.",
            "Formatera kolumnen som text och skriv numret igen.",
        )
    if text.startswith(_FORMULA):
        return (
            "Cellen är en formel som inte är uträknad.",
            "Öppna filen i Excel, spara den och importera den igen.",
        )
    return error.reason, error.remedy
