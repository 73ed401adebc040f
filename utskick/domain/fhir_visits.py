"""Visits as FHIR R4 appointments: as much of the standard as a visit needs, and no more.

A Bundle, or one Appointment, whose Patient is contained, in the bundle, or named by an identifier.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from utskick.domain.errors import UtskickError
from utskick.domain.personnummer import InvalidPersonnummer, Personnummer, parse_personnummer
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

PERSONNUMMER = "urn:oid:1.2.752.129.2.1.3.1"
SAMORDNINGSNUMMER = "urn:oid:1.2.752.129.2.1.3.3"
_SYSTEMS = (PERSONNUMMER, SAMORDNINGSNUMMER)
_PATIENT = "Patient"

_BOOKED = ("booked", "arrived", "checked-in", "fulfilled")
_CANCELLED = ("cancelled", "noshow", "entered-in-error")
_NOT_YET = ("proposed", "pending", "waitlist")


class _Resource(BaseModel):
    """What is not named here is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Identifier(_Resource):
    system: str = ""
    value: str = ""


class Reference(_Resource):
    reference: str = ""
    type: str = ""
    identifier: Identifier | None = None
    display: str = ""


class Participant(_Resource):
    actor: Reference | None = None


class Meta(_Resource):
    lastUpdated: AwareDatetime | None = None  # noqa: N815  # as the standard spells it


class Patient(_Resource):
    resourceType: Literal["Patient"] = "Patient"  # noqa: N815
    id: str = ""
    identifier: list[Identifier] = []


class Appointment(_Resource):
    """One booking. Its `id` is the visit's reference."""

    resourceType: Literal["Appointment"]  # noqa: N815
    id: str = ""
    meta: Meta = Meta()
    status: str
    start: AwareDatetime | None = None
    participant: list[Participant] = []
    contained: list[dict[str, Any]] = []


class Entry(_Resource):
    fullUrl: str = ""  # noqa: N815
    resource: dict[str, Any] | None = None


class Bundle(_Resource):
    resourceType: Literal["Bundle"]  # noqa: N815
    entry: list[Entry] = []


class NoBundle(UtskickError):
    """Neither a Bundle nor an Appointment."""

    def __init__(self) -> None:
        super().__init__("not a FHIR bundle of appointments")
        self.staff_message = (
            "Innehållet är inte FHIR R4 som JSON: skicka en Bundle med Appointment, eller en"
            " Appointment."
        )


_ONE_OF = TypeAdapter(Annotated[Bundle | Appointment, Field(discriminator="resourceType")])


def read_fhir_visits(
    content: bytes, *, accept_coordination_numbers: bool, zone: ZoneInfo, today: date
) -> ReadVisits:
    """Each appointment as a message, or refused with its reason. Raises `NoBundle`."""
    try:
        read = _ONE_OF.validate_json(content)
    except ValidationError:
        raise NoBundle from None
    entries = [Entry(resource=_raw(content))] if isinstance(read, Appointment) else read.entry
    reading = _Reading(_patients(entries), accept_coordination_numbers, zone, today)
    messages: list[VisitMessage] = []
    refused: list[RefusedVisit] = []
    for place, entry in enumerate(entries, start=1):
        if (entry.resource or {}).get("resourceType") != "Appointment":
            continue
        try:
            messages.append(reading.message(entry.resource or {}, f"nr {place}"))
        except VisitRefused as error:
            refused.append(
                RefusedVisit(
                    place_in=f"nr {place}",
                    reference=_shown_id(entry.resource or {}),
                    reason=error.reason,
                    remedy=error.remedy,
                )
            )
    return ReadVisits(messages=tuple(messages), refused=tuple(refused))


