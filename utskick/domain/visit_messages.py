"""What booking systems and staff say of visits, and what that changes."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from utskick.domain.calendar import LocalMoment, NonexistentTime
from utskick.domain.errors import UtskickError
from utskick.domain.personnummer import Personnummer
from utskick.domain.personnummer_in_text import looks_like_personnummer
from utskick.domain.visits import OtherPerson, Visit, VisitState

LONGEST_REFERENCE = 100
LONGEST_PLACE = 200
_LONGEST_AHEAD = timedelta(days=5 * 366)
_CLOCKS_DIFFER = timedelta(days=1)
"""At most: what is dated later would keep all that really comes later from being taken."""


class Change(StrEnum):
    """What became of one message about a visit, as staff read it.

    `OUTDATED`: something newer is known. `PASSED`: a visit that nobody knew, and that has been.
    `UNKNOWN`: it cancels a visit that nobody knew.
    """

    NEW = "Nytt"
    MOVED = "Flyttat"
    CHANGED = "Ändrat"
    CANCELLED = "Avbokat"
    UNCHANGED = "Oförändrat"
    OUTDATED = "Äldre än det som är känt"
    PASSED = "Har varit"
    UNKNOWN = "Okänt, och avbokat"
    REFUSED = "Tas inte emot"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitStamp:
    """How new a message is, by its sender: a number that grows, or when it was last changed."""

    sequence: int | None = None
    last_updated: datetime | None = None

    def is_older_than(self, known: "VisitStamp") -> bool:
        """A message without a stamp is staff's own, and is never older."""
        if self.sequence is not None and known.sequence is not None:
            return self.sequence < known.sequence
        if self.last_updated is not None and known.last_updated is not None:
            return self.last_updated < known.last_updated
        return False

    def newest(self, known: "VisitStamp") -> "VisitStamp":
        """Of both, so that nothing that is older than either is taken later."""
        numbers = [s for s in (self.sequence, known.sequence) if s is not None]
        times = [t for t in (self.last_updated, known.last_updated) if t is not None]
        return VisitStamp(
            sequence=max(numbers, default=None), last_updated=max(times, default=None)
        )


UNSTAMPED = VisitStamp()


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitMessage:
    """That a visit is booked so, or cancelled. Only what is cancelled may lack who and when.

    `place_in` says where it stands in what was handed in: the row of a file, or the like.
    """

    reference: str
    state: VisitState = VisitState.BOOKED
    personnummer: Personnummer | None = None
    day: date | None = None
    at: time | None = None
    place: str = ""
    stamp: VisitStamp = UNSTAMPED
    place_in: str = ""

    @property
    def local(self) -> LocalMoment | None:
        return LocalMoment(self.day, self.at) if self.day and self.at is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedVisit:
    """A row that says nothing that can be taken; `masked` shows at most a year of birth."""

    place_in: str
    masked: str = ""
    reference: str = ""
    reason: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadVisits:
    """What a file, a paste or a bundle says: each row is a message, or refused."""

    messages: tuple[VisitMessage, ...]
    refused: tuple[RefusedVisit, ...] = ()
    notes: tuple[str, ...] = ()
    sheet: str = field(default="")


class VisitRefused(UtskickError):
    """A message that cannot be taken as it stands: says why, and holds no personal data."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__("the visit cannot be taken")
        self.reason, self.remedy = reason, remedy
        self.staff_message = f"{reason} {remedy}".strip()


def check_reference(reference: str) -> str:
    """The reference as it is kept. Raises `VisitRefused`."""
    kept = reference.strip()
    if not kept:
        raise VisitRefused("Besökets referens saknas.", "Ange bokningens eget nummer.")
    if len(kept) > LONGEST_REFERENCE or not kept.isprintable():
        raise VisitRefused(
            f"Besökets referens ska vara högst {LONGEST_REFERENCE} tecken på en rad.",
            "Ange bokningens eget nummer.",
        )
    if looks_like_personnummer(kept):
        raise VisitRefused(
            "Besökets referens ser ut som ett personnummer.", "Ange bokningens eget nummer."
        )
    return kept


def check_place(place: str) -> str:
    """The place as it is kept. Raises `VisitRefused`."""
    kept = " ".join(place.split())
    if len(kept) > LONGEST_PLACE:
        raise VisitRefused(f"Platsen är för lång: högst {LONGEST_PLACE} tecken.", "Korta den.")
    if looks_like_personnummer(kept):
        raise VisitRefused("Platsen ser ut att innehålla ett personnummer.", "Ta bort det.")
    return kept


def change_of(
    message: VisitMessage,
    *,
    known: Visit | None,
    stamp: VisitStamp,
    starts_at: datetime | None,
    now: datetime,
) -> Change:
    """What the message changes of what is `known`. Raises `VisitRefused` or `OtherPerson`.

    `starts_at` is when the visit begins by the message, unless it says nothing of that.
    """
    changed_at = message.stamp.last_updated
    if changed_at is not None and changed_at > now + _CLOCKS_DIFFER:
        raise VisitRefused(
            "Bokningens ändringstid ligger i framtiden.", "Kontrollera avsändarens klocka."
        )
    if message.stamp.is_older_than(stamp):
        return Change.OUTDATED
    if known and message.personnummer not in (None, known.personnummer):
        raise OtherPerson
    if message.state is VisitState.CANCELLED:
        return _change_of_cancelling(known)
    if starts_at is None or message.personnummer is None:
        raise VisitRefused("Besökets person, datum eller tid saknas.", "Fyll i allt.")
    if starts_at > now + _LONGEST_AHEAD:
        raise VisitRefused(
            "Besökets datum är för långt fram: högst fem år.", "Kontrollera årtalet."
        )
    if known is None:
        return Change.NEW if starts_at > now else Change.PASSED
    if known.state is VisitState.CANCELLED:
        return Change.NEW
    if known.starts_at != starts_at:
        return Change.MOVED
    return Change.CHANGED if known.place != message.place else Change.UNCHANGED


def starts_at_of(message: VisitMessage, *, zone: ZoneInfo) -> datetime | None:
    """When the visit begins. Raises `VisitRefused` for a time that does not exist."""
    if message.local is None:
        return None
    try:
        return message.local.sends_at(zone)
    except NonexistentTime as error:
        raise VisitRefused(error.staff_message, "") from None


def _change_of_cancelling(known: Visit | None) -> Change:
    if known is None:
        return Change.UNKNOWN
    return Change.CANCELLED if known.booked else Change.UNCHANGED
