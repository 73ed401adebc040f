"""Reading a recipient list (mottagarlista): every row is accepted or refused with its reason."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from utskick.domain.errors import UtskickError
from utskick.domain.personnummer import (
    InvalidPersonnummer,
    Personnummer,
    masked,
    parse_personnummer,
)

_SEPARATORS = re.compile(r"[,;\t]")


class UnreadableFile(UtskickError):
    """The bytes are no text, or in no encoding that can be told."""

    def __init__(self) -> None:
        super().__init__("the file is not readable text")
        self.staff_message = (
            "Filen går inte att läsa. Spara den som ren text (UTF-8) och försök igen."
        )


class FileTooLarge(UtskickError):
    def __init__(self) -> None:
        super().__init__("the file is too large")
        self.staff_message = "Filen är för stor. Dela upp den i flera utskick."


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
    """All rows that were not blank: accepted + refused."""

    accepted: tuple[AcceptedRow, ...]
    refused: tuple[RefusedRow, ...]


def decode(raw: bytes, *, max_bytes: int) -> str:
    """Text from a file as people save it. Raises `UnreadableFile` or `FileTooLarge`.

    UTF-16 only with its mark: without it the zero bytes give it away, and nothing is guessed.
    """
    if len(raw) > max_bytes:
        raise FileTooLarge
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
    accepted: dict[Personnummer, AcceptedRow] = {}
    refused: list[RefusedRow] = []
    for row, cell in _cells(text):
        try:
            number = parse_personnummer(
                cell, accept_coordination_numbers=accept_coordination_numbers, today=today
            )
        except InvalidPersonnummer as error:
            refused.append(RefusedRow(row, masked(cell), error.reason, error.remedy))
            continue
        if number in accepted:
            reason = f"Personen finns redan på rad {accepted[number].row}."
            refused.append(RefusedRow(row, masked(cell), reason, "Ta bort den ena raden."))
        else:
            accepted[number] = AcceptedRow(row, number)
    count = len(accepted) + len(refused)
    if not count:
        raise NoRecipients
    if count > max_recipients:
        raise TooManyRecipients(count=count, allowed=max_recipients)
    return RecipientList(tuple(accepted.values()), tuple(refused))


def _cells(text: str) -> Iterator[tuple[int, str]]:
    """Each number with its row, or with its place on the line when there is but one line."""
    lines = text.splitlines()
    if _is_heading(lines):
        lines[0] = ""
    filled = [line.strip() for line in lines if line.strip()]
    one_line = len(filled) == 1 and bool(_SEPARATORS.search(filled[0]))
    for row, line in enumerate(lines, start=1):
        for place, cell in enumerate(_SEPARATORS.split(line), start=1):
            if cell.strip():
                yield (place if one_line else row), cell.strip()


def _is_heading(lines: list[str]) -> bool:
    return bool(lines) and lines[0].strip().casefold() in ("personnummer", "personnr", "pnr")
