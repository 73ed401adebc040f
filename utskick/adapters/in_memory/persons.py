"""The population register in memory."""

from collections.abc import Mapping, Sequence

from utskick.adapters.in_memory.failures import Failures
from utskick.domain.personnummer import Personnummer
from utskick.ports import PersonRecord


class InMemoryPersons:
    """A `Persons` that knows those in `records`. `fails_reading` strikes the next calls."""

    def __init__(self, records: Mapping[Personnummer, PersonRecord]) -> None:
        self.records = dict(records)
        self.fails_reading = Failures()

    async def look_up(
        self, numbers: Sequence[Personnummer]
    ) -> Mapping[Personnummer, PersonRecord | None]:
        self.fails_reading.strike()
        return {number: self.records.get(number) for number in numbers}
