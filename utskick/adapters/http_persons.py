"""The population register over HTTP, with the field names of GetPersonsForProfile 5."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import Field

from utskick.adapters.http_client import AnswerFields, HttpClient
from utskick.domain.personnummer import Personnummer
from utskick.ports import PersonRecord, TemporaryFailure

_PERSONNUMMER = "1.2.752.129.2.1.3.1"
_SAMORDNINGSNUMMER = "1.2.752.129.2.1.3.3"
_DECEASED, _EMIGRATED, _CHANGED_NUMBER = "AV", "UV", "GN"


class _Identity(AnswerFields):
    extension: str


class _Deregistration(AnswerFields):
    reason: str = Field(default="", alias="deregistrationReasonCode")
    found_dead: object = Field(default=None, alias="foundDeadAtDate")


class _PersonRecord(AnswerFields):
    protected_person: bool = Field(default=False, alias="protectedPersonIndicator")
    protected_population: bool = Field(default=False, alias="protectedPopulationRecord")
    deregistration: _Deregistration | None = None


class _RequestedRecord(AnswerFields):
    identity: _Identity = Field(alias="requestedPersonalIdentity")
    record: _PersonRecord | None = Field(default=None, alias="personRecord")


class _GetPersonsForProfileAnswer(AnswerFields):
    records: tuple[_RequestedRecord, ...] = Field(alias="requestedPersonRecords")


class HttpPersons:
    """A `Persons`, with at most `batch` numbers in each call."""

    def __init__(self, client: HttpClient, *, batch: int = 100) -> None:
        self._client = client
        self._batch = batch

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
        answer = await self._client.post(
            "GetPersonsForProfile",
            {"profile": "P1", "personIds": [_identity(number) for number in numbers]},
            answer=_GetPersonsForProfileAnswer,
            reading=True,
        )
        records = {each.identity.extension: _person(each.record) for each in answer.records}
        if any(number.digits not in records for number in numbers):
            raise TemporaryFailure("GetPersonsForProfile: incomplete answer")
        return {number: records[number.digits] for number in numbers}


def _batches(numbers: Sequence[Personnummer], size: int) -> Iterator[Sequence[Personnummer]]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def _identity(number: Personnummer) -> dict[str, str]:
    root = _SAMORDNINGSNUMMER if number.is_coordination_number else _PERSONNUMMER
    return {"root": root, "extension": number.digits}


def _person(record: _PersonRecord | None) -> PersonRecord | None:
    if record is None:
        return None
    left = record.deregistration
    reason = left.reason if left else ""
    deceased = reason == _DECEASED or bool(left and left.found_dead)
    return PersonRecord(
        protected=record.protected_person or record.protected_population,
        deceased=deceased,
        emigrated=reason == _EMIGRATED,
        changed_number=reason == _CHANGED_NUMBER,
        deregistered=left is not None
        and not deceased
        and reason not in (_EMIGRATED, _CHANGED_NUMBER),
    )
