"""What REST and the command are asked and answer about visits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Body
from pydantic import AwareDatetime, BaseModel, Field

from utskick.domain.calendar import parse_clock
from utskick.domain.rules import Rules
from utskick.domain.specs import Day, Spec
from utskick.domain.visit_messages import (
    LONGEST_PLACE,
    Change,
    RefusedVisit,
    VisitMessage,
    VisitStamp,
)
from utskick.domain.visits import StandingDispatch, VisitState
from utskick.records import ListedVisit
from utskick.use_cases.change_visits import VisitResult
from utskick.use_cases.standing_dispatches import StandingSpec

STATE_LABELS = {VisitState.BOOKED: "Bokat", VisitState.CANCELLED: "Avbokat"}
_HIGHEST_SEQUENCE = 2**62
_UNIT = "SE2321000131-E000000000101"


class VisitFields(Spec):
    """A visit as a booking system has it."""

    personnummer: str = Field(
        max_length=100, description="Den som besöket gäller", examples=["19121212-1212"]
    )
    date: Day = Field(description="Besökets datum", examples=["2027-03-01"])
    time: str = Field(
        max_length=10, description="När det börjar, HH:MM, svensk tid", examples=["10:30"]
    )
    place: str = Field(
        default="", max_length=LONGEST_PLACE, description="Plats eller sort, för personalen"
    )
    package: str = Field(
        default="",
        max_length=200,
        description="Grundplåtens nyckel, om enheten har flera besöksutskick",
    )
    sequence: int | None = Field(
        default=None,
        ge=0,
        le=_HIGHEST_SEQUENCE,
        description="Bokningens löpnummer: ett lägre än det som är känt ändrar inget",
    )
    last_updated: AwareDatetime | None = Field(
        default=None,
        description="När bokningen ändrades: tidigare än det som är känt ändrar inget",
        examples=["2027-01-15T09:30:00+01:00"],
    )


VisitBody = Annotated[
    VisitFields,
    Body(
        openapi_examples={
            "ett besök": {
                "summary": "Ett besök, bokat eller flyttat",
                "value": {
                    "personnummer": "19121212-1212",
                    "date": "2027-03-01",
                    "time": "10:30",
                    "sequence": 1,
                },
            }
        }
    ),
]
StandingBody = Annotated[
    StandingSpec,
    Body(
        openapi_examples={
            "grundplåtens förval": {
                "summary": "Grundplåtens förval",
                "value": {"unit": _UNIT, "package": "fore-besok"},
            }
        }
    ),
]


class SendView(BaseModel):
    """One moment of a visit."""

    days_before: int = Field(description="Dagar före besöket")
    time: str = Field(description="Klockslag", examples=["09:00"])
    sends_at: datetime | None = Field(description="När det skickas, om det är planerat")
    state: str = Field(description="Hur det står till", examples=["Planerat"])


class VisitView(BaseModel):
    reference: str = Field(description="Bokningens referens")
    personnummer: str = Field(description="Maskerat", examples=["1912••••-••••"])
    starts_at: datetime = Field(description="När besöket börjar")
    place: str = Field(description="Plats eller sort")
    state: str = Field(description="Bokat eller Avbokat", examples=["Bokat"])
    sends: list[SendView] = Field(description="Vad som skickas före besöket, i ordning")


class VisitChangedView(BaseModel):
    change: str = Field(description="Vad som hände", examples=["Nytt"])
    visit: VisitView | None = Field(description="Besöket, om det är känt")


class VisitRowView(BaseModel):
    """What became of one row, or of one appointment."""

    place: str = Field(description="Raden i filen, eller platsen i bunten", examples=["rad 2"])
    reference: str = Field(description="Bokningens referens, om den gick att läsa")
    change: str = Field(description="Vad som hände", examples=["Nytt"])
    reason: str = Field(description="Varför raden inte är med; annars tom")
    remedy: str = Field(description="Vad du kan göra åt det")


class VisitsReadView(BaseModel):
    rows: list[VisitRowView] = Field(description="Varje rad, i filens ordning")
    counts: dict[str, int] = Field(description="Hur många av varje slag")
    notes: list[str] = Field(description="Vad personalen bör veta om filen")


class StandingView(BaseModel):
    id: UUID = Field(description="Besöksutskickets id")
    name: str = Field(description="Grundplåtens namn")
    package: str = Field(description="Grundplåtens nyckel")
    status: str = Field(description="Pågående, Stoppad eller Avbruten", examples=["Pågående"])
    sends: list[str] = Field(
        description="När det skickas", examples=[["3 dagar före besöket kl. 09:00"]]
    )


class StandingStoppedView(BaseModel):
    on_their_way: int = Field(description="Formulär som redan var på väg, och kommer fram")


def message_of(
    fields: VisitFields, reference: str, *, rules: Rules, now: datetime
) -> VisitMessage:
    """Raises `InvalidPersonnummer` or `ImpossibleTime`."""
    return VisitMessage(
        reference=reference,
        personnummer=rules.personnummer(fields.personnummer, now),
        day=fields.date,
        at=parse_clock(fields.time),
        place=fields.place,
        stamp=VisitStamp(sequence=fields.sequence, last_updated=fields.last_updated),
    )


def visit_view(listed: ListedVisit, *, zone: ZoneInfo) -> VisitView:
    """A visit for a system, without whom it is about."""
    visit = listed.visit
    return VisitView(
        reference=visit.reference,
        personnummer=str(visit.personnummer),
        starts_at=visit.starts_at.astimezone(zone),
        place=visit.place,
        state=STATE_LABELS[visit.state],
        sends=[
            SendView(
                days_before=each.send.offset.days_before,
                time=f"{each.send.offset.time:%H:%M}",
                sends_at=each.send.sends_at and each.send.sends_at.astimezone(zone),
                state=each.appearance.value,
            )
            for each in listed.sends
        ],
    )


def changed_view(result: VisitResult, *, zone: ZoneInfo) -> VisitChangedView:
    """What a message has done."""
    listed = result.listed
    return VisitChangedView(
        change=result.change.value, visit=visit_view(listed, zone=zone) if listed else None
    )


def rows_view(
    results: Sequence[VisitResult], refused: Sequence[RefusedVisit], notes: Sequence[str]
) -> VisitsReadView:
    """What each row of what was handed in has done, those that could not be read among them."""
    rows = [
        VisitRowView(
            place=each.place_in,
            reference=each.reference,
            change=each.change.value,
            reason=each.reason,
            remedy=each.remedy,
        )
        for each in results
    ]
    rows += [
        VisitRowView(
            place=each.place_in,
            reference=each.reference,
            change=Change.REFUSED.value,
            reason=each.reason,
            remedy=each.remedy,
        )
        for each in refused
    ]
    counts = {change.value: sum(row.change == change for row in rows) for change in Change}
    return VisitsReadView(
        rows=rows, counts={name: n for name, n in counts.items() if n}, notes=list(notes)
    )


def standing_view(standing: StandingDispatch) -> StandingView:
    """A standing dispatch for a system."""
    return StandingView(
        id=standing.id,
        name=standing.name,
        package=standing.package_key,
        status=standing.label,
        sends=[offset.in_words for offset in standing.offsets],
    )
