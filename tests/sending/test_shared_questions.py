"""Questions of many runs about persons: gathered, and asked at the neighbour's pace."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from tests.clinic import Clinic, a_clinic
from tests.people import ANNA, BO, CILLA, DAVID, STRANGER
from tests.use_cases.clinic_days import AWAY
from tests.waiting import TIMEOUT_S
from utskick.adapters.in_memory import InMemoryPersons
from utskick.domain.personnummer import Personnummer
from utskick.ports import PersonRecord
from utskick.sending.shared_questions import SharedQuestions, shared_register
from utskick.store import SqlStore

Known = dict[Personnummer, PersonRecord | None]


class Noting(InMemoryPersons):
    """Notes each call; the second and later ones are answered when they may be."""

    def __init__(self, records: Mapping[Personnummer, PersonRecord]) -> None:
        super().__init__(records)
        self.calls: list[list[Personnummer]] = []
        self.asked_twice = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def look_up(
        self, numbers: Sequence[Personnummer]
    ) -> Mapping[Personnummer, PersonRecord | None]:
        self.calls.append(list(numbers))
        if len(self.calls) > 1:
            self.asked_twice.set()
            await self.may_answer.wait()
        return await super().look_up(numbers)


@pytest.fixture
def persons(clinic: Clinic) -> Noting:
    """At once."""
    persons = Noting(clinic.persons.records)
    persons.may_answer.set()
    return persons


def register(clinic: Clinic, persons: InMemoryPersons) -> SharedQuestions[PersonRecord | None]:
    return shared_register(persons, store=clinic.store, clock=clinic.clock, rules=clinic.rules)


async def test_runs_that_ask_at_once_share_a_call(clinic: Clinic, persons: Noting) -> None:
    shared = register(clinic, persons)
    known: list[Known] = [{}, {}, {}]

    asked = ([ANNA, BO], [CILLA], [BO, DAVID])
    await asyncio.gather(*map(shared.learn, asked, known))

    assert persons.calls == [[ANNA, CILLA, BO, DAVID]]
    assert [set(each) for each in known] == [set(each) for each in asked]


async def test_a_long_list_holds_nobody_elses_question_up(
    store: SqlStore, persons: Noting
) -> None:
    shared = register(a_clinic(store, persons_batch=1), persons)

    await asyncio.gather(shared.learn([ANNA, BO, CILLA], {}), shared.learn([DAVID], {}))

    assert persons.calls == [[ANNA], [DAVID], [BO], [CILLA]]


async def test_a_call_holds_no_more_than_the_neighbour_takes(
    store: SqlStore, persons: Noting
) -> None:
    clinic = a_clinic(store, persons_batch=3)

    await register(clinic, persons).learn([ANNA, BO, CILLA, DAVID], {})

    assert persons.calls == [[ANNA, BO, CILLA], [DAVID]]


async def test_calls_keep_the_neighbours_pace(store: SqlStore, persons: Noting) -> None:
    clinic = a_clinic(store, persons_batch=1, persons_per_s=0.1)
    before = clinic.clock.now()

    await register(clinic, persons).learn([ANNA, BO, CILLA], {})

    # The queue's own clock has gone on a little meanwhile.
    assert 25 <= (clinic.clock.now() - before).total_seconds() <= 30


async def test_a_slow_answer_keeps_nobody_else_from_being_asked_about(store: SqlStore) -> None:
    clinic = a_clinic(store, persons_batch=1)
    persons = Noting(clinic.persons.records)
    known: Known = {}

    learning = asyncio.create_task(
        register(clinic, persons).learn([ANNA, BO, CILLA, DAVID], known)
    )
    await asyncio.wait_for(persons.asked_twice.wait(), TIMEOUT_S)
    persons.may_answer.set()
    await learning

    assert set(known) == {ANNA, BO, CILLA, DAVID}


async def test_what_is_known_is_not_asked_again(clinic: Clinic, persons: Noting) -> None:
    known: Known = {ANNA: PersonRecord()}

    await register(clinic, persons).learn([ANNA, BO], known)
    await register(clinic, persons).learn([ANNA, BO], known)

    assert persons.calls == [[BO]]


async def test_whoever_the_register_does_not_know_is_known_to_be_unknown(
    clinic: Clinic, persons: Noting
) -> None:
    known: Known = {}

    await register(clinic, persons).learn([STRANGER], known)

    assert known == {STRANGER: None}


async def test_whoever_gives_up_keeps_what_has_come(store: SqlStore) -> None:
    clinic = a_clinic(store, persons_batch=1)
    persons = Noting(clinic.persons.records)
    known: Known = {}
    learning = asyncio.create_task(register(clinic, persons).learn([ANNA, BO], known))
    await asyncio.wait_for(persons.asked_twice.wait(), TIMEOUT_S)

    learning.cancel()
    await asyncio.wait([learning])

    assert known == {ANNA: PersonRecord()}


async def test_whoever_gives_up_takes_no_answer_from_the_others(
    clinic: Clinic, persons: Noting
) -> None:
    shared = register(clinic, persons)
    known: Known = {}
    first = asyncio.create_task(shared.learn([ANNA, BO], {}))
    second = asyncio.create_task(shared.learn([BO], known))
    await asyncio.sleep(0)

    first.cancel()
    await second

    assert known == {BO: PersonRecord()}
    assert persons.calls == [[BO]]


async def test_a_failure_is_raised_to_all_who_asked_and_the_next_question_is_asked(
    clinic: Clinic, persons: Noting
) -> None:
    persons.fails_reading.append(AWAY)
    shared = register(clinic, persons)

    failures = await asyncio.gather(
        shared.learn([ANNA], {}), shared.learn([BO], {}), return_exceptions=True
    )
    known: Known = {}
    await shared.learn([ANNA], known)

    assert list(failures) == [AWAY, AWAY]
    assert set(known) == {ANNA}
