"""Reading a recipient list (mottagarlista): every row is accepted or refused with its reason."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from utskick.domain.errors import UtskickError
from utskick.domain.limits import megabytes
from utskick.domain.personnummer import (
    InvalidPersonnummer,
    Personnummer,
    masked,
    parse_personnummer,
    tidied,
)

_SEPARATORS = re.compile(r"[,;\t]")
_NEXT_NUMBER = re.compile(r"(?<=\d)[^\S\n]+(?=\d{8}-?\d{4}(?!\d))", re.ASCII)
"""Space between two whole numbers on a line."""
_ROUNDED = re.compile(r"(\d)[.,](\d+E\+\d+)", re.IGNORECASE | re.ASCII)
"""What a spreadsheet makes of a long number when it saves CSV."""


class UnreadableFile(UtskickError):
    """The bytes are no text and no spreadsheet, or in no encoding that can be told."""

    def __init__(self, *, locked: bool = False) -> None:
        super().__init__("the file is not readable")
        fault = "är lösenordsskyddad eller i ett äldre format" if locked else "går inte att läsa"
        self.staff_message = (
            f"Filen {fault}. Spara den som ren text (UTF-8), CSV eller Excel (.xlsx)"
            f"{' utan lösenord' if locked else ''} och försök igen."
        )


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
class AcceptedRow:
    row: int
    personnummer: Personnummer


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """`masked` shows at most a year of birth."""

    row: int
    masked: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class RecipientList:
    """All rows that were not blank: accepted + refused + `headings`."""

    accepted: tuple[AcceptedRow, ...]
    refused: tuple[RefusedRow, ...]
    headings: int = 0


def decode(raw: bytes, *, max_bytes: int) -> str:
    """Text from a file as people save it. Raises `UnreadableFile` or `FileTooLarge`.

    UTF-16 only with its mark: without it the zero bytes give it away, and nothing is guessed.
    """
    if len(raw) > max_bytes:
        raise FileTooLarge(allowed=max_bytes)
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-16":
            raise UnreadableFile from None
        text = raw.decode("latin-1")
    if any(ord(character) < ord(" ") and character not in "\t\r\n" for character in text):
        raise UnreadableFile
    return text


def read_recipients(
    text: str, *, max_recipients: int, today: date, accept_coordination_numbers: bool = False
) -> RecipientList:
    """Numbers in one column, or on one line with commas (manual: "Importera från fil").

    Raises `NoRecipients` or `TooManyRecipients`; a bad row is refused, with its reason.
    """
    found = judge(
        cells_of(text), accept_coordination_numbers=accept_coordination_numbers, today=today
    )
    count = len(found.accepted) + len(found.refused)
    if not count:
        raise NoRecipients
    if count > max_recipients:
        raise TooManyRecipients(count=count, allowed=max_recipients)
    return found


def judge(
    cells: Iterable[tuple[int, str]],
    *,
    already: Collection[Personnummer] = (),
    accept_coordination_numbers: bool = False,
    today: date,
) -> RecipientList:
    """Accept or refuse each cell, given with its row; `already` are those the list has before."""
    accepted: dict[Personnummer, AcceptedRow] = {}
    refused: list[RefusedRow] = []
    for row, cell in cells:
        try:
            number = parse_personnummer(
                cell, accept_coordination_numbers=accept_coordination_numbers, today=today
            )
        except InvalidPersonnummer as error:
            reason, remedy = _why(cell, error)
            refused.append(RefusedRow(row, masked(tidied(cell)), reason, remedy))
            continue
        if number in accepted:
            reason = f"Personen finns redan på rad {accepted[number].row}."
            refused.append(RefusedRow(row, str(number), reason, "Ta bort den ena raden."))
        elif number in already:
            reason = "Personen finns redan i mottagarlistan."
            refused.append(RefusedRow(row, str(number), reason, "Du behöver inte göra något."))
        else:
            accepted[number] = AcceptedRow(row, number)
    return RecipientList(tuple(accepted.values()), tuple(refused))


def cells_of(text: str) -> Iterator[tuple[int, str]]:
    """Each number with its row, or with its place on the line when there is but one line."""
    lines = _NEXT_NUMBER.sub(",", text).splitlines()
    if lines and is_heading(lines[0]):
        lines[0] = ""
    filled = [line.strip() for line in lines if line.strip()]
    one_line = len(filled) == 1 and bool(_SEPARATORS.search(filled[0]))
    for row, line in enumerate(lines, start=1):
        for place, cell in enumerate(_SEPARATORS.split(line), start=1):
            if tidied(cell):
                yield (place if one_line else row), cell.strip()


def is_rounded(cell: str) -> bool:
    return bool(_ROUNDED.fullmatch(tidied(cell)))


def with_points(text: str) -> str:
    """The text with a decimal point in each rounded number, so that no comma splits it."""
    return _ROUNDED.sub(r"\1.\2", text)


def is_heading(cell: str) -> bool:
    """Whether a cell says that numbers follow under it."""
    letters = "".join(filter(str.isalpha, cell.casefold()))
    return letters in ("personnummer", "personnr", "persnr", "pnr", "personid", "personidentitet")


def _why(cell: str, error: InvalidPersonnummer) -> tuple[str, str]:
    if is_rounded(cell):
        return (
            "Kalkylprogrammet har avrundat personnumret.",
            "Formatera kolumnen som text och skriv numret igen.",
        )
    return error.reason, error.remedy
