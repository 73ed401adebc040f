"""Importera från fil: recipients from a file, or pasted. Every row is accepted or refused."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from utskick.domain.personnummer import Personnummer
from utskick.domain.recipient_tables import NumberedCell, numbers_of_table, numbers_of_text
from utskick.domain.recipients import (
    FileTooLarge,
    NoRecipients,
    RecipientList,
    TooManyRecipients,
    UnreadableFile,
    decode,
    judge,
)
from utskick.domain.rules import Rules
from utskick.ports import Spreadsheets

_ZIPPED = b"PK\x03\x04"
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
"""Excel before 2007, and any Excel with a password."""


def import_recipients(
    raw: bytes,
    *,
    already: Collection[Personnummer] = (),
    spreadsheets: Spreadsheets,
    rules: Rules,
    now: datetime,
) -> RecipientList:
    """TXT, CSV or XLSX: the content tells which, whatever the file is called. Or pasted text.

    `already` are those on the list that the rows are to be added to. Raises `FileTooLarge`,
    `UnreadableFile`, `NoNumberColumn`, `SeveralNumberColumns`, `NoRecipients` or
    `TooManyRecipients`.
    """
    cells, headings = _cells(raw, spreadsheets, rules)
    if not cells:
        raise NoRecipients
    found = judge(
        cells,
        already=already,
        accept_coordination_numbers=rules.accept_coordination_numbers,
        today=now.astimezone(rules.zone).date(),
    )
    count = len(already) + len(found.accepted)
    if count > rules.max_recipients:
        raise TooManyRecipients(count=count, allowed=rules.max_recipients)
    if len(found.refused) > rules.limits.refused_rows:
        raise TooManyRecipients(count=len(cells), allowed=rules.max_recipients)
    return replace(found, headings=headings)


def _cells(raw: bytes, spreadsheets: Spreadsheets, rules: Rules) -> tuple[list[NumberedCell], int]:
    largest = rules.limits.file_bytes
    if len(raw) > largest:
        raise FileTooLarge(allowed=largest)
    if raw.startswith(_OLD_OR_LOCKED):
        raise UnreadableFile(locked=True)
    if raw.startswith(_ZIPPED):
        return numbers_of_table(spreadsheets.read(raw))
    return numbers_of_text(decode(raw, max_bytes=largest))
