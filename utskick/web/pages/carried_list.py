"""Mottagarlista and the report of an import, as a page's form carries them: a field for each.

A list may be long, and a form has few fields.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from typing import Self

from utskick.domain.names import full_name
from utskick.domain.personnummer import Personnummer
from utskick.domain.recipients import RefusedRow
from utskick.domain.rules import Rules
from utskick.ports import InboxUser
from utskick.use_cases.watched_lists import WatchedPerson
from utskick.web.labels import channels_in_words

_UNKNOWN, _NO_ACCOUNT = "?", "-"
_BETWEEN, _NAMED = "|", "/"
_APART = str.maketrans({_BETWEEN: " ", _NAMED: " "})
_A_ROW = re.compile(r"[1-9]\d{0,6}", re.ASCII)
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """One on the list. `notified_by` is `None` as long as 1177 has not answered about them.

    `row` and `sheet` are the file's own; 0 and nothing for who was typed. The `name` is for staff
    to see: what is kept and sent goes by what the population register says at the start.
    """

    number: Personnummer
    notified_by: tuple[str, ...] | None
    row: int = 0
    sheet: str = ""
    accountless: bool = False
    name: str = field(default="", repr=False)

    @property
    def carried(self) -> str:
        known = _NO_ACCOUNT if self.accountless else ",".join(self.notified_by or ())
        channels = _UNKNOWN if self.notified_by is None else known
        origin = f" {self.row} {self.sheet.translate(_APART)}" if self.row else ""
        name = f"{_NAMED}{self.name.replace(_BETWEEN, ' ')}" if self.name else ""
        return f"{self.number.digits} {channels}{origin.rstrip()}{name}"

    @property
    def place(self) -> str:
        """The row, and its sheet."""
        return f"{self.row}, {self.sheet}" if self.sheet else f"{self.row or ''}"

    @property
    def unnotified(self) -> bool:
        """1177 would not notify them (manual: "Är det tomt …")."""
        return self.notified_by == () and not self.accountless

    @property
    def channels(self) -> str:
        return channels_in_words(self.notified_by or ())

    @classmethod
    def read(cls, carried: str, *, rules: Rules, now: datetime) -> Self:
        """Raises `InvalidPersonnummer` for what no page of ours has carried."""
        known, _, name = carried.partition(_NAMED)
        digits, channels, row, sheet = (*known.split(" ", 3), "", "", "")[:4]
        return cls(
            rules.personnummer(digits, now),
            _channels(channels),
            int(row) if _A_ROW.fullmatch(row) else 0,
            sheet[:_LONGEST_NAME],
            accountless=channels == _NO_ACCOUNT,
            name=full_name(name, ""),
        )

    @classmethod
    def of(cls, person: WatchedPerson) -> Self:
        listed = cls(person.number, None, person.row, person.sheet, name=person.name)
        return listed.known_as(person.answer) if person.answer else listed

    @property
    def watched(self) -> WatchedPerson:
        """For a page that looks again; what this one has carried stays as it is there."""
        known = self.notified_by is not None
        answer = InboxUser(active=not self.accountless, notified_by=self.notified_by or ())
        return WatchedPerson(
            self.number, answer if known else None, self.row, self.sheet, self.name
        )

    def known_as(self, user: InboxUser) -> Self:
        """With what the inbox has said since."""
        return replace(self, notified_by=user.notified_by, accountless=not user.active)


def _channels(carried: str) -> tuple[str, ...] | None:
    if carried == _UNKNOWN:
        return None
    return () if carried == _NO_ACCOUNT else tuple(filter(None, carried.split(",")))


def carry(listed: Iterable[Listed]) -> str:
    return _BETWEEN.join(each.carried for each in listed)


def carried_in(fields: Iterable[str], *, rules: Rules, now: datetime) -> list[Listed]:
    """Each once. Raises `InvalidPersonnummer` for what no page of ours has carried."""
    carried = dict.fromkeys(each for field in fields for each in field.split(_BETWEEN) if each)
    return [Listed.read(each, rules=rules, now=now) for each in carried]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of an import: how many were added, and every row that was not, with why.

    `notes` says which sheet was read, and whatever else staff should know of the file.
    """

    added: int
    refused: tuple[RefusedRow, ...]
    notes: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        said = f"{self.added} mottagare lades till"
        if not self.refused:
            return said
        rows = len(self.refused)
        return f"{said}, {rows} {'rad' if rows == 1 else 'rader'} togs inte med"

    @property
    def carried(self) -> str:
        rows = [astuple(row) for row in self.refused]
        said = [self.added, rows, self.notes]
        return json.dumps(said, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def read(cls, carried: str) -> Self | None:
        """`None` for what no page of ours has carried."""
        try:
            added, rows, notes = json.loads(carried)
            refused = tuple(RefusedRow(*row) for row in rows)
            return cls(int(added), refused, tuple(map(str, notes)))
        except (ValueError, TypeError, OverflowError, RecursionError):
            return None

    def with_more(self, earlier: Self | None) -> Self:
        """With what an earlier one of the same press says."""
        if earlier is None:
            return self
        return type(self)(
            earlier.added + self.added,
            (*earlier.refused, *self.refused),
            (*earlier.notes, *self.notes),
        )
