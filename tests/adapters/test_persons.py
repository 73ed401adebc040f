"""What every `Persons` promises."""

import pytest

from tests.adapters.neighbours import Neighbours
from tests.people import COORDINATION_NUMBERS
from utskick.ports import PersonRecord


@pytest.mark.parametrize(
    ("protected", "deregistered", "record"),
    [
        ("", "", PersonRecord()),
        ("indicator", "", PersonRecord(protected=True)),
        ("population", "", PersonRecord(protected=True)),
        ("", "dead", PersonRecord(deceased=True)),
        ("", "emigrated", PersonRecord(emigrated=True)),
    ],
)
async def test_marks_are_shown(
    neighbours: Neighbours, protected: str, deregistered: str, record: PersonRecord
) -> None:
    anna = neighbours.add_person(protected=protected, deregistered=deregistered)

    assert await neighbours.persons.look_up([anna]) == {anna: record}


async def test_nothing_is_known_of_an_unknown_person(neighbours: Neighbours) -> None:
    nobody = neighbours.add_stranger()

    assert await neighbours.persons.look_up([nobody]) == {nobody: None}


async def test_many_are_looked_up_at_once(neighbours: Neighbours) -> None:
    everyone = [neighbours.add_person() for _ in range(5)]
    nobody = neighbours.add_stranger()

    found = await neighbours.persons.look_up([*everyone, nobody])

    assert found == dict.fromkeys(everyone, PersonRecord()) | {nobody: None}


async def test_looking_up_nobody_is_easy(neighbours: Neighbours) -> None:
    assert await neighbours.persons.look_up([]) == {}


@pytest.mark.parametrize("number", COORDINATION_NUMBERS)
async def test_the_holder_of_a_coordination_number_is_known_too(
    neighbours: Neighbours, number: str
) -> None:
    holder = neighbours.add_person(number)

    assert await neighbours.persons.look_up([holder]) == {holder: PersonRecord()}
