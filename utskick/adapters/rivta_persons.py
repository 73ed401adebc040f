"""The population register (GetPersonsForProfile 5)."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import Field

from utskick.adapters.answer_parts import AnswerPart, part_of, parts_of
from utskick.adapters.soap_client import SoapClient
from utskick.domain.personnummer import Personnummer
from utskick.ports import PersonRecord
from utskick.rivta.contracts import GET_PERSONS

_PERSONNUMMER = "1.2.752.129.2.1.3.1"
_SAMORDNINGSNUMMER = "1.2.752.129.2.1.3.3"
_DECEASED, _EMIGRATED, _CHANGED_NUMBER = "AV", "UV", "GN"
UNREADABLE = PersonRecord(unreadable=True)


class _Identity(AnswerPart):
    extension: str

    @property
    def digits(self) -> str:
        return self.extension.strip().replace("-", "")


class _PartialDate(AnswerPart):
    value: str = Field(min_length=1)


class _Deregistration(AnswerPart):
    reason: str = Field(default="", alias="deregistrationReasonCode")
    date: object = Field(default=None, alias="deregistrationDate")
    found_dead: _PartialDate | None = Field(default=None, alias="foundDeadAtDate")

    @property
    def is_given(self) -> bool:
        """An element that is there and says nothing is no deregistration."""
        return _says_something([self.reason, self.date]) or self.found_dead is not None


def _says_something(part: object) -> bool:
    match part:
        case dict():
            return any(map(_says_something, part.values()))
        case list():
            return any(map(_says_something, part))
        case str():
            return bool(part.strip())
        case _:
            return part is not None


class _CoordinationNumber(AnswerPart):
    died: _PartialDate | None = Field(default=None, alias="deceasedDate")


class _Name(AnswerPart):
    """Each as text, or as parts whose texts are the name: both are written."""

    given: str = Field(default="", alias="givenName")
    surname: str = ""


class _Person(AnswerPart):
    identity: _Identity = Field(alias="personalIdentity")
    protected: bool = Field(alias="protectedPersonIndicator")
    protected_population: bool = Field(default=False, alias="protectedPopulationRecord")
    test: bool = Field(alias="testIndicator")
    name: object = None
    left: _Deregistration | None = Field(default=None, alias="deregistration")
    coordination: _CoordinationNumber = Field(
        default=_CoordinationNumber(), alias="coOrdinationNumberData"
    )


class _Requested(AnswerPart):
    identity: _Identity = Field(alias="requestedPersonalIdentity")
    record: dict[str, object] | None = Field(default=None, alias="personRecord")


class RivTaPersons:
    """A `Persons`, with at most `batch` numbers in each call; the contract allows 500.

    `test_persons` says whether those are persons: in production they are not.
    """

    def __init__(
        self,
        client: SoapClient,
        *,
        profile: str = "P1",
        batch: int = 100,
        test_persons: bool = True,
    ) -> None:
        self._client = client
        self._profile = profile
        self._batch = batch
        self._test_persons = test_persons

    async def look_up(
        self, numbers: Sequence[Personnummer]
    ) -> Mapping[Personnummer, PersonRecord | None]:
        found: dict[Personnummer, PersonRecord | None] = {}
        for batch in _batches(numbers, self._batch):
            found |= await self._look_up(batch)
        return found

    async def _look_up(
        self, numbers: Sequence[Personnummer]
    ) -> dict[Personnummer, PersonRecord | None]:
        answer = await self._client.read(
            GET_PERSONS,
            {
                "personId": [_asked(number) for number in numbers],
                "profile": self._profile,
                # The record of exactly the number that was asked for, also if it has changed.
                "ignoreReferredIdentity": True,
            },
        )
        given: dict[str, list[_Requested]] = {}
        for each in parts_of(_Requested, answer["requestedPersonRecord"]):
            given.setdefault(each.identity.digits, []).append(each)
        return {number: self._record(number, given.get(number.digits, [])) for number in numbers}

    def _record(self, number: Personnummer, given: Sequence[_Requested]) -> PersonRecord | None:
        """Not answered for, or answered for twice, is no less odd than what cannot be read."""
        match given:
            case [_Requested(record=None)]:
                return None
            case [_Requested(record=record)] if person := part_of(_Person, record):
                known = self._test_persons or not person.test
                return _person(person, number) if known else None
            case _:
                return UNREADABLE


def _batches(numbers: Sequence[Personnummer], size: int) -> Iterator[Sequence[Personnummer]]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def _asked(number: Personnummer) -> dict[str, str]:
    root = _SAMORDNINGSNUMMER if number.is_coordination_number else _PERSONNUMMER
    return {"root": root, "extension": number.digits}


def _person(person: _Person, number: Personnummer) -> PersonRecord:
    reason = person.left.reason.strip().upper() if person.left else ""
    found_dead = person.left is not None and person.left.found_dead is not None
    deceased = reason == _DECEASED or found_dead or person.coordination.died is not None
    changed = reason == _CHANGED_NUMBER or person.identity.digits != number.digits
    protected = person.protected or person.protected_population
    # Whoever may get forms may get them under a name that cannot be read.
    name = None if protected else part_of(_Name, person.name)
    why_known = deceased or changed or reason == _EMIGRATED
    return PersonRecord(
        protected=protected,
        deceased=deceased,
        emigrated=reason == _EMIGRATED,
        changed_number=changed,
        deregistered=person.left is not None and person.left.is_given and not why_known,
        given_name=_in_one_line(name.given) if name else "",
        surname=_in_one_line(name.surname) if name else "",
    )


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
