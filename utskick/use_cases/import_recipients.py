"""Importera från fil: recipients from a file, or pasted. Every row is accepted or refused.

All faces read lists here: the pages, the command's recipients_file, REST.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from utskick.domain.errors import Problem, SpecRefused
from utskick.domain.personnummer import Personnummer, tidied
from utskick.domain.recipient_tables import numbers_of_text
from utskick.domain.recipients import (
    FileTooLarge,
    JudgedRows,
    NoRecipients,
    TooManyLines,
    TooManyRecipients,
    UnreadableFile,
    bare,
    judge,
)
from utskick.domain.rules import Rules
from utskick.domain.seen_sheets import FoundList, NoSuchSheet, Wish, find_list
from utskick.domain.specs import ListedRecipient
from utskick.domain.text_tables import decode, read_table
from utskick.ports import Spreadsheets

_ZIPPED = b"PK\x03\x04"
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
"""Excel before 2007, and any Excel with a password."""
_AS_IT_STANDS = Wish()
_LONGEST_CELL = 100
"""Of a cell that is refused, no more than this is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecipients:
    spreadsheets: Spreadsheets
    rules: Rules

    def __call__(
        self,
        raw: bytes,
        *,
        wish: Wish = _AS_IT_STANDS,
        already: Collection[Personnummer] = (),
        now: datetime,
    ) -> JudgedRows:
        """As `read_list` and then `judge_list`, and raises as they do."""
        found = self.read_list(raw, wish=wish)
        return self.judge_list(found, already=already, now=now)

    def read_list(self, raw: bytes, *, wish: Wish = _AS_IT_STANDS) -> FoundList:
        """TXT, CSV or XLSX: the content shows which, whatever the file is called. Or pasted text.

        Raises `ListQuestion` where staff must choose, before anybody is taken; `FileTooLarge`,
        `UnreadableFile`, `NoNumberColumn`, `SeveralNumberColumns`, `NothingSeen`, `NoSuchSheet`,
        or `NoRecipients`.
        """
        found = self._found(raw, wish)
        if not found.cells:
            raise NoRecipients
        return found

    def judge_list(
        self, found: FoundList, *, already: Collection[Personnummer] = (), now: datetime
    ) -> JudgedRows:
        """Accept or refuse each row. `already` are those on the list that they are to be added to.

        Raises `TooManyRecipients`, also for the wrong file: one of nothing but faults.
        """
        judged = judge(
            found.cells,
            already=already,
            accept_coordination_numbers=self.rules.accept_coordination_numbers,
            today=self.rules.today(now),
        )
        count = len(already) + len(judged.accepted)
        if count > self.rules.max_recipients:
            raise TooManyRecipients(count=count, allowed=self.rules.max_recipients)
        if len(judged.refused) > self.rules.limits.refused_rows:
            raise TooManyRecipients(count=len(found.cells), allowed=self.rules.max_recipients)
        return replace(
            judged,
            refused=tuple(replace(row, sheet=found.sheet) for row in judged.refused),
            headings=found.headings,
            sheet=found.sheet,
            notes=found.said,
        )

    def _found(self, raw: bytes, wish: Wish) -> FoundList:
        if len(raw) > self.rules.limits.file_bytes:
            raise FileTooLarge(allowed=self.rules.limits.file_bytes)
        if raw.startswith(_OLD_OR_LOCKED):
            raise UnreadableFile(locked=True)
        if raw.startswith(_ZIPPED):
            return find_list(self.spreadsheets.read(raw), wish)
        if wish.sheet:
            raise NoSuchSheet(wish.sheet, ())
        text = decode(raw)
        if text.count("\n") + text.count("\r") > 2 * self.rules.limits.text_lines:
            raise TooManyLines(allowed=self.rules.limits.text_lines)
        table = read_table(text)
        found = numbers_of_text(table)
        return FoundList(
            cells=tuple(found.cells),
            rows=tuple(table.rows),
            headings=found.headings,
            notes=table.notes,
        )


def listed_recipients(found: FoundList) -> list[ListedRecipient]:
    """What is found, judged by nobody yet, each with its row: for a spec that is handed on.

    Raises `SpecRefused` with every row of which nobody can know whether it is one.
    """
    unclear = [cell for cell in found.cells if cell.unclear]
    if unclear:
        refused = judge(unclear, today=date.max).refused
        raise SpecRefused(
            [Problem(f"recipients, rad {bad.row}", bad.reason, bad.remedy) for bad in refused]
        )
    return [
        ListedRecipient(
            personnummer=tidied(bare(cell.text))[:_LONGEST_CELL], row=cell.row, sheet=found.sheet
        )
        for cell in found.cells
    ]