class _Reading:
    def __init__(
        self,
        patients: Mapping[str, Patient],
        accept_coordination_numbers: bool,  # noqa: FBT001  # of this module alone
        zone: ZoneInfo,
        today: date,
    ) -> None:
        self._patients = patients
        self._accept_coordination_numbers = accept_coordination_numbers
        self._zone = zone
        self._today = today

    def message(self, resource: Mapping[str, Any], place_in: str) -> VisitMessage:
        """Raises `VisitRefused`."""
        try:
            appointment = Appointment.model_validate(resource)
        except ValidationError:
            raise VisitRefused(
                "Bokningen går inte att läsa.",
                "Kontrollera status, och att start har både tid och tidszon.",
            ) from None
        reference = check_reference(appointment.id)
        state = _state_of(appointment)
        number = self._number(appointment, needed=state is VisitState.BOOKED)
        if state is VisitState.BOOKED and appointment.start is None:
            raise VisitRefused("Bokningen saknar start.", "Skicka den med tid och tidszon.")
        local = appointment.start and appointment.start.astimezone(self._zone)
        return VisitMessage(
            reference=reference,
            state=state,
            personnummer=number,
            day=local.date() if local else None,
            at=local.time().replace(microsecond=0) if local else None,
            place=check_place(_place_of(appointment)),
            stamp=VisitStamp(last_updated=appointment.meta.lastUpdated),
            place_in=place_in,
        )

    def _number(self, appointment: Appointment, *, needed: bool) -> Personnummer | None:
        found = {
            identifier.value
            for identifier in self._identifiers(appointment)
            if identifier.system in _SYSTEMS and identifier.value
        }
        if not found and not needed:
            return None
        if len(found) != 1:
            fault = "flera patienter" if found else "ingen patient med personnummer"
            raise VisitRefused(
                f"Bokningen har {fault}.",
                f"Ange en Patient med identifier i systemet {PERSONNUMMER}.",
            )
        try:
            return parse_personnummer(
                found.pop(),
                accept_coordination_numbers=self._accept_coordination_numbers,
                today=self._today,
            )
        except InvalidPersonnummer as error:
            raise VisitRefused(error.reason, error.remedy) from None

    def _identifiers(self, appointment: Appointment) -> Iterator[Identifier]:
        contained = _patients([Entry(resource=each) for each in appointment.contained])
        for participant in appointment.participant:
            actor = participant.actor
            if actor is None or actor.type not in ("", _PATIENT):
                continue
            place = actor.reference
            patient = (
                contained.get(place.removeprefix("#"))
                if place.startswith("#")
                else self._patients.get(place)
            )
            if patient is not None:
                yield from patient.identifier
            # Who comes along (RelatedPerson) may have a personnummer too, and gets nothing.
            if actor.identifier is not None and (patient or _names_patient(actor)):
                yield actor.identifier


def _state_of(appointment: Appointment) -> VisitState:
    if appointment.status in _BOOKED:
        return VisitState.BOOKED
    if appointment.status in _CANCELLED:
        return VisitState.CANCELLED
    if appointment.status in _NOT_YET:
        raise VisitRefused("Besöket är inte bokat än.", "Du behöver inte göra något.")
    raise VisitRefused("Bokningens status är okänd.", "Skicka en status ur FHIR R4.")


def _place_of(appointment: Appointment) -> str:
    """What the location is called, if it is the only one."""
    names = [
        each.actor.display
        for each in appointment.participant
        if each.actor is not None and each.actor.reference.startswith("Location/")
    ]
    return names[0] if len(names) == 1 else ""


def _names_patient(actor: Reference) -> bool:
    """Whether it is a patient though the resource is not here."""
    if actor.type == _PATIENT or not actor.reference:
        return True
    return f"/{actor.reference}".rpartition("/")[0].endswith(f"/{_PATIENT}")


def _patients(entries: Sequence[Entry]) -> Mapping[str, Patient]:
    """By all names under which an appointment may refer to them; a name of two is nobody's."""
    found: dict[str, Patient] = {}
    of_two: set[str] = set()
    for entry in entries:
        if (entry.resource or {}).get("resourceType") != "Patient":
            continue
        try:
            patient = Patient.model_validate(entry.resource)
        except ValidationError:
            continue
        for name in (entry.fullUrl, patient.id, f"Patient/{patient.id}" if patient.id else ""):
            if name and found.setdefault(name, patient).identifier != patient.identifier:
                of_two.add(name)
    return {name: patient for name, patient in found.items() if name not in of_two}


def _shown_id(resource: Mapping[str, Any]) -> str:
    try:
        return check_reference(str(resource.get("id", "")))
    except VisitRefused:
        return ""


def _raw(content: bytes) -> dict[str, Any]:
    raw: dict[str, Any] = _ANY.validate_json(content)
    return raw


_ANY = TypeAdapter(dict[str, Any])
