"""The two registers are asked beside each other, batch by batch."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from tests.clinic import Clinic
from tests.people import ANNA, BO, CILLA, PROTECTED
from tests.waiting import TIMEOUT_S
from utskick.adapters.in_memory import InMemoryInbox, InMemoryPersons
from utskick.domain.deliveries import Refusal
from utskick.domain.personnummer import Personnummer
from utskick.ports import InboxUser, PersonRecord, TemporaryFailure
from utskick.sending.accounts import Accounts
from utskick.sending.check_recipients import Checked, check_recipients


class NotingInbox(InMemoryInbox):
    """Notes when it is asked for the first time."""

    def __init__(self, users: Mapping[Personnummer, InboxUser]) -> None:
        super().__init__(users)
        self.first = asyncio.Event()

    async def user(self, personnummer: Personnummer) -> InboxUser:
        self.first.set()
        return await super().user(personnummer)


class PersonsAfter(InMemoryPersons):
    """Answers for the second batch only when `first` has happened."""

    def __init__(self, records: Mapping[Personnummer, PersonRecord], first: asyncio.Event) -> None:
        super().__init__(records)
        self._first = first
        self._asked = 0
        self.goes_away = False

    async def look_up(
        self, numbers: Sequence[Personnummer]
    ) -> Mapping[Personnummer, PersonRecord | None]:
        self._asked += 1
        if self._asked > 1:
            await asyncio.wait_for(self._first.wait(), TIMEOUT_S)
            if self.goes_away:
                raise TemporaryFailure("away")
        return await super().look_up(numbers)


@pytest.fixture
def inbox(clinic: Clinic) -> NotingInbox:
    return NotingInbox(clinic.inbox.users)


async def checked(
    clinic: Clinic, inbox: NotingInbox, persons: InMemoryPersons, *numbers: Personnummer
) -> Checked:
    rules = replace(clinic.rules, persons_batch=1)
    return await check_recipients(
        numbers,
        needs_account=True,
        store=clinic.store,
        persons=persons,
        accounts=Accounts(inbox, store=clinic.store, clock=clinic.clock, rules=rules),
        clock=clinic.clock,
        rules=rules,
    )


async def test_the_inbox_is_asked_of_one_batch_beside_the_next(
    clinic: Clinic, inbox: NotingInbox
) -> None:
    persons = PersonsAfter(clinic.persons.records, inbox.first)

    found = await checked(clinic, inbox, persons, ANNA, BO, CILLA)

    assert set(found.notified_by) == {ANNA, BO, CILLA}
    assert inbox.asked == [ANNA, BO, CILLA]


async def test_the_inbox_is_never_asked_about_whom_the_register_refuses(
    clinic: Clinic, inbox: NotingInbox
) -> None:
    found = await checked(clinic, inbox, clinic.persons, ANNA, PROTECTED, BO)

    assert found.refused == {PROTECTED: Refusal.PROTECTED}
    assert inbox.asked == [ANNA, BO]


async def test_a_register_that_goes_away_between_two_batches_is_reported(
    clinic: Clinic, inbox: NotingInbox
) -> None:
    persons = PersonsAfter(clinic.persons.records, inbox.first)
    persons.goes_away = True

    with pytest.raises(TemporaryFailure):
        await checked(clinic, inbox, persons, ANNA, BO)


async def test_an_inbox_that_is_away_is_reported_whatever_the_register_says(
    clinic: Clinic, inbox: NotingInbox
) -> None:
    inbox.fails_reading.append(TemporaryFailure("away"))

    with pytest.raises(TemporaryFailure):
        await checked(clinic, inbox, clinic.persons, ANNA, PROTECTED)


async def test_nobody_is_checked_without_recipients(clinic: Clinic, inbox: NotingInbox) -> None:
    assert await checked(clinic, inbox, clinic.persons) == Checked()
