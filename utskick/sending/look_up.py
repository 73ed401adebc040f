"""Ask the population register, and keep what it says of recipients' names."""

import asyncio
from collections.abc import Mapping, Sequence

from utskick.domain.personnummer import Personnummer
from utskick.ports import PersonRecord, Persons
from utskick.records import Store


async def look_up(
    numbers: Sequence[Personnummer], *, persons: Persons, store: Store
) -> Mapping[Personnummer, PersonRecord | None]:
    """One call. Whoever is protected by now has no name with us from here on."""
    answers = await persons.look_up(numbers)
    await asyncio.to_thread(_learn, answers, store)
    return answers


def _learn(answers: Mapping[Personnummer, PersonRecord | None], store: Store) -> None:
    known = {number: record for number, record in answers.items() if record}
    protected = [number for number, record in known.items() if record.protected]
    names = {number: record.name for number, record in known.items() if record.name}
    if names or protected:
        with store.transaction() as records:
            records.names.learn(names, protected=protected)
