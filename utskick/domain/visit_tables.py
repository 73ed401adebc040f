"""Visits in a table: each row is one, with the person, when it begins, and its own reference.

Columns are known by their headings alone. What can be read in two ways is asked about or refused.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from utskick.domain.calendar import ImpossibleTime, parse_clock, parse_date
from utskick.domain.errors import UtskickError
from utskick.domain.personnummer import Personnummer, masked, tidied
from utskick.domain.recipients import NumberCell, judge, place_of_row
from utskick.domain.seen_sheets import FoundList
from utskick.domain.sheets import SheetRow, Unseen, column_name
from utskick.domain.visit_messages import (
    ReadVisits,
    RefusedVisit,
    VisitMessage,
    VisitRefused,
    VisitStamp,
    check_place,
    check_reference,
)
from utskick.domain.visits import VisitState
from utskick.domain.writing import comparable, plain


class _Column(StrEnum):
    REFERENCE = "Referens"
    DAY = "Besöksdatum"
    TIME = "Tid"
    PLACE = "Plats"
    STATE = "Status"
    CHANGED = "Ändrad"


_HEADINGS = {
    _Column.REFERENCE: {
        "referens",
        "besöksreferens",
        "bokningsreferens",
        "bokningsnummer",
        "bokningsnr",
        "bokningsid",
        "besöksid",
        "besöksnummer",
        "bokning",
    },
    _Column.DAY: {
        "besök",
        "besöksdatum",
        "besöksdag",
        "besökstillfälle",
        "datumförbesök",
        "datumochtid",
        "starttid",
        "datum",
    },
    _Column.TIME: {"tid", "besökstid", "klockslag", "klockan", "kl", "tidförbesök"},
    _Column.PLACE: {"plats", "rum", "lokal", "besöksplats", "besökstyp", "besöksrum"},
    _Column.STATE: {"status", "bokningsstatus", "besöksstatus"},
    _Column.CHANGED: {"ändrad", "ändraddatum", "senaständrad", "uppdaterad", "lastupdated"},
}
_STATES = {
    "": VisitState.BOOKED,
    "bokad": VisitState.BOOKED,
    "bokat": VisitState.BOOKED,
    "booked": VisitState.BOOKED,
    "ankommen": VisitState.BOOKED,
    "ankommit": VisitState.BOOKED,
    "arrived": VisitState.BOOKED,
    "avbokad": VisitState.CANCELLED,
    "avbokat": VisitState.CANCELLED,
    "inställd": VisitState.CANCELLED,
    "inställt": VisitState.CANCELLED,
    "cancelled": VisitState.CANCELLED,
    "uteblev": VisitState.CANCELLED,
    "uteblivit": VisitState.CANCELLED,
    "noshow": VisitState.CANCELLED,
}
_DAY_AND_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{1,2}:\d{2}(?::\d{2})?))?", re.ASCII)
_SHORT_HOUR = re.compile(r"\d:\d{2}(?::\d{2})?", re.ASCII)
_NEEDED = (_Column.REFERENCE, _Column.DAY)


class NoVisitColumn(UtskickError):
    """A table that lacks the headings without which a row is no visit."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__("a table without the columns of visits")
        self.staff_message = (
            f"Det går inte att hitta kolumnen {' och '.join(missing)}. Skriv rubrikerna"
            " Personnummer, Referens, Besöksdatum och Tid överst, och försök igen."
        )


class SeveralVisitColumns(UtskickError):
    """Two columns may say the same thing: none is guessed."""

    def __init__(self, what: str, columns: Sequence[int]) -> None:
        super().__init__("several columns of one kind")
        *most, last = map(column_name, columns)
        self.staff_message = (
            f"Kolumnerna {', '.join(most)} och {last} kan båda vara {what}. Låt bara en av dem ha"
            " en sådan rubrik, och försök igen."
        )


class TooManyVisits(UtskickError):
    def __init__(self, *, count: int, allowed: int) -> None:
        super().__init__(f"{count} visits, at most {allowed} allowed")
        self.staff_message = (
            f"Listan har {count} besök, men högst {allowed} kan läsas in åt gången. Dela upp den."
        )


