"""Messages about visits, as a page's form carries them until staff have said yes."""

import json
from collections.abc import Sequence
from datetime import date, datetime, time

from pydantic import AwareDatetime, BaseModel, TypeAdapter, ValidationError

from utskick.domain.errors import Problem, SpecRefused
from utskick.domain.rules import Rules
from utskick.domain.visit_messages import VisitMessage, VisitStamp
from utskick.domain.visits import VisitState

_NOT_OURS = Problem("besöken", "går inte att läsa.", "Läs in filen igen.")


class _Carried(BaseModel):
    reference: str
    state: VisitState
    personnummer: str
    day: date | None
    at: time | None
    place: str
    last_updated: AwareDatetime | None
    place_in: str


_ALL = TypeAdapter(list[_Carried])


def carry(messages: Sequence[VisitMessage]) -> str:
    """For a hidden field, however many they are."""
    return _ALL.dump_json(
        [
            _Carried(
                reference=each.reference,
                state=each.state,
                personnummer=each.personnummer.digits if each.personnummer else "",
                day=each.day,
                at=each.at,
                place=each.place,
                last_updated=each.stamp.last_updated,
                place_in=each.place_in,
            )
            for each in messages
        ]
    ).decode()


def carried_in(text: str, *, rules: Rules, now: datetime) -> list[VisitMessage]:
    """Raises `SpecRefused` or `InvalidPersonnummer` for what no page of ours has carried."""
    try:
        carried = _ALL.validate_python(json.loads(text))
    except (ValidationError, ValueError):
        raise SpecRefused([_NOT_OURS]) from None
    if len(carried) > rules.limits.visits:
        raise SpecRefused([_NOT_OURS])
    return [
        VisitMessage(
            reference=each.reference,
            state=each.state,
            personnummer=rules.personnummer(each.personnummer, now) if each.personnummer else None,
            day=each.day,
            at=each.at,
            place=each.place,
            stamp=VisitStamp(last_updated=each.last_updated),
            place_in=each.place_in,
        )
        for each in carried
    ]