def read_visits(
    found: FoundList, *, accept_coordination_numbers: bool, most: int, today: date
) -> ReadVisits:
    """Each row that a number should stand in, as a message, or refused with its reason.

    Raises `NoVisitColumn`, `SeveralVisitColumns` or `TooManyVisits`.
    """
    if len(found.cells) > most:
        raise TooManyVisits(count=len(found.cells), allowed=most)
    rows = {row.number: row for row in found.rows}
    columns = _columns(found)
    messages: list[VisitMessage] = []
    refused: list[RefusedVisit] = []
    for cell in found.cells:
        row = _Row(cell, rows.get(cell.row, SheetRow(cell.row, {})), columns, found.sheet)
        try:
            messages.append(
                row.message(accept_coordination_numbers=accept_coordination_numbers, today=today)
            )
        except VisitRefused as error:
            refused.append(row.refused(error))
    kept, contradicting = _without_contradictions(messages)
    return ReadVisits(
        messages=tuple(kept),
        refused=(*refused, *contradicting),
        notes=found.notes,
        sheet=found.sheet,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    cell: NumberCell
    row: SheetRow
    columns: Mapping[_Column, int]
    sheet: str

    @property
    def place_in(self) -> str:
        return place_of_row(self.cell.row, self.sheet)

    def message(self, *, accept_coordination_numbers: bool, today: date) -> VisitMessage:
        """Raises `VisitRefused`."""
        number = self._number(accept_coordination_numbers, today)
        reference = check_reference(self._text(_Column.REFERENCE))
        state = self._state()
        day, at = self._moment()
        return VisitMessage(
            reference=reference,
            state=state,
            personnummer=number,
            day=day,
            at=at,
            place=check_place(self._text(_Column.PLACE)),
            stamp=self._stamp(),
            place_in=self.place_in,
        )

    def refused(self, error: VisitRefused) -> RefusedVisit:
        return RefusedVisit(
            place_in=self.place_in,
            masked=masked(tidied(self.cell.text)),
            reason=error.reason,
            remedy=error.remedy,
        )

    def _number(self, accept_coordination_numbers: bool, today: date) -> Personnummer:  # noqa: FBT001  # of this class alone
        judged = judge(
            [self.cell], accept_coordination_numbers=accept_coordination_numbers, today=today
        )
        for bad in judged.refused:
            raise VisitRefused(bad.reason, bad.remedy)
        return judged.accepted[0].personnummer

    def _text(self, column: _Column) -> str:
        """Raises `VisitRefused` for what is struck through."""
        place = self.columns.get(column)
        if place is None:
            return ""
        if self.row.unseen_cells.get(place) is Unseen.STRUCK:
            raise VisitRefused(
                f"{column.value} är överstruket.", "Skriv det som gäller, utan överstrykning."
            )
        return plain(self.row.texts.get(place, "")).strip()

    def _state(self) -> VisitState:
        word = "".join(filter(str.isalpha, comparable(self._text(_Column.STATE))))
        if word not in _STATES:
            raise VisitRefused("Statusen går inte att tolka.", "Skriv Bokad eller Avbokad.")
        return _STATES[word]

    def _moment(self) -> tuple[date, time]:
        found = _DAY_AND_TIME.fullmatch(self._text(_Column.DAY))
        if found is None:
            raise VisitRefused(
                "Besökets datum går inte att tolka.",
                "Skriv det som ÅÅÅÅ-MM-DD, till exempel 2027-02-01.",
            )
        day, within = found[1], found[2] or ""
        clocks = {_clock(text) for text in (within, self._text(_Column.TIME)) if text}
        if within and _Column.TIME in self.columns:
            # A spreadsheet's date alone is midnight.
            clocks -= {time()} if len(clocks) > 1 else set()
        elif clocks == {time()}:
            clocks = set()
        if not clocks:
            raise VisitRefused("Besökets tid saknas.", "Skriv den som HH:MM, till exempel 09:30.")
        if len(clocks) > 1:
            raise VisitRefused("Raden har två olika tider.", "Låt bara den rätta stå kvar.")
        return _day(day), clocks.pop()

    def _stamp(self) -> VisitStamp:
        text = self._text(_Column.CHANGED)
        if not text:
            return VisitStamp()
        try:
            changed = datetime.fromisoformat(text)
        except ValueError:
            changed = None
        if changed is None or changed.tzinfo is None:
            raise VisitRefused(
                "När besöket ändrades går inte att tolka.",
                "Skriv det med tidszon, till exempel 2027-02-01T09:30:00+01:00.",
            )
        return VisitStamp(last_updated=changed)


def _columns(found: FoundList) -> Mapping[_Column, int]:
    """Where each thing stands, by the row of headings right above the first that has a number."""
    first = found.cells[0].row if found.cells else 0
    above = [row for row in found.rows if row.number < first]
    headings = above[-1].texts if above else {}
    columns: dict[_Column, int] = {}
    for kind, words in _HEADINGS.items():
        named = [c for c, text in sorted(headings.items()) if _word(text) in words]
        exact = [c for c in named if _word(headings[c]) != "datum"] or named
        if len(exact) > 1:
            raise SeveralVisitColumns(kind.value, exact)
        if exact:
            columns[kind] = exact[0]
    if missing := [kind.value for kind in _NEEDED if kind not in columns]:
        raise NoVisitColumn(missing)
    return columns


def _word(heading: str) -> str:
    return "".join(filter(str.isalpha, comparable(heading)))


def _clock(text: str) -> time:
    try:
        return parse_clock(f"0{text}" if _SHORT_HOUR.fullmatch(text) else text)
    except ImpossibleTime as error:
        raise VisitRefused("Besökets tid går inte att tolka.", _WRITE_TIME) from error


_WRITE_TIME = "Skriv den som HH:MM, till exempel 09:30."


def _day(text: str) -> date:
    try:
        return parse_date(text)
    except ImpossibleTime as error:
        raise VisitRefused("Besökets datum finns inte.", "Kontrollera det.") from error


def _without_contradictions(
    messages: Sequence[VisitMessage],
) -> tuple[list[VisitMessage], list[RefusedVisit]]:
    """Rows with one reference that say different things are all refused.

    Unless each says when it was changed: then the newest holds.
    """
    said: dict[str, set[tuple[object, ...]]] = {}
    for message in messages:
        said.setdefault(message.reference, set()).add(_content(message))
    unstamped = {each.reference for each in messages if each.stamp == VisitStamp()}
    wrong = {each for each in unstamped if len(said[each]) > 1}
    refused = [
        RefusedVisit(
            place_in=message.place_in,
            masked=str(message.personnummer),
            reference=message.reference,
            reason="Samma referens står på flera rader som säger olika saker.",
            remedy="Låt bara den rad som gäller stå kvar.",
        )
        for message in messages
        if message.reference in wrong
    ]
    return [message for message in messages if message.reference not in wrong], refused


def _content(message: VisitMessage) -> tuple[object, ...]:
    return (
        message.reference,
        message.state,
        message.personnummer,
        message.day,
        message.at,
        message.place,
        message.stamp,
    )
